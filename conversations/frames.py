"""What may a page say over the websocket of a chat? One small JSON object per frame."""

import json
from dataclasses import dataclass
from typing import Any

LONGEST_TEXT = 8_000


@dataclass(frozen=True)
class Spoken:
    """`{"text": …, "key": …}`: a message; said twice with one key it is heard once."""

    text: str
    key: str | None


@dataclass(frozen=True)
class Stop:
    """`{"stop": true}`: the person has heard enough."""


def understood(frame: str) -> Spoken | Stop | None:
    """None for anything else."""
    try:
        value = json.loads(frame)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict):
        return None
    return Stop() if value == {"stop": True} else _spoken(value)


def _spoken(value: dict[str, Any]) -> Spoken | None:
    text, key = value.get("text"), value.get("key")
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST_TEXT:
        return None
    if key is not None and not (isinstance(key, str) and 0 < len(key) <= 200):
        return None
    if any("\x00" in one or _is_torn(one) for one in (text, key or "")):
        return None
    return Spoken(text.strip(), key)


def _is_torn(text: str) -> bool:
    """A lone half of a surrogate pair, which no database takes."""
    return any("\ud800" <= one <= "\udfff" for one in text)
