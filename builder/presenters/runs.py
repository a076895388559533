"""How does a list of runs read: state, workflow, for whom, how long, since when?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from conversations.models import Conversation
from workflows.engine import shown
from workflows.models import Run

TRIGGERS = {
    "api": "through the API",
    "tool_call": "called by the agent",
    "conversation_ended": "conversation ended",
    "retry": "retried",
    "workflow": "called by a workflow",
    "test": "test",
}
STATES = ("queued", "running", "waiting", "succeeded", "failed", "cancelled", "quarantined")


@dataclass(frozen=True)
class Row:
    id: UUID
    url: str
    number: int | None
    state: str
    workflow: str
    version: int | None
    who: str
    """The person of the conversation, or how the run was started."""
    started_at: datetime
    due_at: datetime | None
    took_ms: float | None
    error: str

    @property
    def html_id(self) -> str:
        return f"run-{self.id}"


def rows(runs: Iterable[Run]) -> tuple[Row, ...]:
    """One query for the conversations, however many runs; `workflow` and `version` come with the runs."""
    found = list(runs)
    people = customers(found)
    return tuple(row(run, people.get(run.context_id)) for run in found)


def row(run: Run, person: str | None) -> Row:
    state = shown.run_state(run)
    return Row(
        id=run.pk,
        url=reverse("builder:run", args=[run.pk]),
        number=run.number,
        state=state,
        workflow=run.workflow.name,
        version=run.version.number,
        who=person or TRIGGERS.get(run.trigger, run.trigger),
        started_at=run.created_at,
        due_at=run.next_at if state == "waiting" else None,
        took_ms=took_ms(run),
        error=str(run.error.get("message", "")) if run.error else "",
    )


def took_ms(run: Run) -> float | None:
    if run.finished_at is None:
        return None
    return (run.finished_at - (run.started_at or run.created_at)).total_seconds() * 1000


def customers(runs: Iterable[Run]) -> Mapping[UUID | None, str]:
    """Conversation id → what to call its person."""
    ids = {run.context_id for run in runs if run.context_id}
    found = Conversation.objects.filter(pk__in=ids).values_list("pk", "customer", "channel") if ids else []
    return {pk: called(customer, channel) for pk, customer, channel in found}


def called(customer: Mapping[str, object], channel: str) -> str:
    for key in ("name", "email", "phone", "id"):
        if value := customer.get(key):
            return str(value)
    return f"someone by {channel}"
