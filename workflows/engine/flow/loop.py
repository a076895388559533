"""Which items does a *Loop* go through, and what does it give back?"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from connectors.declare import JSON

DEFAULT_LIMIT = 100
LONGEST = 1_000


class CannotLoop(ValueError):
    """`str()` says what is wrong with the list, for the person who built the step."""


@dataclass
class Passes:
    """What came of the passes so far."""

    items: Sequence[JSON]
    left_out: int
    results: list[JSON] = field(default_factory=list)
    failed: int = 0

    def succeeded(self, last: JSON) -> None:
        self.results.append(last)

    def broke(self, error: dict[str, JSON]) -> None:
        self.failed += 1
        self.results.append({"error": {name: error.get(name) for name in ("code", "message")}})

    @property
    def output(self) -> dict[str, JSON]:
        return {
            "results": self.results,
            "count": len(self.items),
            "failed": self.failed,
            "left_out": self.left_out,
        }


def passes(inputs: dict[str, JSON]) -> Passes:
    """At most `limit` of the items, the first ones. Raises CannotLoop."""
    items = inputs.get("items")
    if not isinstance(items, list):
        raise CannotLoop(f"A loop goes through a list, but this is {_kind(items)}.")
    limit = _limit(inputs.get("limit"))
    return Passes(items[:limit], max(0, len(items) - limit))


def _limit(value: JSON) -> int:
    try:
        limit = DEFAULT_LIMIT if value in (None, "") else int(str(value))
    except ValueError:
        limit = 0
    if not 1 <= limit <= LONGEST:
        raise CannotLoop(f"A loop takes 1 to {LONGEST:,} items.")
    return limit


def _kind(value: JSON) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
    return "an object"
