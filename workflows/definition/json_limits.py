"""Is this plain JSON that we can store and compare? Asked without recursion: depth cannot hurt."""

import math
from collections.abc import Iterator

from workflows.definition.problems import Problem

MAX_LEVELS = 60
_MAX_NUMBER = 10**30
_MAX_VALUES = 200_000


def find_problem(
    value: object, path: str = "", *, max_bytes: int, max_levels: int = MAX_LEVELS
) -> Problem | None:
    """The first thing about `value` that cannot be stored, if any."""
    size, count = 0, 1
    waiting: list[tuple[object, str, int]] = [(value, path, 0)]
    while waiting:
        item, at, level = waiting.pop()
        message = _refusal(item)
        if message:
            return Problem(at, "not_json", message)
        if level > max_levels:
            return Problem(at[:200], "too_deep", f"This is nested more than {max_levels} levels deep.")
        size += len(item.encode()) + 2 if isinstance(item, str) else 2
        if isinstance(item, dict | list):
            size += sum(len(key) for key in item if isinstance(key, str)) if isinstance(item, dict) else 0
            count += len(item)
            if count <= _MAX_VALUES:
                waiting += [(child, child_at, level + 1) for child_at, child in _children(item, at)]
        if size > max_bytes or count > _MAX_VALUES:
            return Problem(path, "too_large", f"The document is larger than {max_bytes // 1024} KB.")
    return None


def _children(item: dict[object, object] | list[object], at: str) -> Iterator[tuple[str, object]]:
    if isinstance(item, list):
        for index, child in enumerate(item):
            yield f"{at}[{index}]", child
    else:
        for key, child in item.items():
            yield (f"{at}.{key}" if at else str(key)), child


def _refusal(item: object) -> str:
    if isinstance(item, str):
        return _text_refusal(item)
    if isinstance(item, dict):
        return next((said for key in item if (said := _key_refusal(key))), "")
    if isinstance(item, bool) or item is None or isinstance(item, list):
        return ""
    if isinstance(item, int):
        return "" if abs(item) < _MAX_NUMBER else "The number is too large."
    if isinstance(item, float):
        return "" if math.isfinite(item) else "This is not a number that JSON knows."
    return "This is not JSON."


def _key_refusal(key: object) -> str:
    return _text_refusal(key) if isinstance(key, str) else "A name must be a text."


def _text_refusal(text: str) -> str:
    if "\x00" in text:
        return "The text holds a NUL character."
    return "" if text.isascii() or not _has_surrogate(text) else "The text holds half of a character."


def _has_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False
