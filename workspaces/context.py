"""What every page's shell shows: the signed-in person's workspaces, and the one that the page belongs to."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from workspaces.models import Membership, User
from workspaces.services.signing_in import DEMO_WORKSPACE


def shell(request: HttpRequest) -> dict[str, Any]:
    """`memberships` is a lazy query: only a page that draws the shell runs it, and it is the only one."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {"workspace": None, "membership": None, "memberships": []}
    workspace = getattr(request, "workspace", None)
    return {
        "workspace": workspace,
        "is_demo": settings.DEMO and workspace is not None and workspace.slug == DEMO_WORKSPACE,
        "membership": getattr(request, "membership", None),
        "memberships": Membership.objects.filter(user=user)
        .select_related("workspace")
        .order_by("workspace__name"),
    }
