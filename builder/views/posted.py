"""What does a posted form refer to: the draft as it was on the screen, or one change of it?"""

from uuid import UUID

from django.http import Http404

from workflows.definition.problems import OperationRefused
from workflows.models import DraftChange, Workflow
from workspaces.access import SignedInRequest


def revision(request: SignedInRequest) -> int:
    """The draft's revision that was on the screen."""
    text = request.POST.get("rev", "")
    if not (text.isdecimal() and len(text) < 10):
        raise OperationRefused("bad_revision", "The form is incomplete. Reload the page and try again.")
    return int(text)


def change(request: SignedInRequest, workflow: Workflow, operation: str) -> DraftChange:
    """The change to take back; only one of this workflow and of this kind."""
    try:
        pk = UUID(request.POST.get("value", ""))
    except ValueError:
        raise Http404 from None
    own = DraftChange.objects.in_workspace(request.workspace).filter(workflow=workflow, operation=operation)
    found: DraftChange | None = own.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
