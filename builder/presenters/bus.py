"""Which pieces of the line that joins the columns of a split does each column draw?

Every column draws only its own piece, so that one can be drawn again alone: above, a line that leads to each;
below, one that collects those that go on and leads to the middle, where the chain continues.
"""

from collections.abc import Sequence
from dataclasses import dataclass

MOST_SIDE_BY_SIDE = 3
"""With more columns the split scrolls, and its middle may be anywhere."""


@dataclass(frozen=True)
class Arms:
    """Names of the pieces, as `branches.css` has them."""

    top: str
    """first | mid | last | only"""
    tail: str
    """The same for a column that goes on; mid-start and mid-end: the line begins or ends at the middle;
    pass, pass-left, pass-right: others’ lines cross below; none."""


def arms(joins: Sequence[bool]) -> list[Arms]:
    """`joins` tells of each column, left to right, whether the chain goes on after it."""
    return [Arms(_top(index, len(joins)), _tail(index, joins)) for index in range(len(joins))]


def _top(index: int, count: int) -> str:
    if count == 1:
        return "only"
    return "first" if index == 0 else "last" if index == count - 1 else "mid"


def _tail(index: int, joins: Sequence[bool]) -> str:
    if not any(joins):
        return "none"
    begin, end = _span(joins)
    at = index + 0.5
    has_left, has_right = begin < at <= end, begin <= at < end
    if not joins[index]:
        return {(True, True): "pass", (True, False): "pass-left", (False, True): "pass-right"}.get(
            (has_left, has_right), "none"
        )
    if has_left and has_right:
        return "mid"
    is_middle = at == len(joins) / 2
    if has_right:
        return "mid-start" if is_middle else "first"
    if has_left:
        return "mid-end" if is_middle else "last"
    return "only"


def _span(joins: Sequence[bool]) -> tuple[float, float]:
    """From the first column that goes on, or the middle, to the last one."""
    count = len(joins)
    if count > MOST_SIDE_BY_SIDE:
        return 0.5, count - 0.5
    middles = [index + 0.5 for index, is_joining in enumerate(joins) if is_joining]
    return min(*middles, count / 2), max(*middles, count / 2)
