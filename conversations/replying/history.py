"""What does a model see of the conversation so far? The last messages, tools' answers cut to size."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, Protocol

from connectors.declare import JSON
from connectors.llm import port

MOST_MESSAGES = 80
MOST_CHARACTERS = 60_000
MOST_RESULT = 15_000
LINES_OF_RESULTS = frozenset({"failure", "timed_out"})
ASIDES = LINES_OF_RESULTS | {"hold", "delayed", "joined", "left"}


class Stored(Protocol):
    role: str
    text: str
    line: str
    tool_call_id: str
    name: str
    arguments: JSON
    result: JSON


def of(messages: Sequence[Stored]) -> tuple[port.Message, ...]:
    """Newest last. A call is always there with its answer, or not at all."""
    told = {one.tool_call_id for one in messages if one.line in LINES_OF_RESULTS}
    shown: list[port.Message] = []
    size = 0
    for message in reversed(messages[-MOST_MESSAGES:]):
        one = _message(message, is_said=message.tool_call_id in told)
        size += len(one.text) + (len(json.dumps(dict(one.call.result))) if one.call else 0)
        if size > MOST_CHARACTERS and shown:
            break
        shown.append(one)
    return tuple(reversed(shown))


def _message(stored: Stored, *, is_said: bool) -> port.Message:
    if stored.role != "tool":
        role: Literal["user", "agent"] = "user" if stored.role == "user" else "agent"
        return port.Message(role=role, text=stored.text, is_aside=stored.line in ASIDES)
    is_late = stored.line == "late"
    call = port.ToolCall(
        id=f"{stored.tool_call_id}~late" if is_late else stored.tool_call_id,
        name=stored.name,
        arguments=stored.arguments if isinstance(stored.arguments, dict) else {},
        result=shortened(stored.result if isinstance(stored.result, dict) else {}),
        is_said=is_said and not is_late,
    )
    return port.Message(role="tool", call=call)


def shortened(result: Mapping[str, JSON]) -> dict[str, JSON]:
    """An answer that is too long is cut, and says so: a model must not take half a list for all of it."""
    written = json.dumps(result.get("data"), ensure_ascii=False)
    if len(written) <= MOST_RESULT:
        return dict(result)
    message = f"{result.get('message') or ''} The answer was too long and is cut here.".strip()
    return {**result, "data": written[:MOST_RESULT], "message": message}


def said_since_the_person[M: Stored](messages: Iterable[M]) -> list[M]:
    after: list[M] = []
    for message in messages:
        after = [] if message.role == "user" else [*after, message]
    return after
