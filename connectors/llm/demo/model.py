"""What does the demo model do next? Decided from what was said last, what the flow offers and its memory."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from connectors.declare import JSON
from connectors.llm.demo import matching, reading, slots, talk, wording, words
from connectors.llm.demo.memory import Memory, Task
from connectors.llm.demo.slots import Slot
from connectors.llm.port import (
    LEAVE,
    Called,
    Finished,
    ModelEvent,
    Outcome,
    Request,
    Text,
    Took,
    Tool,
    ToolCall,
)

MOST_TRIES = 3
REMEMBERED_MESSAGES = 6
_CATCH_ALL = re.compile(
    r"^(?:always|any(?:thing| answer| outcome)?|next|continue|done|default|otherwise|go on|finished)$"
)
_YES_LIKE = re.compile(r"^(?:yes|yes please|another (?:question|wish)|more|something else|continue)\b")
_NO_LIKE = re.compile(r"^(?:no|nothing|goodbye|bye|end|that is all|finished|done)\b")
_CORRECTION = re.compile(
    r"^(?:(?:no|nope|sorry|oops|actually|wait|i meant|i mean|correction|rather|wrong)\b|not \S+ but\b)"
    r"|\bi meant\b|\bi mean\b|\bshould (?:be|have been)\b|\bwrong (?:one|number)\b|\bmade a mistake\b"
)
_DROP = re.compile(
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


class DemoModel:
    name = "Demo model"

    def stream(self, request: Request) -> Iterator[ModelEvent]:
        memory = Memory.read(request.memory)
        decision = _Dialogue(request, memory).decide()
        yield from (Text(piece) for piece in re.findall(r"\S+\s*", decision.text))
        if decision.call:
            yield decision.call
        if decision.outcome:
            yield Took(decision.outcome)
        yield Finished(memory=memory.dumped())


DEMO_MODEL = DemoModel()


class _Dialogue:
    """One decision; changes the memory it is given."""

    def __init__(self, request: Request, memory: Memory) -> None:
        self.request = request
        self.memory = memory
        self.tools = {tool.name: tool for tool in request.tools}
        heard = [index for index, one in enumerate(request.messages) if one.role == "user"]
        self.said = request.messages[heard[-1]].text.strip() if heard else ""
        told = [i for i, one in enumerate(request.messages) if not one.call and not one.is_aside]
        self.results = [one.call for one in request.messages[(told or [-1])[-1] + 1 :] if one.call]
        self.earlier = [request.messages[index].text for index in heard[:-1]][-REMEMBERED_MESSAGES:]

    def decide(self) -> Decision:
        if self.results:
            return self._after(self.results)
        if self.request.has_to_call in self.tools:
            return self._about(self.tools[self.request.has_to_call])
        if not self.said:
            return Decision(talk.opening(self.request.brief) or talk.HOW_CAN_I_HELP)
        for look in (self._pending, self._chosen, self._corrected, self._answered, self._wanted):
            if (decision := look()) is not None:
                self.memory.not_understood = 0
                return decision
        return self._otherwise()

    # --- A task that is under way ----------------------------------------------------------------------
    def _about(self, tool: Tool) -> Decision:
        """A part of the flow that is there for one tool only."""
        task = self.memory.task
        if task is None or task.tool != tool.name:
            return self._begin(tool, among_earlier=True)
        if talk.is_bye(self.said) or "person" in words.ideas(self.said):
            return self._leave(task)
        return self._pending() or self._leave(task)

    def _leave(self, task: Task, said: str = "") -> Decision:
        """The person wants something else: whoever brought us here goes on."""
        self._drop(task)
        return Decision(said, outcome=LEAVE if any(one.key == LEAVE for one in self.request.outcomes) else "")

    def _pending(self) -> Decision | None:
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
        if reading.is_no(self.said) or _DROP.search(words.normal(self.said)):
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
        if _DROP.search(plain):
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
        ranked = matching.ranked(self.said, self._candidates())
        return matching.is_clear(ranked) and ranked[0].candidate.key != tool.name and ranked[0].score > 0.5

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

    # --- Beginning one ---------------------------------------------------------------------------------
    def _begin(self, tool: Tool, *, among_earlier: bool = False) -> Decision:
        task = self.memory.task = Task(tool.name)
        self._fill_from(task, tool, self.said)
        if not _ANOTHER.search(words.normal(self.said)):
            for slot in slots.of(tool):
                if task.filled.get(slot.name) is None and self.memory.known.get(slot.name) is not None:
                    task.filled[slot.name] = self.memory.known[slot.name]
            for text in reversed(self.earlier if among_earlier else []):
                self._fill_from(task, tool, text)
        return self._ask_or_call(task, tool)

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

    # --- What it may be --------------------------------------------------------------------------------
    def _chosen(self) -> Decision | None:
        """The answer to “did you mean”."""
        options, self.memory.options = self.memory.options, []
        if not options:
            return None
        plain = words.normal(self.said)
        places = (
            (r"\b(?:first|former|1)\b", 0),
            (r"\b(?:second|latter|2)\b", 1),
            (r"\b(?:third|3|last)\b", 2),
        )
        for pattern, place in places:
            if re.search(pattern, plain) and place < len(options) and len(plain.split()) <= 5:
                return self._take(options[place])
        if reading.is_no(self.said) and len(plain.split()) <= 3:
            return Decision(f"All right. {talk.offer(self.request.tools)}")
        among = [one for one in self._candidates() if one.key in options]
        ranked = matching.ranked(self.said, among)
        return self._take(ranked[0].candidate.key) if ranked and ranked[0].score > 0.2 else None

    def _corrected(self) -> Decision | None:
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

    def _answered(self) -> Decision | None:
        """A yes, a no, a goodbye or the wish for a person, where the flow has a way on for it."""
        ideas = set(words.ideas(self.said))
        if "person" in ideas and ideas <= {
            "person",
            "problem",
            "question",
            "talk",
            "speak",
            "connect",
            "transfer",
            "put",
        }:
            key = self._outcome(lambda name, one: "person" in words.ideas(f"{name} {one.description}"))
            return Decision(outcome=key) if key else Decision(talk.no_person(self.request.tools))
        is_no = reading.is_no(self.said) and not self.request.brief.was_just_entered
        if is_no or talk.is_bye(self.said):
            key = self._outcome(lambda name, one: bool(_NO_LIKE.match(name)))
            return Decision(outcome=key) if key else None
        if reading.is_yes(self.said) and len(words.normal(self.said).split()) <= 4:
            key = self._outcome(lambda name, one: bool(_YES_LIKE.match(name)))
            if key and not self.request.brief.was_just_entered:
                return Decision(outcome=key)
        return None

    def _outcome(self, fits: object) -> str:
        assert callable(fits)
        return next((one.key for one in self.request.outcomes if fits(words.normal(one.name), one)), "")

    def _wanted(self) -> Decision | None:
        ranked = matching.ranked(self.said, self._candidates())
        if not ranked or ranked[0].score < matching.SURE:
            return None
        if matching.is_clear(ranked):
            return self._take(ranked[0].candidate.key)
        near = [one for one in ranked if ranked[0].score - one.score < matching.MARGIN][:3]
        outcomes = [one for one in near if one.candidate.is_outcome]
        if len(outcomes) == 1:  # the flow's own way goes before a tool of the same kind
            return self._take(outcomes[0].candidate.key)
        self.memory.options = [one.candidate.key for one in near]
        for tool in (self.tools[key] for key in self.memory.options if key in self.tools):
            self._fill_from(Task(tool.name), tool, self.said)  # said once, it need not be said again
        names = [self._in_words(one.candidate.key) for one in near]
        return Decision(f"Would you like me to {wording.options(names)}?")

    def _take(self, key: str) -> Decision:
        if key in self.tools:
            return self._begin(self.tools[key])
        return Decision(outcome=key)

    def _in_words(self, key: str) -> str:
        if key in self.tools:
            return wording.in_short(self.tools[key])
        named: Outcome = next(one for one in self.request.outcomes if one.key == key)
        return f"go on with “{named.name}”"

    def _candidates(self) -> list[matching.Candidate]:
        instructions = self.request.brief.instructions
        offered = matching.of_outcomes(self.request.outcomes)
        return [*offered, *matching.of_tools(self.request.tools, instructions)]

    # --- Everything else -------------------------------------------------------------------------------
    def _otherwise(self) -> Decision:
        brief, tools = self.request.brief, self.request.tools
        is_leftover = brief.was_just_entered and (
            reading.is_no(self.said) or reading.is_yes(self.said) or _DROP.search(words.normal(self.said))
        )
        has_content = bool(words.ideas(self.said)) and not is_leftover
        onward = self._outcome(lambda name, one: bool(_CATCH_ALL.match(name)))
        if onward and not brief.was_just_entered:
            return Decision(outcome=onward)
        again = self._outcome(lambda name, one: bool(_YES_LIKE.match(name)))
        if again and has_content and not brief.was_just_entered and not talk.is_thanks(self.said):
            return Decision(outcome=again)
        opening = talk.opening(brief) if brief.was_just_entered else ""
        if opening and not (opening == talk.HOW_CAN_I_HELP and has_content):
            return Decision(opening)
        small = talk.small(self.said, brief, tools)
        if small and not is_leftover:
            return Decision(small)
        if not has_content:
            return Decision(talk.opening(brief) or talk.HOW_CAN_I_HELP)
        self.memory.not_understood += 1
        return Decision(talk.refusal(tools, again=self.memory.not_understood > 1))

    def _after(self, results: list[ToolCall]) -> Decision:
        """What came of the calls, in words, and what the flow wants next."""
        refused = next((one for one in results if one.result.get("error_code") == "bad_arguments"), None)
        tool = self.tools.get(refused.name) if refused else None
        if refused and tool:
            return self._ask_again(refused, tool)
        told = [self._told(call) for call in results]
        if self.request.brief.was_just_entered:
            told.append(talk.opening(self.request.brief))
        return Decision(" ".join(line for line in told if line))

    def _told(self, call: ToolCall) -> str:
        tool = self.tools.get(call.name)
        taken = slots.of(tool) if tool else [Slot(name=name, kind="text") for name in call.arguments]
        return wording.result(tool, call, taken)

    def _ask_again(self, refused: ToolCall, tool: Tool) -> Decision:
        message = str(refused.result.get("message") or "")
        slot = next((one for one in slots.of(tool) if one.name in message), None)
        if slot is None:
            return Decision(f"That did not work: {message or 'something was wrong with it'}.")
        filled = {name: value for name, value in refused.arguments.items() if name != slot.name}
        self.memory.task = Task(tool.name, filled, asking=slot.name)
        return Decision(f"{wording.not_understood(slot)} {wording.question(slot, again=True)}")
