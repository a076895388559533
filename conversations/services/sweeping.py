"""What is due in conversations? Ends the inactive ones, gives again the hints that were lost, and forgets
what was pushed for calls that never came.
"""

from datetime import timedelta

from django.utils import timezone

from conversations.models import Conversation, ToolCall
from conversations.services import ending, hinting, personalizing
from workflows.models import Run
from workflows.models.run import RunStatus

BATCH = 200
LATE_AT_MOST = timedelta(days=7)


def sweep() -> None:
    """Safe at any time and from several processes at once."""
    _end_the_inactive()
    _hint_analyses()
    _hint_late_results()
    personalizing.forget_the_old(at_most=BATCH)


def _end_the_inactive() -> None:
    now = timezone.now()
    inactive = Conversation.objects.filter(status="open", inactive_at__lte=now).order_by("inactive_at")
    for conversation in inactive[:BATCH]:
        ending.end(conversation, by="inactivity", inactive_since=now)


def _hint_analyses() -> None:
    due = Conversation.objects.filter(analysis_due_at__lte=timezone.now()).order_by("analysis_due_at")
    for id_ in due.values_list("pk", flat=True)[:BATCH]:
        hinting.hint(hinting.ANALYSE, id_)


def _hint_late_results() -> None:
    late = ToolCall.objects.filter(late_due=True)
    late.filter(requested_at__lt=timezone.now() - LATE_AT_MOST).update(late_due=False)
    runs = dict(late.order_by("requested_at").values_list("run_id", "pk")[:BATCH])
    goes_on = Run.objects.filter(
        pk__in=list(runs), status__in=[RunStatus.QUEUED, RunStatus.RUNNING], responded_at=None
    )
    for run_id in set(runs) - set(goes_on.values_list("pk", flat=True)):
        hinting.hint(hinting.TELL_LATE, runs[run_id])
