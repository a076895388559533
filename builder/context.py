"""What the navigation of every page says of the work itself: how much is overdue."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from builder.presenters.follow_ups import MOST_COUNTED
from workflows.models import Run
from workspaces.models import Workspace


def overdue(request: HttpRequest) -> dict[str, Any]:
    """Counted when the navigation is drawn, and only then."""
    workspace = getattr(request, "workspace", None)
    if not isinstance(workspace, Workspace):
        return {"overdue": 0}
    late = Run.objects.in_workspace(workspace).overdue(timezone.now())
    return {"overdue": SimpleLazyObject(lambda: late.order_by()[:MOST_COUNTED].count())}
