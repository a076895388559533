"""How does a list of runs read: state, workflow, for whom, how long, since when?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from builder.presenters import explained
from conversations.customers import called
from conversations.models import Conversation, findable
from workflows import failures, matching
from workflows.engine import shown
from workflows.matching import Matching
from workflows.models import Run
from workflows.models.run import RunQuerySet, RunStatus
from workflows.services import retrying
from workflows.services.retrying import Batch
from workspaces.models import Workspace

TRIGGERS = {
    "api": "through the API",
    "tool_call": "called by the agent",
    "conversation_ended": "conversation ended",
    "retry": "retried",
    "workflow": "called by a workflow",
    "test": "test",
}
CHOICES = {
    "states": {state: state.capitalize() for state in matching.STATES},
    "spans": {key: words for key, (words, _) in matching.SPANS.items()},
    "errors": {code: meaning.title for code, meaning in failures.MEANINGS.items() if code != "quarantined"},
}
KINDS = {"production": "Runs", "test": "Tests", "": "Both"}
MOST_COUNTED = 1000
NAMES = (
    "workflow",
    "state",
    "version",
    "span",
    "since",
    "until",
    "error",
    "kind",
    "conversation",
    "customer",
)


@dataclass(frozen=True)
class Kind:
    key: str
    word: str
    count: str
    """`1000+` where there are more."""
    query: str
    is_chosen: bool


@dataclass(frozen=True)
class Filters:
    """What the address of the list asks for, and how its form shows it."""

    words: Mapping[str, str]
    matching: Matching
    now: datetime

    @classmethod
    def of(cls, words: Mapping[str, str], now: datetime) -> "Filters":
        """Tests are shown when they are asked for."""
        known = {name: words[name].replace("\x00", "") for name in (*NAMES, "before") if words.get(name)}
        asked = matching.from_words({"kind": "production", **known, **_all_kinds(words)}, now)
        return cls(known, asked, now)

    @property
    def is_narrowed(self) -> bool:
        return bool(set(self.words) - {"kind", "before"})

    @property
    def is_live(self) -> bool:
        """New runs appear on the first page only."""
        return "before" not in self.words

    @property
    def query(self) -> str:
        return urlencode({name: word for name, word in self.words.items() if name != "before"})

    @property
    def has_more(self) -> bool:
        """Of the filters that are folded away, one is in use."""
        return bool(set(self.words) & {"version", "since", "until", "conversation", "customer"})

    def page(self, workspace: Workspace) -> QuerySet[Run]:
        """Newest first."""
        found = self._found(workspace, self.matching)
        if before := uuid_of(self.words.get("before")):
            found = found.filter(pk__lt=before)
        return found.select_related("workflow", "version").defer("version__definition").order_by("-pk")

    def kinds(self, workspace: Workspace) -> tuple[Kind, ...]:
        """Tests are counted by themselves."""
        return tuple(
            Kind(
                key=key,
                word=word,
                count=_at_most(self._found(workspace, replace(self.matching, kind=key))) if key else "",
                query=urlencode({**self._without("kind", "before"), "kind": key or "both"}),
                is_chosen=self.matching.kind == key,
            )
            for key, word in KINDS.items()
        )

    def retryable(self, workspace: Workspace) -> int:
        """How many failed runs like this nobody has tried again; 0 where something else was asked for."""
        if self.matching.state != "failed" or "customer" in self.words:
            return 0
        return matching.retryable(self._found(workspace, self.matching))[:MOST_COUNTED].count()

    def _found(self, workspace: Workspace, these: Matching) -> RunQuerySet:
        found = these.runs(workspace, self.now)
        if search := self.words.get("customer"):
            people = Conversation.objects.in_workspace(workspace).filter(findable.named(search))
            found = found.filter(context_id__in=people.values("pk"))
        return found

    def _without(self, *names: str) -> dict[str, str]:
        return {name: word for name, word in self.words.items() if name not in names}


def _all_kinds(words: Mapping[str, str]) -> dict[str, str]:
    return {"kind": ""} if words.get("kind") == "both" else {}


def _at_most(found: QuerySet[Run]) -> str:
    count = found.order_by()[: MOST_COUNTED + 1].count()
    return f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count)


def uuid_of(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


@dataclass(frozen=True)
class Progress:
    """How far a bulk retry has come."""

    version: str
    unsure: str
    done: int
    refused: int
    left: int
    cursor: UUID | None
    reasons: Mapping[str, int]

    @property
    def total(self) -> int:
        return self.done + self.refused + self.left


def progress(batch: Batch, before: Mapping[str, str], version: str) -> Progress:
    """`before` is what the form carried along: the counts so far."""
    return Progress(
        version=version,
        unsure=before.get("unsure", ""),
        done=_count(before.get("done")) + len(batch.successors),
        refused=_count(before.get("refused")) + len(batch.refused),
        left=batch.left,
        cursor=batch.next_cursor,
        reasons=retrying.reasons(batch.refused),
    )


def _count(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 9 else 0


@dataclass(frozen=True)
class Person:
    name: str
    """What to call the person of a conversation."""
    is_sample: bool


@dataclass(frozen=True)
class Row:
    id: UUID
    url: str
    number: int | None
    state: str
    workflow: str
    version: int | None
    is_test: bool
    who: str
    """The person of the conversation, or how the run was started."""
    is_sample: bool
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


def row(run: Run, person: Person | None) -> Row:
    state = shown.run_state(run)
    return Row(
        id=run.pk,
        url=reverse("builder:run", args=[run.pk]),
        number=run.number,
        state=state,
        workflow=run.workflow.name,
        version=run.version.number,
        is_test=run.kind == "test",
        who=person.name if person else TRIGGERS.get(run.trigger, run.trigger),
        is_sample=person.is_sample if person else False,
        started_at=run.created_at,
        due_at=run.next_at if state == "waiting" else None,
        took_ms=took_ms(run),
        error=_error(run),
    )


def _error(run: Run) -> str:
    if run.status == RunStatus.QUARANTINED:
        return explained.in_short("quarantined", "")
    if run.status != RunStatus.FAILED or not run.error:
        return ""
    return explained.in_short(str(run.error.get("code") or ""), str(run.error.get("message") or ""))


def took_ms(run: Run) -> float | None:
    if run.finished_at is None:
        return None
    return (run.finished_at - (run.started_at or run.created_at)).total_seconds() * 1000


def customers(runs: Iterable[Run]) -> Mapping[UUID | None, Person]:
    """By the ids of their conversations."""
    ids = {run.context_id for run in runs if run.context_id}
    if not ids:
        return {}
    found = Conversation.objects.filter(pk__in=ids).values_list("pk", "customer", "channel", "is_sample")
    return {pk: Person(called(customer, channel), is_sample) for pk, customer, channel, is_sample in found}
