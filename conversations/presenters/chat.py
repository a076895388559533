"""How does a chat with an agent read: its turns, what it does meanwhile, what one may answer?"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from conversations import inputs
from conversations.models import Conversation, Edition, Line, Message, ToolCall
from conversations.presenters import ran, why
from conversations.presenters.calls import Call, call_of
from conversations.presenters.why import Why
from conversations.replying import consent
from conversations.services import trying
from workflows.definition import agent_flow
from workflows.definition.agent_flow import Flow
from workflows.models import Agent, Run
from workspaces.models import User, Workspace

KINDS: Mapping[str, str] = {
    Line.HOLD: "hold",
    Line.DELAYED: "hold",
    Line.MEMBER: "member",
    Line.JOINED: "note",
    Line.LEFT: "note",
}
"""Of what stands on the agent's side and is not the agent's own words."""


@dataclass(frozen=True, kw_only=True)
class TurnLine:
    seq: int
    kind: str
    """agent | person | member | note | hold | call"""
    by: str = ""
    """The member who wrote it."""
    text: str = ""
    key: str = ""
    """The sender's name for it."""
    call: Call | None = None
    why: Why | None = None


@dataclass(frozen=True)
class ChatPanel:
    agent: Agent
    conversation: Conversation | None
    edition: str
    after: int = 0
    """Only turns that came after this message are drawn."""
    problem: str = ""
    typed: str = ""

    @property
    def is_open(self) -> bool:
        return self.conversation is not None and self.conversation.status == "open"

    @property
    def is_draft(self) -> bool:
        return self.edition == Edition.DRAFT

    @cached_property
    def is_demo_model(self) -> bool:
        return inputs.described_now(self.agent, self.edition).model.provider == "demo"

    @cached_property
    def turns(self) -> tuple[TurnLine, ...]:
        if self.conversation is None:
            return ()
        rows = Message.objects.filter(conversation=self.conversation, seq__gt=self.after)
        messages = list(rows.order_by("seq"))
        ids = [one.tool_call_id for one in messages if one.role == "tool"]
        made = ToolCall.objects.filter(conversation=self.conversation, tool_call_id__in=ids) if ids else ()
        calls = self._calls(made)
        whys = why.of(self.conversation, messages, self._flow)
        return tuple(_turn(one, calls.get(one.tool_call_id), whys.get(one.seq)) for one in messages)

    @cached_property
    def _unanswered(self) -> Sequence[ToolCall]:
        if self.conversation is None:
            return ()
        rows = ToolCall.objects.filter(conversation=self.conversation, result__isnull=True)
        return list(rows.order_by("requested_at", "id"))

    @cached_property
    def underway(self) -> tuple[Call, ...]:
        """Calls whose answer is still to come, as far as their runs have got."""
        return tuple(self._calls(one for one in self._unanswered if not one.confirm_due).values())

    def _calls(self, made: Iterable[ToolCall]) -> dict[str, Call]:
        """Three queries, however many there are; none without any."""
        rows = list(made)
        ids = [one.run_id for one in rows if one.run_id]
        called = Run.objects.filter(pk__in=ids).select_related("version") if ids else ()
        runs = {run.pk: run for run in called}
        steps = ran.lines(runs.values()) if runs else {}
        found = {}
        for row in rows:
            run = runs.get(row.run_id) if row.run_id else None
            found[row.tool_call_id] = call_of(row, run, steps.get(run.pk, ()) if run else ())
        return found

    @cached_property
    def _flow(self) -> Flow:
        if self.conversation is None:
            return agent_flow.effective(inputs.described_now(self.agent, self.edition).flow)
        return agent_flow.effective(inputs.described(self.conversation).flow)

    @property
    def place(self) -> tuple[str, str] | None:
        """Id and name of the node of the flow at which the conversation stands."""
        node = agent_flow.node(self._flow, self.conversation.node) if self.conversation else None
        return (node.id, node.name) if node and self.is_open else None

    @property
    def last_seq(self) -> int:
        return self.turns[-1].seq if self.turns else self.after

    @cached_property
    def replies(self) -> tuple[str, ...]:
        """Suggested as long as the conversation stands at its start, or before it has one."""
        if any(one.confirm_due for one in self._unanswered):
            return consent.YES, consent.NO
        node = self.conversation.node if self.conversation else ""
        start = agent_flow.start_of(self._flow)
        is_there = node in ("", start.id) and (self.conversation is None or self.is_open)
        return tuple(start.suggested_replies) if is_there else ()


def _turn(message: Message, call: Call | None, why_: Why | None) -> TurnLine:
    if message.role == "tool" and call:
        return TurnLine(seq=message.seq, kind="call", call=call)
    kind = "person" if message.role == "user" else KINDS.get(message.line, "agent")
    by = message.name if kind == "member" else ""
    return TurnLine(seq=message.seq, kind=kind, text=message.text, by=by, key=message.key or "", why=why_)


def docked(workspace: Workspace, user: User) -> ChatPanel | None:
    """Beside other things: the chat with the workspace's first agent that is live."""
    rows = Agent.objects.in_workspace(workspace).filter(archived_at=None, live_version__isnull=False)
    agent = rows.select_related("live_version", "workspace").order_by("pk").first()
    if agent is None:
        return None
    found = trying.current(agent, user)
    return ChatPanel(agent, found, found.edition if found else Edition.LIVE)
