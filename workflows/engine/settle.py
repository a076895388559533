"""What exactly is kept of an output? One form, fixed before it is used, that the database gives back
unchanged.

`jsonb` orders keys, writes some numbers differently and refuses NUL. If later steps saw the value as it came,
a run would give other results after a restart than without one.
"""

import json
import math

from connectors.declare import JSON

MAX_OUTPUT = 1_000_000
"""Bytes of one output as JSON; above it the step fails."""
MAX_DEPTH = 100


class Unfit(ValueError):
    """The value cannot be kept; `code` and `str()` say why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def settled(value: JSON) -> JSON:
    """The value as it is stored and read from now on. Raises Unfit."""
    kept = _kept(value, MAX_DEPTH)
    size = len(json.dumps(kept, ensure_ascii=False).encode())
    if size > MAX_OUTPUT:
        raise Unfit("output_too_large", f"The output is {size / 1e6:.1f} MB; at most 1 MB can be kept.")
    return kept


def clean(text: str) -> str:
    """Without what PostgreSQL refuses in text: NUL and half surrogate pairs."""
    if "\0" in text:
        text = text.replace("\0", "\ufffd")
    try:
        text.encode()
    except UnicodeEncodeError:
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _kept(value: JSON, depth: int) -> JSON:
    match value:
        case str():
            return clean(value)
        case dict() | list() if depth == 0:
            raise Unfit("output_too_deep", f"The output is nested more than {MAX_DEPTH} levels deep.")
        case dict():
            items = {clean(str(key)): item for key, item in value.items()}
            return {key: _kept(items[key], depth - 1) for key in sorted(items, key=_jsonb_order)}
        case list() | tuple():
            return [_kept(item, depth - 1) for item in value]
        case float():
            return _number(value)
        case None | bool() | int():
            return value
    return clean(str(value))


def _jsonb_order(key: str) -> tuple[int, bytes]:
    encoded = key.encode()
    return len(encoded), encoded


def _number(value: float) -> JSON:
    if not math.isfinite(value):
        return None
    if value == 0 or (
        value.is_integer() and abs(value) >= 1e16
    ):  # 1e16 is stored, and read again, as an integer
        return int(value) if value else 0.0
    return value
