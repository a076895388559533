"""Is this body JSON that we can keep? Refuses what parsers differ on and what PostgreSQL cannot store."""

import json
import math
import re
from typing import Any, NoReturn

from workspaces.api.refused import Refused
from workspaces.errors import Problem

LARGEST_BYTES = 1024 * 1024
DEEPEST = 64
LARGEST_WHOLE = 2**63 - 1
UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def loads(raw: bytes) -> Any:
    if len(raw) > LARGEST_BYTES:
        raise Refused(413, "too_large", "A body may have 1 MB at most.")
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_no_constant,
            parse_float=_finite,
            parse_int=_whole,
        )
    except RecursionError as error:
        raise _malformed(
            "", "too_deep", f"Lists and objects may be nested {DEEPEST} deep at most."
        ) from error
    except ValueError as error:
        raise Refused(422, "malformed", f"The body is not valid JSON: {error}.") from error
    _refuse_unstorable(value)
    return value


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice[:80]!r} is there twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number is too large")
    return number


def _whole(text: str) -> int:
    if len(text) > 20 or abs(number := int(text)) > LARGEST_WHOLE:
        raise ValueError("a whole number is too large")
    return number


def _refuse_unstorable(value: Any) -> None:
    """Without recursion: the depth is what we are measuring."""
    waiting: list[tuple[str, Any, int]] = [("", value, 0)]
    while waiting:
        path, value, depth = waiting.pop()
        if depth > DEEPEST:
            raise _malformed("", "too_deep", f"Lists and objects may be nested {DEEPEST} deep at most.")
        if isinstance(value, str):
            _refuse_text(path, value)
        elif isinstance(value, list):
            waiting += [(f"{path}[{index}]", item, depth + 1) for index, item in enumerate(value)]
        elif isinstance(value, dict):
            for name, item in value.items():
                _refuse_text(path, name)
                waiting.append((f"{path}.{name}" if path else name, item, depth + 1))


def _refuse_text(path: str, text: str) -> None:
    if UNSTORABLE.search(text):
        raise _malformed(path, "unstorable", "A text holds a NUL character or half of a surrogate pair.")


def _malformed(path: str, code: str, message: str) -> Refused:
    return Refused(422, "malformed", message, [Problem(path, code, message)])
