"""Why did the agent say that? What its model did on the way: where it stood, what it called, how long."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.llm.port import LEAVE
from conversations.models import Conversation, Line, Message, ModelCall
from workflows.definition import agent_flow
from workflows.definition.agent_flow import Flow

BY_THE_FLOW: Mapping[str, str] = {
    Line.SCRIPT: "The script of a turn, word for word",
    Line.CONFIRM: "The workflow’s own question: it begins with the person’s yes only",
    Line.CHOOSE: "Only the suggested replies are taken at the start",
    Line.GOODBYE: "The flow ends the conversation here",
    Line.TROUBLE: "The model gave no answer that could be used",
}


@dataclass(frozen=True, kw_only=True)
class Round:
    """One request to the model."""

    place: str
    did: str
    took_ms: int


@dataclass(frozen=True, kw_only=True)
class Why:
    rounds: tuple[Round, ...]
    model: str
    note: str = ""


def of(conversation: Conversation, messages: Sequence[Message], flow: Flow) -> dict[int, Why]:
    """By the message's number, for what an agent said. `messages` in their order."""
    if not any(one.role == "agent" and one.at for one in messages):
        return {}
    found, since = {}, _since(conversation, messages)
    asked = ModelCall.objects.filter(conversation=conversation, purpose="reply", started_at__gte=since)
    rows = list(asked.order_by("started_at", "pk"))
    for message in messages:
        if message.role == "user" and message.at:
            since = message.at
        elif message.role == "agent" and message.at:
            between = [row for row in rows if since <= row.started_at <= message.at]
            why = _why(message, between, flow)
            if why:
                found[message.seq] = why
    return found


def _since(conversation: Conversation, messages: Sequence[Message]) -> datetime:
    """When the person said what the first of these messages may answer."""
    if messages[0].role == "user" and messages[0].at:
        return messages[0].at
    earlier = Message.objects.filter(conversation=conversation, role="user", seq__lt=messages[0].seq)
    return earlier.order_by("-seq").values_list("at", flat=True).first() or conversation.started_at


def _why(message: Message, rows: Iterable[ModelCall], flow: Flow) -> Why | None:
    note = BY_THE_FLOW.get(message.line, "")
    if message.line and not note:
        return None  # the greeting, or a line of a tool that stands beside its call
    rounds = tuple(_round(row, flow) for row in rows)
    if not rounds and not note:
        return None
    model = "" if not rounds else next(iter({row.model for row in rows}))
    return Why(rounds=rounds, model=model, note=note)


def _round(row: ModelCall, flow: Flow) -> Round:
    node = agent_flow.node(flow, row.node)
    return Round(place=node.name if node else "Start", did=_did(row, flow), took_ms=row.duration_ms)


def _did(row: ModelCall, flow: Flow) -> str:
    if row.error:
        return f"gave no answer ({row.error.replace('_', ' ')})"
    done = []
    if row.called:
        done.append(f"called {', '.join(row.called)}")
    if row.outcome:
        done.append(f"took the outcome “{_outcome(row, flow)}”")
    return " and ".join(done) or "answered"


def _outcome(row: ModelCall, flow: Flow) -> str:
    if row.outcome == LEAVE:
        return "Something else"
    node = agent_flow.node(flow, row.node)
    known = {one.key: one.label for one in agent_flow.exits(node)} if node else {}
    return known.get(row.outcome, row.outcome)
