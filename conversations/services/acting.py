"""How are a model's calls carried out within a turn? All at once, each answered exactly once, and the person
told what is going on.
"""

import json
import time
from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from uuid import uuid4

from django.utils import timezone

from connectors.declare import JSON
from connectors.llm.port import Called
from conversations.errors import TurnStopped
from conversations.models import Conversation, Line, ToolCall
from conversations.replying import consent, model_arguments
from conversations.replying.events import Answered, Calling, Event, Said, Suggested
from conversations.replying.prompt import Scene
from conversations.services import tool_calls
from conversations.services.saying import Transcript
from conversations.services.tool_calls import FAILED, Result
from conversations.tools import Tool
from workflows.definition.document import Message
from workflows.templating import render
from workflows.templating.paths import is_marker

HOLD = "One moment, please."
MOST_IN_A_TURN = 8
LOOKS_EVERY_S = 1.0
"""How long an interruption may go unnoticed while a tool runs."""
ENOUGH = "That were enough calls for one answer. Tell the person what is known so far."
NOT_HERE = "This tool cannot be used at this point of the conversation."
ONE_QUESTION = "The person is asked about another action first. Call this again after their answer."
NO_JSON = "The arguments are not a JSON object."


@dataclass
class Underway:
    """A call whose answer is still to come."""

    made: ToolCall
    message: Message
    began: float = field(default_factory=time.monotonic)
    is_delay_said: bool = False

    @property
    def delay_left_s(self) -> float | None:
        """Until the delayed line is due; None without one."""
        delayed = self.message.delayed
        if delayed is None or not delayed.text or self.is_delay_said:
            return None
        return max(0.0, self.began + delayed.after_ms / 1000 - time.monotonic())


class Actions:
    """The calls of one turn."""

    def __init__(
        self,
        conversation: Conversation,
        transcript: Transcript,
        scene: Scene,
        keep: Callable[[], None],
    ) -> None:
        self._conversation = conversation
        self._transcript = transcript
        self._scene = scene
        self._keep = keep
        self._ids: dict[str, str] = {}
        """The model's id → ours, for what was called in this turn."""
        self.count = 0
        self.is_asking = False
        """The person is asked whether a call may begin: it is their turn."""

    def perform(
        self,
        calls: Sequence[Called],
        tools: Sequence[Tool],
        *,
        elsewhere: Container[str] = (),
        given: dict[str, JSON] | None = None,
    ) -> Iterator[Event]:
        """`tools` are those of this place, `elsewhere` the agent's others. `given` are values that the flow
        sets; they go before what the model says.
        """
        underway: list[Underway] = []
        try:
            yield from self._begin_all(calls, tools, elsewhere, given or {}, underway)
            yield from self._wait(underway)
        except (TurnStopped, GeneratorExit):
            self._leave(underway)
            raise

    def _begin_all(
        self,
        calls: Sequence[Called],
        tools: Sequence[Tool],
        elsewhere: Container[str],
        given: dict[str, JSON],
        underway: list[Underway],
    ) -> Iterator[Event]:
        by_name = {tool.name: tool for tool in tools}
        spoken: set[str] = set()
        for called in _distinct(calls):
            tool = by_name.get(called.name)
            message = tool.definition.settings.message if tool else Message()
            made = self._begin(called, given, elsewhere, asks_first=bool(message.confirm))
            if made is None:
                continue
            if made.confirm_due:
                yield from self._ask_first(made, message)
                continue
            underway.append(Underway(made, message))
            yield from self._announce(underway[-1], spoken)
            if made.result is not None:
                yield from self._answer(underway.pop())

    def _ask_first(self, made: ToolCall, message: Message) -> Iterator[Event]:
        self.is_asking = True
        text = _filled(message.confirm, self._scene, made.arguments)
        yield self._say(consent.question(text, self._scene.channel), Line.CONFIRM, made)
        yield Suggested(replies=(consent.YES, consent.NO), is_strict=False)

    @cached_property
    def _unsettled(self) -> list[ToolCall]:
        """As the turn found them."""
        return tool_calls.unsettled(self._conversation)

    def asked(self) -> ToolCall | None:
        """The call of which the person was asked whether it may begin."""
        return next((made for made in self._unsettled if made.confirm_due), None)

    def go_on(self, made: ToolCall, tools: Sequence[Tool]) -> Iterator[Event]:
        """The person said yes to it."""
        tool_calls.confirm(self._conversation, made)
        tool = next((one for one in tools if one.name == made.name), None)
        underway = [Underway(made, tool.definition.settings.message if tool else Message())]
        try:
            yield from self._announce(underway[0], set())
            yield from self._wait(underway)
        except (TurnStopped, GeneratorExit):
            self._leave(underway)
            raise

    def decline(self, made: ToolCall) -> Iterator[Event]:
        tool_calls.decline(self._conversation)
        made.refresh_from_db()
        yield from self._answer(Underway(made, Message()))

    def _announce(self, one: Underway, spoken: set[str]) -> Iterator[Event]:
        """That it is called, and the line that is said meanwhile; each line once."""
        made = one.made
        yield Calling(
            tool_call_id=made.tool_call_id,
            name=made.name,
            arguments=made.arguments,
            run=made.run_id,
            at=made.requested_at,
        )
        line = _hold(one.message, self._scene, made.arguments) if made.result is None else ""
        if line and line not in spoken:
            spoken.add(line)
            yield self._say(line, Line.HOLD, made)

    def _leave(self, underway: list[Underway]) -> None:
        """The person has interrupted: each call gets its answer all the same."""
        for one in underway:
            tool_calls.leave(one.made)
            self._transcript.answered(one.made, one.made.result or {})

    def settle(self) -> Iterator[Event]:
        """What an earlier turn left behind when its process died: each call gets its answer now."""
        for made in self._unsettled:
            if not made.confirm_due:
                yield from self._wait([Underway(made, Message(), is_delay_said=True)])

    def _begin(
        self, called: Called, given: dict[str, JSON], elsewhere: Container[str], *, asks_first: bool
    ) -> ToolCall | None:
        """None: the same call was made in this turn already."""
        arguments = model_arguments.read(called.arguments)
        whole = {**(arguments or {}), **given}
        call_id = self._id(called, whole)
        if call_id is None:
            return None
        refusal = None
        self.count += 1
        if self.count > MOST_IN_A_TURN:
            refusal = Result(ok=False, message=ENOUGH, error_code="failed")
        elif arguments is None:
            refusal = Result(ok=False, message=NO_JSON, error_code="bad_arguments")
        elif called.name in elsewhere:
            refusal = Result(ok=False, message=NOT_HERE, error_code="unknown_tool")
        elif asks_first and self.is_asking:
            refusal = Result(ok=False, message=ONE_QUESTION, error_code="failed")
        if refusal:
            return tool_calls.refuse(
                self._conversation,
                tool_call_id=call_id,
                name=called.name[:64],
                arguments=whole,
                result=refusal,
            )
        return tool_calls.begin(
            self._conversation,
            tool_call_id=call_id,
            name=called.name,
            arguments=whole,
            asks_first=asks_first,
        )

    def _id(self, called: Called, arguments: dict[str, JSON]) -> str | None:
        """The model's own id where it is new in this conversation: providers repeat theirs."""
        same = json.dumps([called.id, called.name, arguments], sort_keys=True)
        if called.id and same in self._ids:
            return None
        taken = ToolCall.objects.filter(conversation=self._conversation, tool_call_id=called.id).exists()
        self._ids[same] = f"{called.id}~{uuid4().hex[:12]}" if taken or not called.id else called.id
        return self._ids[same]

    def _wait(self, underway: list[Underway]) -> Iterator[Event]:
        while underway:
            self._keep()
            first = underway[0]
            due = [left for one in underway if (left := one.delay_left_s) is not None]
            if first.made.result is None:
                tool_calls.await_answer(first.made, seconds=min([LOOKS_EVERY_S, *due]))
            if first.made.result is not None:
                yield from self._answer(underway.pop(0))
            for one in underway:
                if one.delay_left_s == 0 and one.message.delayed:
                    one.is_delay_said = True
                    yield self._say(
                        _filled(one.message.delayed.text, self._scene, one.made.arguments),
                        Line.DELAYED,
                        one.made,
                    )

    def _answer(self, one: Underway) -> Iterator[Event]:
        made, result = one.made, one.made.result or {}
        self._transcript.answered(made, result)
        answered_at = made.answered_at or timezone.now()
        yield Answered(
            tool_call_id=made.tool_call_id,
            name=made.name,
            arguments=made.arguments,
            result=result,
            run=made.run_id,
            at=answered_at,
            duration_ms=round((answered_at - made.requested_at).total_seconds() * 1000),
        )
        lines = {
            "timed_out": (one.message.timeout, Line.TIMED_OUT),
            "failed": (one.message.failure, Line.FAILURE),
        }
        text, line = lines.get(str(result.get("error_code")), ("", Line.FAILURE))
        if text and made.run_id and result.get("message") != FAILED:
            yield self._say(_filled(text, self._scene, made.arguments), line, made)

    def _say(self, text: str, line: str, made: ToolCall) -> Said:
        return self._transcript.said(text, line=line, tool_call_id=made.tool_call_id, name=made.name)


def _distinct(calls: Sequence[Called]) -> Iterator[Called]:
    """A model that sends one call twice in one answer means one call."""
    seen = set()
    for called in calls:
        same = (called.id, called.name, called.arguments)
        if not called.id or same not in seen:
            seen.add(same)
            yield called


def _hold(message: Message, scene: Scene, arguments: dict[str, JSON]) -> str:
    match message.mode:
        case "none":
            return ""
        case "custom":
            return _filled(message.text, scene, arguments)
    return HOLD


def _filled(text: str, scene: Scene, arguments: dict[str, JSON]) -> str:
    action = {name: value for name, value in arguments.items() if not is_marker(value)}
    values: dict[str, Any] = {**scene.values(), "action": action}
    return render.leniently(text, values).strip()
