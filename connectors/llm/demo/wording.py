"""How does the demo model put it? What is missing, what it is about to do, and what came of it."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime

from connectors.declare import JSON
from connectors.llm.demo import words
from connectors.llm.demo.slots import Slot
from connectors.llm.port import Returned, Tool, ToolCall

FOUND = frozenset({"found", "exists", "exist", "is_found", "known"})
DONE = frozenset({"ok", "success", "succeeded", "done"})
STATUS = frozenset({"status", "state"})
SAID_AS_IT_IS = frozenset({"message", "answer", "text", "summary", "explanation", "reply"})
MOST_WORDS = 9
_CUT = re.compile(
    r"\s+(?:after|when|once|only|so that|because|unless|before|using|if|for when|whenever)\b.*$"
)
_LAST_DETAIL = re.compile(
    r"\s+(?:at|with|for|by|to|in|on|from|and|or|that)\s(?:(?!\b(?:at|with|for|by|to|in|on|from|and|or|that)\b).)*$"
)
_NOUN_PHRASE = re.compile(r"^(?:the|a|an|your|their)\s", re.IGNORECASE)
_UNIT = re.compile(
    r",?\s+in\s+(euros?|dollars?|pounds?|francs?|minutes?|hours?|days?|percent|%|kilograms?|kg)\b"
)


# --- Before the call ---------------------------------------------------------------------------------------
def question(slot: Slot, *, again: bool = False) -> str:
    asked = _question(slot)
    hint = _hint(slot) if again else ""
    return f"{asked} {hint}".strip()


def _question(slot: Slot) -> str:
    match slot.kind:
        case "enum":
            return f"Which {slot.label} is it: {options([words.spaced(str(one)) for one in slot.choices])}?"
        case "boolean":
            return f"{_sentence(slot.label)}: yes or no?"
        case "email":
            return "What is your e-mail address?"
        case "phone":
            return "What is your phone number?"
        case "name":
            return (
                "What is your name?" if slot.label in ("name", "full name") else f"What is your {slot.label}?"
            )
        case "date":
            return (
                "Which day would suit you?" if slot.label in ("date", "day") else f"What is the {slot.label}?"
            )
        case "moment":
            return "Which day and time would suit you?"
        case "list":
            return f"What are the {slot.label}?"
    return f"What is the {slot.label}?"


def _hint(slot: Slot) -> str:
    if slot.description:
        return f"({slot.description.strip().rstrip('.')}.)"
    hints = {"integer": "(A whole number.)", "number": "(A number.)", "date": "(Such as 3 December.)"}
    return hints.get(slot.kind, "")


def not_understood(slot: Slot) -> str:
    wanted = {
        "integer": "I need a whole number for that.",
        "number": "I need a number for that.",
        "email": "That does not look like an e-mail address.",
        "phone": "That does not look like a phone number.",
        "date": "I could not make out the day.",
        "moment": "I could not make out the day and time.",
        "boolean": "A yes or a no will do.",
        "enum": "That is not one of the choices.",
    }
    return wanted.get(slot.kind, "Sorry, I did not get that.")


def to_do(tool: Tool, filled: Mapping[str, JSON], slots: Sequence[Slot]) -> str:
    """`refund order 1043`: what is about to be done, as an imperative."""
    given = [(slot, filled[slot.name]) for slot in slots if filled.get(slot.name) is not None]
    name = words.spaced(tool.name)
    if len(given) == 1 and given[0][0].label.split()[0] == name.split()[-1]:
        return f"{name} {said(given[0][1])}"
    phrase = in_short(tool)
    details = ", ".join(f"{slot.label} {said(value)}" for slot, value in given)
    return f"{phrase} ({details})" if details else phrase


def in_short(tool: Tool) -> str:
    """What a tool does in a few words: the beginning of its description, or its name."""
    first = re.split(r"(?<=[.!?])\s", tool.description.strip())[0].rstrip(".!")
    first = to_the_person(re.sub(r"\s+(?:and|or)$", "", _CUT.sub("", first)))
    while len(first.split()) > MOST_WORDS and (shorter := _LAST_DETAIL.sub("", first)) != first:
        first = shorter
    is_imperative = first and not re.match(r"(?:the|a|an|this|it|use|returns?)\b", first, re.IGNORECASE)
    if not is_imperative or not 2 <= len(first.split()) <= MOST_WORDS:
        return words.spaced(tool.name)
    head, _, rest = first.partition(" ")
    verb = head.lower()
    verb = re.sub(r"(?<=[a-z]{3})s$", "", verb) if verb.endswith("s") and not verb.endswith("ss") else verb
    return f"{verb} {rest}".strip()


def options(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


# --- After the call ----------------------------------------------------------------------------------------
def result(tool: Tool | None, call: ToolCall, slots: Sequence[Slot]) -> str:
    if not call.result.get("ok"):
        return _failure(call, slots)
    data = call.result.get("data")
    if not isinstance(data, dict):
        return "Done." if data is None else _sentence(said(data)) + "."
    fields = tool.returns if tool else tuple(Returned(name=name, type="string") for name in data)
    subject = _subject(call, slots)
    if any(one.name in FOUND and data.get(one.name) is False for one in fields):
        return f"I could not find {subject or 'it'}. Could you check {_its_number(slots)}?"
    told = [line for one in fields if (line := _line(one, data.get(one.name), subject))]
    if tool and tool.writes:
        told.insert(0, "Done.")
    return " ".join(told) or "Done."


def _failure(call: ToolCall, slots: Sequence[Slot]) -> str:
    message = "" if call.is_said else str(call.result.get("message") or "That did not work just now.")
    if call.result.get("error_code") == "timed_out":
        return f"{message} I will tell you here as soon as it is done.".strip()
    number = next((slot for slot in slots if slot.is_identifier), None)
    hint = f"If the {number.label} was wrong, tell me the right one." if number else ""
    return f"{message} {hint}".strip() or "Is there anything else I can do?"


def _subject(call: ToolCall, slots: Sequence[Slot]) -> str:
    """What it was about: `order 1042`."""
    for slot in slots:
        value = call.arguments.get(slot.name)
        if slot.is_identifier and isinstance(value, int | str):
            label = re.sub(r"\s*\b(?:number|no|id|code|nr|reference)\b$", "", slot.label)
            return f"{label} {value}".strip()
    return ""


def _its_number(slots: Sequence[Slot]) -> str:
    number = next((slot for slot in slots if slot.is_identifier), None)
    return f"the {number.label}" if number else "what you gave me"


def _line(field: Returned, value: JSON, subject: str) -> str:
    name, label = field.name.lower(), words.spaced(field.name)
    if value is None or value in ("", [], {}) or name in FOUND | DONE:
        return ""
    if name in SAID_AS_IT_IS and isinstance(value, str):
        return value if value.endswith((".", "!", "?")) else f"{_sentence(value)}."
    if isinstance(value, bool):
        return _yes_or_no(label, value, subject)
    if name in STATUS:
        return f"{_sentence(subject or 'it')} is {words.spaced(str(value)) if '_' in str(value) else value}."
    arrives = (
        name in ("eta", "arrival", "arrives_on", "delivery_date") or "arrive" in field.description.lower()
    )
    if _as_moment(value) and arrives:
        return f"It should arrive on {said(value)}."
    if label.endswith((" at", " on")):
        return f"It {label} {said(value)}."
    return _described(field, label, said(value))


def _described(field: Returned, label: str, told: str) -> str:
    description = re.split(r"(?<=[.])\s", field.description.strip())[0].rstrip(".")
    unit = _UNIT.search(description)
    if unit:
        description = description[: unit.start()]
        told = f"{_two_places(told) if unit[1][0] in 'edpf' else told} {unit[1]}"
    description = re.sub(r",\s.*$", "", description)
    if _NOUN_PHRASE.match(description) and len(description.split()) <= 9:
        return f"{_sentence(description)} is {told}."
    return f"The {label} is {told}."


def _yes_or_no(label: str, value: bool, subject: str) -> str:
    plain = re.sub(r"^is ", "", label)
    return f"{_sentence(subject or 'it')} is {'' if value else 'not '}{plain}."


def said(value: JSON) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:,.2f}" if not value.is_integer() else f"{value:,.0f}"
        case list():
            items = [_item(item) for item in value[:5]]
            more = f" and {len(value) - 5} more" if len(value) > 5 else ""
            return f"{', '.join(items)}{more}" if more or len(items) < 2 else _and(items)
        case str() if moment := _as_moment(value):
            return _in_words(moment)
        case dict():
            return ", ".join(f"{words.spaced(key)} {said(one)}" for key, one in list(value.items())[:5])
    return str(value)


def _item(item: JSON) -> str:
    if isinstance(item, dict):
        return str(item.get("name") or item.get("title") or item.get("label") or said(item))
    return said(item)


def _and(items: Sequence[str]) -> str:
    return f"{', '.join(items[:-1])} and {items[-1]}"


def _two_places(told: str) -> str:
    return f"{told}.00" if re.fullmatch(r"[\d,]+", told) else told


def _as_moment(value: JSON) -> datetime | None:
    if not isinstance(value, str) or not re.match(r"\d{4}-\d{2}-\d{2}", value):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _in_words(at: datetime) -> str:
    return f"{at:%A}, {at.day} {at:%B}" + (f" at {at:%H:%M}" if at.hour or at.minute else "")


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


_THEM = r"(?:them|him|her|the (?:person|caller|customer|user|client|visitor|guest))"


def to_the_person(text: str) -> str:
    """They are spoken of in instructions, and spoken to here."""
    swaps = (
        (rf"\bthe (\w+(?: \w+)?) of {_THEM}\b", r"your \1"),
        (r"\b(?:they|he|she) (?:are|is)\b|\bthe (?:person|caller|customer|user) is\b", "you are"),
        (r"\b(?:they|he|she) has\b", "you have"),
        (r"\b(?:their|his|her|the (?:person|caller|customer|user)'s)\b", "your"),
        (r"\b(?:they|he|she|the (?:person|caller|customer|user))\b", "you"),
        (rf"\b{_THEM}\b", "you"),
    )
    for pattern, instead in swaps:
        text = re.sub(pattern, instead, text, flags=re.IGNORECASE)
    return re.sub(r"\byou (need|want|like|know|prefer|wish)s\b", r"you \1", text)
