"""Two people changed the same step: what can be kept of both?"""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors.declare import JSON

type Values = Mapping[str, JSON]


@dataclass(frozen=True)
class Merged:
    values: Values
    """Mine, with theirs wherever only they changed something."""
    theirs: tuple[str, ...]
    """Fields taken over from them."""
    conflicts: tuple[str, ...]
    """Fields that both changed to different values; `values` holds mine."""


def merge(base: Values, mine: Values, theirs: Values) -> Merged:
    """A three-way merge by field. An absent field counts as a value like any other."""
    taken, conflicts, values = [], [], dict(mine)
    for name in sorted({*base, *mine, *theirs}):
        if _same(base, theirs, name) or _same(mine, theirs, name):
            continue
        if not _same(base, mine, name):
            conflicts.append(name)
            continue
        taken.append(name)
        values.pop(name, None)
        if name in theirs:
            values[name] = theirs[name]
    return Merged(values, tuple(taken), tuple(conflicts))


def _same(one: Values, other: Values, name: str) -> bool:
    return (name in one) == (name in other) and one.get(name) == other.get(name)
