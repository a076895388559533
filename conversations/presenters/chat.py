"""How does a chat with an agent read: its turns, what it does meanwhile, what one may answer?"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from conversations import inputs
from conversations.models import Conversation, Edition, Line, Message, ToolCall
from conversations.presenters.timeline import Call, call_of
from conversations.services import trying
from workflows.definition import agent_flow
from workflows.models import Agent, Run
from workspaces.models import User, Workspace

MEANWHILE = (Line.HOLD, Line.DELAYED)


@dataclass(frozen=True, kw_only=True)
class TurnLine:
    seq: int
    kind: str
    """agent | person | hold | call"""
    text: str = ""
    call: Call | None = None
    workflow: UUID | None = None


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
        made = ToolCall.objects.filter(conversation=self.conversation, tool_call_id__in=ids)
        calls = {call.tool_call_id: call for call in made} if ids else {}
        runs = Run.objects.filter(pk__in=[call.run_id for call in calls.values()]).select_related("version")
        by_id = {run.pk: run for run in runs} if calls else {}
        return tuple(self._turn(message, calls, by_id) for message in messages)

    def _turn(self, message: Message, calls: Mapping[str, ToolCall], runs: Mapping[UUID, Run]) -> TurnLine:
        made = calls.get(message.tool_call_id) if message.role == "tool" else None
        if made:
            run = runs.get(made.run_id) if made.run_id else None
            workflow = run.workflow_id if run else None
            return TurnLine(seq=message.seq, kind="call", call=call_of(made, run), workflow=workflow)
        kind = "person" if message.role == "user" else "hold" if message.line in MEANWHILE else "agent"
        return TurnLine(seq=message.seq, kind=kind, text=message.text)

    @property
    def last_seq(self) -> int:
        return self.turns[-1].seq if self.turns else self.after

    @cached_property
    def replies(self) -> tuple[str, ...]:
        """Suggested as long as the conversation stands at its start, or before it has one."""
        if self.conversation is None:
            described, node = inputs.described_now(self.agent, self.edition), ""
        else:
            described, node = inputs.described(self.conversation), self.conversation.node
        start = agent_flow.start_of(agent_flow.effective(described.flow))
        is_there = node in ("", start.id) and (self.conversation is None or self.is_open)
        return tuple(start.suggested_replies) if is_there else ()


def docked(workspace: Workspace, user: User) -> ChatPanel | None:
    """Beside other things: the chat with the workspace's first agent that is live."""
    rows = Agent.objects.in_workspace(workspace).filter(archived_at=None, live_version__isnull=False)
    agent = rows.select_related("live_version", "workspace").order_by("pk").first()
    if agent is None:
        return None
    found = trying.current(agent, user)
    return ChatPanel(agent, found, found.edition if found else Edition.LIVE)
