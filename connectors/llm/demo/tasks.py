"""What is still to be known before the demo model calls a tool? Asked for one by one, corrected, confirmed,
given up.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from connectors.declare import JSON
from connectors.llm.demo import matching, reading, slots, talk, wording, words
from connectors.llm.demo.memory import Memory, Task
from connectors.llm.demo.slots import Slot
from connectors.llm.port import LEAVE, Called, Request, Tool, ToolCall

MOST_TRIES = 3
_CORRECTION = re.compile(
    r"^(?:(?:no|nope|sorry|oops|actually|wait|i meant|i mean|correction|rather|wrong)\b|not \S+ but\b)"
    r"|\bi meant\b|\bi mean\b|\bshould (?:be|have been)\b|\bwrong (?:one|number)\b|\bmade a mistake\b"
)
_GIVEN_UP = re.compile(
    r"\b(?:never ?mind|forget (?:it|about it)|leave it|cancel that|stop|do not bother|changed my mind)\b"
)
_UNKNOWN = re.compile(
    r"\b(?:do not know|no idea|not sure|cannot find|where (?:do|can) i find|what do you mean|what is that"
    r"|which number)\b"
)
_ANOTHER = re.compile(r"\b(?:another|other|different|new|else)\b")


@dataclass(frozen=True)
class Decision:
    text: str = ""
    call: Called | None = None
    outcome: str = ""


def is_given_up(said: str) -> bool:
    return bool(_GIVEN_UP.search(words.normal(said)))


class Tasks:
    """Changes the memory it is given."""

    def __init__(self, request: Request, memory: Memory, said: str, earlier: Sequence[str]) -> None:
        self.request = request
        self.memory = memory
        self.tools = {tool.name: tool for tool in request.tools}
        self.said = said
        self.earlier = earlier
        """What the person said before that, oldest first."""

    # --- Under way ---------------------------------------------------------------------------------------
    def about(self, tool: Tool) -> Decision:
        """A part of the flow that is there for one tool only."""
        task = self.memory.task
        if task is None or task.tool != tool.name:
            return self.begin(tool, among_earlier=True)
        if talk.is_bye(self.said) or "person" in words.ideas(self.said):
            return self._leave(task)
        return self.pending() or self._leave(task)

    def _leave(self, task: Task, said: str = "") -> Decision:
        """The person wants something else: whoever brought us here goes on."""
        self._drop(task)
        return Decision(said, outcome=LEAVE if any(one.key == LEAVE for one in self.request.outcomes) else "")

    def pending(self) -> Decision | None:
        task = self.memory.task
        tool = self.tools.get(task.tool) if task else None
        if task is None or tool is None:
            self.memory.task = None
            return None
        if task.is_confirming:
            return self._confirmed(task, tool)
        return self._given(task, tool) if task.asking else None

    def _confirmed(self, task: Task, tool: Tool) -> Decision | None:
        if self._changes(task, tool):
            return self._ask_or_call(task, tool)
        if reading.is_yes(self.said):
            return self._call(task, tool)
        if reading.is_no(self.said) or is_given_up(self.said):
            if self.request.has_to_call:
                return self._leave(task, "All right, I will not do that.")
            self._drop(task)
            number = next((slot for slot in slots.of(tool) if slot.is_identifier), None)
            hint = f"If the {number.label} is wrong, tell me the right one." if number else ""
            return Decision(f"All right, I will not do that. {hint or talk.ANYTHING_ELSE}")
        if self._is_about_something_else(tool):
            self._drop(task)
            return None
        todo = wording.to_do(tool, task.filled, slots.of(tool))
        return Decision(f"Just to be sure: shall I {todo}? A yes or a no will do.")

    def _given(self, task: Task, tool: Tool) -> Decision | None:
        """The person was asked for a value."""
        plain = words.normal(self.said)
        slot = next(one for one in slots.of(tool) if one.name == task.asking)
        if is_given_up(self.said):
            if self.request.has_to_call:
                return self._leave(task, "All right, let us leave it.")
            self._drop(task)
            return Decision(f"All right, let us leave it. {talk.ANYTHING_ELSE}")
        value = reading.value(slot, self.said, was_asked=True, now=self.request.brief.now)
        is_free = slot.kind in ("text", "name", "list")
        is_no_answer = is_free and _UNKNOWN.search(plain)
        if value is not None and not is_no_answer and not self._is_about_something_else(tool, slot):
            self._fill(task, slot, value)
            self._fill_from(task, tool, self.said)
            return self._ask_or_call(task, tool)
        if self._changes(task, tool):
            return self._ask_or_call(task, tool)
        if self._is_about_something_else(tool):
            self._drop(task)
            return None
        task.tries += 1
        if task.tries >= MOST_TRIES:
            if self.request.has_to_call:
                return self._leave(task, "Let us leave that for now.")
            self._drop(task)
            return Decision(f"Let us leave that for now. {talk.offer(self.request.tools)}")
        if _UNKNOWN.search(plain):
            return Decision(f"No problem. {wording.question(slot, again=True)}")
        return Decision(f"{wording.not_understood(slot)} {wording.question(slot, again=True)}")

    def _is_about_something_else(self, tool: Tool, slot: Slot | None = None) -> bool:
        """A wish of another kind, clearly: it goes first. Not the name of what was asked for alone."""
        if slot and set(words.ideas(self.said)) <= set(words.ideas(slot.label)):
            return False
        ranked = matching.ranked(self.said, matching.offered(self.request))
        return matching.is_clear(ranked) and ranked[0].candidate.key != tool.name and ranked[0].score > 0.5

    # --- Begun, and begun again --------------------------------------------------------------------------
    def begin(self, tool: Tool, *, among_earlier: bool = False) -> Decision:
        task = self.memory.task = Task(tool.name)
        self._fill_from(task, tool, self.said)
        if not _ANOTHER.search(words.normal(self.said)):
            for slot in slots.of(tool):
                if task.filled.get(slot.name) is None and self.memory.known.get(slot.name) is not None:
                    task.filled[slot.name] = self.memory.known[slot.name]
            for text in reversed(self.earlier if among_earlier else ()):
                self._fill_from(task, tool, text)
        return self._ask_or_call(task, tool)

    def remember(self, tool: Tool) -> None:
        """It may be the one that is meant: what was said for it need not be said again."""
        self._fill_from(Task(tool.name), tool, self.said)

    def corrected(self) -> Decision | None:
        """“No, 1043”: the same again with another value."""
        last = self.memory.last
        tool = self.tools.get(last.tool) if last else None
        if last is None or tool is None:
            return None
        plain = words.normal(self.said)
        is_bare = not words.ideas(self.said) or set(words.ideas(self.said)) <= set(words.ideas(tool.name))
        if not (_CORRECTION.search(plain) or is_bare):
            return None
        task = replace(last, filled=dict(last.filled))
        if not self._changes(task, tool):
            return None
        self.memory.task = task
        return self._ask_or_call(task, tool)

    def ask_again(self, refused: ToolCall, tool: Tool) -> Decision:
        message = str(refused.result.get("message") or "")
        slot = next((one for one in slots.of(tool) if one.name in message), None)
        if slot is None:
            return Decision(f"That did not work: {message or 'something was wrong with it'}.")
        filled = {name: value for name, value in refused.arguments.items() if name != slot.name}
        self.memory.task = Task(tool.name, filled, asking=slot.name)
        return Decision(f"{wording.not_understood(slot)} {wording.question(slot, again=True)}")

    # --- What it knows -----------------------------------------------------------------------------------
    def _changes(self, task: Task, tool: Tool) -> bool:
        """Takes over what the person corrects in values given before."""
        has_changed = False
        for slot in slots.of(tool):
            old = task.filled.get(slot.name)
            if old is None or slot.kind in ("boolean", "text", "object", "list"):
                continue
            without = self.said.replace(str(old), " ")
            new = reading.value(slot, without, was_asked=False, now=self.request.brief.now)
            if new is not None and new != old:
                self._fill(task, slot, new)
                has_changed = True
        return has_changed

    def _fill_from(self, task: Task, tool: Tool, text: str) -> None:
        for slot in slots.of(tool):
            if task.filled.get(slot.name) is not None:
                continue
            value = reading.value(slot, text, was_asked=False, now=self.request.brief.now)
            if value is not None:
                self._fill(task, slot, value)

    def _fill(self, task: Task, slot: Slot, value: JSON) -> None:
        task.filled[slot.name] = self.memory.known[slot.name] = value
        task.tries = 0

    def _ask_or_call(self, task: Task, tool: Tool) -> Decision:
        missing = next((s for s in slots.of(tool) if s.is_required and task.filled.get(s.name) is None), None)
        if missing:
            is_first = not task.asking and not task.filled
            task.asking, task.is_confirming = missing.name, False
            return Decision(f"{'Sure. ' if is_first else ''}{wording.question(missing)}")
        task.asking = ""
        if tool.writes:
            task.is_confirming = True
            return Decision(f"Shall I {wording.to_do(tool, task.filled, slots.of(tool))}?")
        return self._call(task, tool)

    def _call(self, task: Task, tool: Tool) -> Decision:
        self.memory.calls += 1
        self.memory.task = None
        self.memory.last = replace(task, asking="", is_confirming=False, tries=0)
        call = Called(f"call_{self.memory.calls}", tool.name, json.dumps(task.filled))
        return Decision(call=call)

    def _drop(self, task: Task) -> None:
        self.memory.task = None
        self.memory.last = replace(task, asking="", is_confirming=False, tries=0)
