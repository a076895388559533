"""How does a list of conversations read, and what can it be narrowed by?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.db.models.fields.json import KeyTextTransform
from django.urls import reverse

from conversations import inputs
from conversations.customers import called
from conversations.models import Conversation, Message, findable
from conversations.models.conversation import Channel
from conversations.services import taking_over
from workflows import matching
from workflows.engine import shown
from workflows.models import Agent, Run
from workspaces.models import Workspace

NAMES = (
    "agent",
    "channel",
    "status",
    "span",
    "since",
    "until",
    "customer",
    "search",
    "property",
    "value",
    "run",
    "kind",
)
CHANNELS: dict[str, str] = {Channel.CHAT: "Chat", Channel.CALL: "Call", Channel.API: "API"}
CHOICES = {
    "channels": CHANNELS,
    "statuses": {"open": "Open", "ended": "Ended"},
    "spans": {key: words for key, (words, _) in matching.SPANS.items()},
    "runs": {state: state.capitalize() for state in matching.STATES},
}
KINDS = {"production": "Conversations", "test": "Tests", "": "Both"}
FOLDED = {"since", "until", "customer", "property", "value", "run"}
SPOKEN_VALUES = {"yes": "true", "no": "false"}
WORST_FIRST = ("failed", "quarantined", "running", "queued", "waiting", "cancelled", "succeeded")


@dataclass(frozen=True)
class Kind:
    word: str
    query: str
    is_chosen: bool


@dataclass(frozen=True)
class Filters:
    """What the address of the list asks for; what makes no sense leaves nothing out."""

    words: Mapping[str, str]
    now: datetime

    @classmethod
    def of(cls, words: Mapping[str, str], now: datetime) -> "Filters":
        """Tests are shown when they are asked for."""
        known = {
            name: words[name].replace("\x00", "")[:200] for name in (*NAMES, "before") if words.get(name)
        }
        return cls(known, now)

    @property
    def is_narrowed(self) -> bool:
        return bool(set(self.words) - {"kind", "before"})

    @property
    def has_more(self) -> bool:
        """Of the filters that are folded away, one is in use."""
        return bool(set(self.words) & FOLDED)

    @property
    def query(self) -> str:
        """For all pages of what is shown."""
        return urlencode({name: word for name, word in self.words.items() if name != "before"})

    @property
    def kind(self) -> str:
        chosen = self.words.get("kind", "production")
        return chosen if chosen in KINDS else ""

    @property
    def kinds(self) -> tuple[Kind, ...]:
        others = {name: word for name, word in self.words.items() if name not in ("kind", "before")}
        return tuple(
            Kind(word, urlencode({**others, "kind": key or "both"}), key == self.kind)
            for key, word in KINDS.items()
        )

    def page(self, workspace: Workspace) -> Any:
        """Newest first."""
        everything = Conversation.objects.in_workspace(workspace)
        found = self._analysed(self._exact(everything))
        if text := self.words.get("search", "").strip():
            found = found.filter(pk__in=_found(workspace, text))
        if customer := self.words.get("customer"):
            found = found.filter(findable.named(customer))
        if (state := self.words.get("run")) in matching.STATES:
            runs = Run.objects.in_workspace(workspace).showing(str(state), self.now)
            found = found.filter(Exists(runs.filter(context_id=OuterRef("pk"))))
        if before := _uuid(self.words.get("before")):
            found = found.filter(pk__lt=before)
        return found.select_related("agent", "taken_by").order_by("-pk")

    def _exact(self, found: Any) -> Any:
        if self.kind:
            found = found.filter(kind=self.kind)
        if agent := _uuid(self.words.get("agent")):
            found = found.filter(agent_id=agent)
        if (channel := self.words.get("channel")) in Channel.values:
            found = found.filter(channel=channel)
        if (status := self.words.get("status")) in ("open", "ended"):
            found = found.filter(status=status)
        asked = matching.from_words(self.words, self.now)
        if asked.since:
            found = found.filter(started_at__gte=asked.since)
        return found.filter(started_at__lt=asked.until) if asked.until else found

    def _analysed(self, found: Any) -> Any:
        """Values are compared as people write them: `yes`, `1042`, `Refund`."""
        key, value = self.words.get("property"), self.words.get("value", "").strip()
        if not key:
            return found
        found = found.annotate(analysed=KeyTextTransform(key, "analysis"))
        if not value:
            return found.filter(analysed__isnull=False)
        return found.filter(analysed__iexact=SPOKEN_VALUES.get(value.casefold(), value))


@dataclass(frozen=True)
class Row:
    id: UUID
    url: str
    who: str
    agent: str
    channel: str
    status: str
    taken_by: str
    """Who of us answers in the agent's place."""
    is_test: bool
    is_sample: bool
    first_words: str
    run_state: str
    """The worst of its runs; empty: it has none."""
    started_at: datetime
    took_ms: float | None


def rows(conversations: Iterable[Conversation]) -> tuple[Row, ...]:
    """Two queries more, however many conversations: their runs, and what people said first."""
    found = list(conversations)
    ids = [one.pk for one in found]
    states = worst_runs(ids)
    said = Message.objects.filter(conversation_id__in=ids, role="user").order_by("conversation_id", "seq")
    first = dict(said.distinct("conversation_id").values_list("conversation_id", "text"))
    return tuple(
        Row(
            id=one.pk,
            url=reverse("conversations:conversation", args=[one.pk]),
            who=called(one.customer, one.channel),
            agent=one.agent.name,
            channel=CHANNELS[one.channel],
            status="active" if one.status == "open" else "ended",
            taken_by=taking_over.name_of(one.taken_by) if one.taken_by and one.status == "open" else "",
            is_test=one.kind == "test",
            is_sample=one.is_sample,
            first_words=first.get(one.pk, ""),
            run_state=states.get(one.pk, ""),
            started_at=one.started_at,
            took_ms=(one.ended_at - one.started_at).total_seconds() * 1000 if one.ended_at else None,
        )
        for one in found
    )


def worst_runs(ids: list[UUID]) -> dict[UUID, str]:
    """The state of the worst run of each that has any."""
    runs = Run.objects.filter(context_id__in=ids).select_related("workflow").defer("input", "result")
    found: dict[UUID, set[str]] = {}
    for run in runs:
        assert run.context_id
        found.setdefault(run.context_id, set()).add(shown.run_state(run))
    return {id_: min(states, key=WORST_FIRST.index) for id_, states in found.items()}


def properties(agents: Iterable[Agent]) -> dict[str, str]:
    """Key → name of all that the agents analyse."""
    return {item.key: item.name for agent in agents for item in inputs.described_now(agent).analysis}


def _found(workspace: Workspace, text: str) -> Any:
    """By what somebody said, a customer, or an id: each by its own index."""
    here = Conversation.objects.in_workspace(workspace)
    said = Message.objects.in_workspace(workspace).filter(findable.said(text))
    others = [here.filter(findable.named(text)), here.filter(external_id=text)]
    if id_ := _uuid(text):
        others.append(here.filter(pk=id_))
    return said.values("conversation_id").union(*(one.values("pk") for one in others))


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None
