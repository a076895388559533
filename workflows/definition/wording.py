"""What did pydantic find wrong, in our words and with our paths?"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workflows.definition.problems import Problem

MESSAGES = {
    "missing": ("required", "This is required."),
    "extra_forbidden": ("unknown_field", "There is nothing of this name here."),
    "string_too_long": ("too_long", ""),
    "too_long": ("too_long", ""),
    "string_too_short": ("required", "This cannot be empty."),
    "string_pattern_mismatch": ("malformed", ""),
    "literal_error": ("unknown_choice", ""),
    "enum": ("unknown_choice", ""),
    "union_tag_not_found": ("required", "Say of what type it is."),
    "union_tag_invalid": ("unknown_choice", ""),
}
TAGS = frozenset(("start", "turn", "workflow", "end"))
"""Types of a flow's nodes: pydantic writes them into the location, the document does not have them there."""


def problems_of(errors: Iterable[Mapping[str, Any]]) -> list[Problem]:
    """What pydantic found, in our words; `loc` becomes a path such as `variables[1].name`."""
    return [_problem(error) for error in errors]


def _problem(error: Mapping[str, Any]) -> Problem:
    kind = str(error["type"])
    ends_with_type = kind.endswith(("_type", "_parsing"))
    code, message = MESSAGES.get(kind, ("wrong_type" if ends_with_type else "invalid", ""))
    return Problem(path_of(error["loc"]), code, message or f"{error['msg']}.".replace("..", "."))


def path_of(location: Sequence[str | int]) -> str:
    path = ""
    for index, part in enumerate(location):
        if part in TAGS and index > 1 and location[index - 2] == "nodes":
            continue
        path += f"[{part}]" if isinstance(part, int) else f".{part}"
    return path.lstrip(".")
