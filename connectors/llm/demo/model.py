"""What does the demo model do next? Decided from what was said last, what the flow offers and its memory."""

import re
from collections.abc import Iterator

from connectors.llm.demo import matching, reading, slots, talk, tasks, wording, words
from connectors.llm.demo.memory import Memory
from connectors.llm.demo.slots import Slot
from connectors.llm.demo.tasks import Decision, Tasks
from connectors.llm.port import (
    Finished,
    ModelEvent,
    Outcome,
    Request,
    Text,
    Took,
    ToolCall,
)

REMEMBERED_MESSAGES = 6
_CATCH_ALL = re.compile(
    r"^(?:always|any(?:thing| answer| outcome)?|next|continue|done|default|otherwise|go on|finished)$"
)
_YES_LIKE = re.compile(r"^(?:yes|yes please|another (?:question|wish)|more|something else|continue)\b")
_NO_LIKE = re.compile(r"^(?:no|nothing|goodbye|bye|end|that is all|finished|done)\b")


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
        earlier = [request.messages[index].text for index in heard[:-1]]
        self._tasks = Tasks(request, memory, self.said, earlier[-REMEMBERED_MESSAGES:])

    def decide(self) -> Decision:
        if self.results:
            return self._after(self.results)
        if self.request.has_to_call in self.tools:
            return self._tasks.about(self.tools[self.request.has_to_call])
        if not self.said:
            return Decision(talk.opening(self.request.brief) or talk.HOW_CAN_I_HELP)
        for look in (self._tasks.pending, self._chosen, self._tasks.corrected, self._answered, self._wanted):
            if (decision := look()) is not None:
                self.memory.not_understood = 0
                return decision
        return self._otherwise()

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
        among = [one for one in matching.offered(self.request) if one.key in options]
        ranked = matching.ranked(self.said, among)
        return self._take(ranked[0].candidate.key) if ranked and ranked[0].score > 0.2 else None

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
        ranked = matching.ranked(self.said, matching.offered(self.request))
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
            self._tasks.remember(tool)
        names = [self._in_words(one.candidate.key) for one in near]
        return Decision(f"Would you like me to {wording.options(names)}?")

    def _take(self, key: str) -> Decision:
        if key in self.tools:
            return self._tasks.begin(self.tools[key])
        return Decision(outcome=key)

    def _in_words(self, key: str) -> str:
        if key in self.tools:
            return wording.in_short(self.tools[key])
        named: Outcome = next(one for one in self.request.outcomes if one.key == key)
        return f"go on with “{named.name}”"

    def _otherwise(self) -> Decision:
        brief, tools = self.request.brief, self.request.tools
        is_leftover = brief.was_just_entered and (
            reading.is_no(self.said) or reading.is_yes(self.said) or tasks.is_given_up(self.said)
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
            return self._tasks.ask_again(refused, tool)
        told = [self._told(call) for call in results]
        if self.request.brief.was_just_entered:
            told.append(talk.opening(self.request.brief))
        return Decision(" ".join(line for line in told if line))

    def _told(self, call: ToolCall) -> str:
        tool = self.tools.get(call.name)
        taken = slots.of(tool) if tool else [Slot(name=name, kind="text") for name in call.arguments]
        return wording.result(tool, call, taken)
