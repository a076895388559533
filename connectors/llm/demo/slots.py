"""Which values does a tool take, as the person is asked for them?"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from connectors.declare import JSON
from connectors.llm.demo import words
from connectors.llm.port import Tool

type SlotKind = Literal[
    "integer",
    "number",
    "boolean",
    "enum",
    "email",
    "phone",
    "date",
    "moment",
    "name",
    "text",
    "list",
    "object",
]

_EXAMPLE = re.compile(r"\b(?:such as|like|e\.g\.|for example|for instance)\s+[“\"']?([\w#@.+-]+)")
_KINDS: tuple[tuple[str, SlotKind], ...] = (
    (r"\be-?mail\b", "email"),
    (r"\b(?:phone|mobile|telephone|cell)\b", "phone"),
    (r"\b(?:date and time|datetime|date-time|time slot|timestamp)\b|\bwhen\b|\bat\b$", "moment"),
    (r"\b(?:date|day|birthday|deadline)\b", "date"),
    (r"\b(?:first|last|full|sur)?\s?name\b", "name"),
)


@dataclass(frozen=True, kw_only=True)
class Slot:
    name: str
    kind: SlotKind
    description: str = ""
    choices: tuple[JSON, ...] = ()
    is_required: bool = False

    @property
    def label(self) -> str:
        return words.spaced(self.name)

    @property
    def is_identifier(self) -> bool:
        """Its digits are one number, however they are said: `ten forty-two`."""
        return bool(re.search(r"\b(?:number|no|id|code|nr|reference|pin)\b", self.label))

    @property
    def digits(self) -> int:
        """How many digits the example in its description has; 0 without one."""
        return len(re.sub(r"\D", "", self.example))

    @property
    def example(self) -> str:
        found = _EXAMPLE.search(self.description)
        return found[1].rstrip(".,") if found else ""


def of(tool: Tool) -> list[Slot]:
    """Required ones first, each in the order of the tool."""
    return sorted(_slots(tool), key=lambda slot: not slot.is_required)


def _slots(tool: Tool) -> Iterator[Slot]:
    properties: Any = tool.parameters.get("properties") or {}
    required: Any = tool.parameters.get("required") or []
    for name, described in properties.items():
        yield Slot(
            name=name,
            kind=_kind(name, described),
            description=str(described.get("description", "")),
            choices=tuple(described.get("enum") or ()),
            is_required=name in required,
        )


def _kind(name: str, described: Mapping[str, JSON]) -> SlotKind:
    if described.get("enum"):
        return "enum"
    match described.get("type"):
        case "integer":
            return "integer"
        case "number":
            return "number"
        case "boolean":
            return "boolean"
        case "array":
            return "list"
        case "object":
            return "object"
    return kind_of_text(name)


def kind_of_text(name: str) -> SlotKind:
    """What a text of this name is, more exactly."""
    label = words.spaced(name)
    return next((kind for pattern, kind in _KINDS if re.search(pattern, label)), "text")
