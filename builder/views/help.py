"""The guide inside the product: its contents, searched by headings, and its pages."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET

from builder import guide
from workspaces.access import SignedInRequest, signed_in
from workspaces.models import Membership

LONGEST_QUERY = 100


@require_GET
@signed_in
def contents(request: SignedInRequest) -> HttpResponse:
    _enter_the_only_workspace(request)
    query = request.GET.get("q", "").strip()[:LONGEST_QUERY]
    context = {"nav": "help", "pages": guide.pages().values(), "query": query, "hits": guide.search(query)}
    return render(request, "builder/help.html", context)


@require_GET
@signed_in
def page(request: SignedInRequest, page: str) -> HttpResponse:
    found = guide.pages().get(page)
    if found is None:
        raise Http404
    if request.htmx:
        return render(request, "builder/help_page.html#dialog", {"page": found})
    _enter_the_only_workspace(request)
    context = {"nav": "help", "pages": guide.pages().values(), "page": found}
    return render(request, "builder/help_page.html", context)


@require_GET
@signed_in
@cache_control(private=True, max_age=3600)
def picture(request: SignedInRequest, picture: str) -> HttpResponse:
    """Only those that a page shows."""
    file = guide.PICTURES / f"{picture}.png"
    if picture not in guide.pictures() or not file.exists():
        raise Http404
    return HttpResponse(file.read_bytes(), content_type="image/png")


def _enter_the_only_workspace(request: SignedInRequest) -> None:
    """The guide is the same everywhere; who has one workspace keeps its navigation beside it."""
    mine = list(Membership.objects.filter(user=request.user).select_related("workspace")[:2])
    if len(mine) == 1:
        request.membership, request.workspace = mine[0], mine[0].workspace
