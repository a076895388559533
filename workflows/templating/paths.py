"""What value does a path lead to? Keys of mappings and items of lists: never an attribute, never a call."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from workflows.templating.errors import MissingValue

type Segment = str | int
type Path = tuple[Segment, ...]

SECURE_KEY = "$secure"
"""`{"$secure": name}` stands for a secure value where it must not be stored."""

_PLAIN_KEY = re.compile(r"[A-Za-z_][\w-]*")
_SIMPLE = re.compile(r"([A-Za-z_]\w*)((?:\.[A-Za-z_][\w-]*|\[\d{1,6}\])+)", re.ASCII)
_SIMPLE_SEGMENT = re.compile(r"\.([A-Za-z_][\w-]*)|\[(\d+)\]", re.ASCII)
_EXTENT = re.compile(r"""[^\W\d][\w-]*\??(?:\s*\.\s*[^\W\d][\w-]*|\s*\[\s*(?:"[^"]*"|'[^']*'|-?\d+)\s*\])*""")
_CONSTANTS = frozenset(("true", "false", "nil", "null", "empty", "blank"))


def read_simple(text: str) -> Path | None:
    """The path that a text is, if it is one of names and numbers only: most are, and this is the fast way."""
    match = _SIMPLE.fullmatch(text)
    if match is None or match[1] in _CONSTANTS:
        return None
    return (match[1], *(found[1] or int(found[2]) for found in _SIMPLE_SEGMENT.finditer(match[2])))


def lookup(values: Mapping[str, Any], path: Sequence[object]) -> Any:
    """The value at `path`. Raises MissingValue, which names the first part that is not there."""
    root = path[0]
    if not isinstance(root, str) or root not in values:
        raise MissingValue(written(path), name=str(root))
    value = values[root]
    for depth in range(1, len(path)):
        try:
            value = _below(value, path[depth])
        except (KeyError, IndexError) as error:
            raise MissingValue(written(path), written(path[:depth]), str(path[depth])) from error
        if depth == 1 and root == "action" and is_marker(value):
            value = lookup(values, ("secure", value[SECURE_KEY]))
    return value


def is_marker(value: object) -> bool:
    return isinstance(value, dict) and len(value) == 1 and isinstance(value.get(SECURE_KEY), str)


def written(path: Sequence[object]) -> str:
    """A path as a person writes it: `steps.look_up.output.items[0]["first name"]`."""
    text = str(path[0])
    for segment in path[1:]:
        if isinstance(segment, str) and _PLAIN_KEY.fullmatch(segment):
            text += f".{segment}"
        elif isinstance(segment, str):
            text += f'["{segment}"]'
        else:
            text += f"[{segment}]"
    return text


def as_written(source: str, start: int) -> str:
    """The path at a place in a text, up to where data decides how it goes on."""
    match = _EXTENT.match(source, start)
    return match[0] if match else ""


def _below(value: Any, segment: object) -> Any:
    if type(value) is dict or isinstance(value, Mapping):
        if isinstance(segment, str):
            return value[segment]
    elif isinstance(value, list | tuple):
        if segment == "size":
            return len(value)
        if segment == "first":
            return value[0]
        if segment == "last":
            return value[-1]
        if isinstance(segment, int) and not isinstance(segment, bool):
            return value[segment]
    raise KeyError(segment)
