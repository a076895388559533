"""What has a newcomer done in the first five minutes, and what comes next? Ticked by what really happened."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase
from django.db.models import Exists, OuterRef
from django.urls import reverse

from conversations.presenters.chat import ChatPanel
from workflows.models import DraftChange, Workflow, WorkflowVersion
from workflows.models.workflow import WorkflowKind
from workspaces.models import Membership

SEEN = "first_steps"
"""In the session: what was ticked, so that it stays ticked, and what nothing else remembers."""
BY_HAND = ("settings_saved", "step_saved", "branch_saved")
_FROZEN = WorkflowVersion.objects.filter(workspace=OuterRef("workspace"), published_by=OuterRef("user"))
_CHANGED = DraftChange.objects.filter(
    workspace=OuterRef("workspace"), by=OuterRef("user"), operation__in=BY_HAND
)
WRITTEN: Mapping[str, Exists] = {
    "changed": Exists(_CHANGED),
    "tested": Exists(_FROZEN.filter(number=None)),
    "published": Exists(_FROZEN.filter(number__isnull=False)),
}
"""What a member's rows say of them."""


@dataclass(frozen=True, kw_only=True)
class FirstStep:
    name: str
    label: str
    url: str = ""
    """Empty as long as there is nothing to do it with."""
    key: str = ""
    """Of the keyboard: what the label ends with."""
    hint: str = ""
    is_done: bool = False
    is_next: bool = False


@dataclass(frozen=True)
class FirstSteps:
    steps: tuple[FirstStep, ...]

    @property
    def done(self) -> int:
        return sum(step.is_done for step in self.steps)

    @property
    def are_all_done(self) -> bool:
        return self.done == len(self.steps)


def note(session: SessionBase, name: str) -> None:
    seen = session.get(SEEN, [])
    if name not in seen:
        session[SEEN] = [*seen, name]


def first_steps(membership: Membership, chat: ChatPanel | None, session: SessionBase) -> FirstSteps:
    """`chat` is with the first agent; None: there is no agent yet."""
    workflow = _workflow(chat) if chat else None
    steps = _steps(membership, chat, workflow)
    seen = set(session.get(SEEN, []))
    done = seen if all(step.name in seen for step in steps) else seen | _done(membership, chat)
    done |= {name for name, is_there in (("agent", chat), ("workflow", workflow)) if is_there}
    if done & WRITTEN.keys():
        done.add("opened")
    for name in sorted(done - seen):
        note(session, name)
    following = next((step.name for step in steps if step.name not in done), "")
    return FirstSteps(
        tuple(replace(step, is_done=step.name in done, is_next=step.name == following) for step in steps)
    )


def _done(membership: Membership, chat: ChatPanel | None) -> set[str]:
    """As the rows have it, in one query. That a workflow was opened is noted when it happens."""
    found = Membership.objects.filter(pk=membership.pk).values_list(*WRITTEN.values())
    done = {name for name, is_so in zip(WRITTEN, found.get(), strict=True) if is_so}
    has_spoken = chat is not None and any(turn.kind == "person" for turn in chat.turns)
    return done | {"chatted"} if has_spoken else done


def _workflow(chat: ChatPanel) -> UUID | None:
    """Of the last answer; before there is one, the first that the agent could call."""
    called = [turn.call.workflow for turn in chat.turns if turn.call and turn.call.workflow]
    if called:
        return called[-1]
    own = Workflow.objects.filter(agent=chat.agent, kind=WorkflowKind.ACTION)
    found: UUID | None = own.order_by("pk").values_list("pk", flat=True).first()
    return found


def _steps(membership: Membership, chat: ChatPanel | None, workflow: UUID | None) -> tuple[FirstStep, ...]:
    chain = reverse("builder:chain", args=[workflow]) if workflow else ""
    begun = _with_an_agent(chat, chain) if chat and workflow else _from_nothing(membership, chat)
    settings, test, changes = (
        f"{chain}{place}" if chain else "" for place in ("?step=settings", "test/", "changes/")
    )
    return (
        *begun,
        FirstStep(name="changed", label="Change its message with", key="/", url=settings, hint="a minute"),
        FirstStep(name="tested", label="Test it", url=test),
        FirstStep(name="published", label="Publish", url=changes),
    )


def _with_an_agent(chat: ChatPanel, chain: str) -> tuple[FirstStep, ...]:
    agent, name = chat.agent, chat.agent.name.partition(",")[0]
    ask = f"try “{chat.replies[0]}”" if chat.replies else ""
    talk = reverse("conversations:chat", args=[agent.pk])
    return (
        FirstStep(name="chatted", label=f"Chat with {name}", url=talk, hint=ask),
        FirstStep(name="opened", label="Open the workflow behind an answer", url=chain),
    )


def _from_nothing(membership: Membership, chat: ChatPanel | None) -> tuple[FirstStep, ...]:
    """What there must be before one can talk and try."""
    slug = membership.workspace.slug
    gallery = reverse("builder:gallery", args=[slug]) if chat else ""
    agents = reverse("builder:agents", args=[slug])
    return (
        FirstStep(name="agent", label="Create an agent", url=f"{agents}#new-agent"),
        FirstStep(name="workflow", label="Begin a workflow with a template", url=gallery),
    )
