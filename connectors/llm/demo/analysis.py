"""What does the demo model find out about a conversation that is over? What rules can read; the rest stays
open.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from connectors.declare import JSON
from connectors.llm.demo import dates, matching, reading, slots, talk, words
from connectors.llm.demo.matching import Candidate

_OTHERWISE = frozenset({"other", "others", "else", "unknown", "none", "unclear", "misc", "general"})
_SOLVED = re.compile(r"\b(?:resolve|solve|answer|help|succe|complete|fulfil|settle)\w*\b")
_HAPPY = re.compile(r"\b(?:happy|satisf|thank|pleased|positive)\w*\b")
_UNHAPPY = re.compile(r"\b(?:angry|upset|complain|unhappy|frustrat|negative|annoy)\w*\b")
_HANDED_OVER = re.compile(r"\b(?:human|transfer|hand|escalat|colleague)\w*\b|\bfor a person\b")
_ABOUT = re.compile(r"\b(?:summary|summari[sz]e|about|topic|subject|in short|reason|what did)\b")
MOST_TEXT = 300


@dataclass(frozen=True, kw_only=True)
class Property:
    key: str
    name: str
    type: str
    description: str = ""
    choices: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        return f"{self.name}. {self.description}"


@dataclass(frozen=True, kw_only=True)
class Course:
    """How the conversation went."""

    person: tuple[str, ...]
    """What the person said, in order."""
    calls: tuple[tuple[str, Mapping[str, JSON], Mapping[str, JSON]], ...]
    """(tool, arguments, result)."""
    was_handed_over: bool = False
    now: datetime | None = None


def analyse(properties: Sequence[Property], course: Course) -> dict[str, JSON]:
    """None where nothing can be read."""
    if not course.person and not course.calls:
        return {one.key: None for one in properties}
    return {one.key: _value(one, course) for one in properties}


def _value(one: Property, course: Course) -> JSON:
    match one.type:
        case "boolean":
            return _boolean(one, course)
        case "enum":
            return _enum(one, course)
        case "number":
            found = _given(one, course)
            return found if _is_number(found) else _number(one, course)
        case "datetime":
            found_at = next(
                (at for text in reversed(course.person) if (at := dates.find(text, course.now))), None
            )
            return found_at.isoformat() if found_at else None
        case "string":
            return _text(one, course)
    return None


def _boolean(one: Property, course: Course) -> JSON:
    about = words.normal(one.said)
    if _HANDED_OVER.search(about):
        return course.was_handed_over
    if _HAPPY.search(about):
        return any(talk.is_thanks(text) for text in course.person[-2:]) or None
    if _UNHAPPY.search(about):
        return any(_UNHAPPY.search(words.normal(text)) for text in course.person)
    if _SOLVED.search(about):
        return bool(course.calls[-1][2].get("ok")) if course.calls else None
    return None


def _enum(one: Property, course: Course) -> JSON:
    """What was done says most, what was asked for second."""
    named = [Candidate(choice, words.spaced(choice)) for choice in one.choices if choice not in _OTHERWISE]
    done = [words.spaced(name) for name, _, result in reversed(course.calls) if result.get("ok")]
    for text in (*done, " ".join(course.person)):
        ranked = matching.ranked(text, named)
        if ranked and ranked[0].score > 0.2:
            return ranked[0].candidate.key
    return next((choice for choice in one.choices if choice.lower() in _OTHERWISE), None)


def _given(one: Property, course: Course) -> JSON:
    """The value of the same name in the last call that had it."""
    for _, arguments, result in reversed(course.calls):
        data = result.get("data")
        for values in (arguments, data if isinstance(data, dict) else {}):
            if (value := values.get(one.key)) is not None:
                return value
    return None


def _number(one: Property, course: Course) -> JSON:
    slot = slots.Slot(name=one.key, kind="integer", description=one.description)
    label = set(words.ideas(slot.label))
    for text in reversed(course.person):
        found = reading.value(slot, text, was_asked=False, now=course.now)
        if found is not None and (label & set(words.ideas(text)) or slot.is_identifier):
            return found
    return None


def _text(one: Property, course: Course) -> JSON:
    if (given := _given(one, course)) is not None:
        return str(given)
    kind = slots.kind_of_text(one.key)
    if kind in ("email", "phone", "name"):
        slot = slots.Slot(name=one.key, kind=kind)
        values = (reading.value(slot, text, was_asked=False, now=course.now) for text in course.person)
        return next((value for value in values if value is not None), None)
    if _ABOUT.search(words.normal(one.said)):
        telling = (text for text in course.person if words.ideas(text))
        return next(telling, "")[:MOST_TEXT] or None
    return None


def _is_number(value: JSON) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
