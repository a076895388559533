"""May this person do that here? Decides at the edge, before a view does anything."""

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Concatenate
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django_htmx.middleware import HtmxDetails

from workspaces.models import Membership, Role, Tenant, User, Workspace


class SignedInRequest(HttpRequest):
    """A request that `signed_in` or `workspace_page` let through."""

    user: User
    htmx: HtmxDetails
    id: str
    workspace: Workspace
    """With `membership`: set by `workspace_page` and `reach`."""
    membership: Membership


type View[**P] = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
type MemberView[**P] = Callable[Concatenate[SignedInRequest, P], HttpResponseBase]


def signed_in[**P](view: MemberView[P]) -> View[P]:
    """For pages that find their workspace by the object (`reach`), or have none."""

    @wraps(view)
    def page(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _ask_to_sign_in(request)
        return view(request, *args, **kwargs)  # type: ignore[arg-type]

    return page


def workspace_page[**P](least: Role) -> Callable[[MemberView[P]], View[P]]:
    """For pages whose address carries the workspace's `slug`. Strangers get the 404 of a missing one."""

    def decorate(view: MemberView[P]) -> View[P]:
        @signed_in
        @wraps(view)
        def page(request: SignedInRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            mine = Membership.objects.filter(user=request.user, workspace__slug=kwargs["slug"])
            membership = mine.select_related("workspace").first()
            if membership is None:
                raise Http404
            _enter(request, membership, least)
            return view(request, *args, **kwargs)

        return page

    return decorate


def reach[M: Tenant](
    request: SignedInRequest,
    model: type[M],
    pk: UUID,
    least: Role,
    *,
    join: Sequence[str] = (),
    **filters: object,
) -> M:
    """The object, if the person is a member of its workspace with at least that role; `join` comes with it.

    A stranger gets the 404 of a missing object; a member with a lower role PermissionDenied.
    """
    mine = model._default_manager.filter(pk=pk, workspace__memberships__user=request.user, **filters)
    found = mine.select_related("workspace", *join).annotate(
        my_membership_id=F("workspace__memberships__id"), my_role=F("workspace__memberships__role")
    )
    instance = found.first()
    if instance is None:
        raise Http404
    membership_id, role = vars(instance).pop("my_membership_id"), vars(instance).pop("my_role")
    membership = Membership(id=membership_id, workspace=instance.workspace, user=request.user, role=role)
    _enter(request, membership, least)
    return instance


def require(request: SignedInRequest, least: Role) -> None:
    """For a page that everybody may see and only some may change. Raises PermissionDenied."""
    _enter(request, request.membership, least)


def member_of(user: User, workspace: Workspace) -> Membership | None:
    return Membership.objects.in_workspace(workspace).filter(user=user).first()


def _enter(request: SignedInRequest, membership: Membership, least: Role) -> None:
    request.workspace = membership.workspace
    request.membership = membership
    if not Role(membership.role).covers(least):
        raise PermissionDenied(
            f"This needs the role {least.label.lower()}; you are {membership.get_role_display().lower()} "
            f"in {membership.workspace.name}. An admin of the workspace can change that."
        )


def _ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    """A page comes back after signing in; a fragment tells the page that the session is over."""
    if getattr(request, "htmx", False):
        return HttpResponse(status=401, headers={"HX-Trigger": "session-expired"})
    is_page = request.method in ("GET", "HEAD")
    query = "?" + urlencode({"next": request.get_full_path()}) if is_page and request.path != "/" else ""
    return redirect(f"{settings.LOGIN_URL}{query}")
