"""How do lines, corners and texts become SVG? Numbers and letters only; nothing here knows of agents."""

from collections.abc import Sequence
from unicodedata import east_asian_width

from builder.flowchart.shapes import Point

RADIUS = 9
NARROW = frozenset("iljtfrI.,:;'|!()[] ")
WIDE = frozenset("mwMW@%—")


def path(points: Sequence[Point], radius: int = RADIUS) -> str:
    """A line through the points with round corners."""
    first, last = points[0], points[-1]
    drawn = f"M{first[0]} {first[1]}"
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        reach = min(radius, _length(before, corner) / 2, _length(corner, after) / 2)
        start, end = _towards(corner, before, reach), _towards(corner, after, reach)
        drawn += f" L{start[0]:g} {start[1]:g} Q{corner[0]} {corner[1]} {end[0]:g} {end[1]:g}"
    return f"{drawn} L{last[0]} {last[1]}"


def arrow(point: Point) -> str:
    """Pointing down, with its tip there."""
    x, y = point
    return f"M{x - 4} {y - 6}h8l-4 6z"


def width_of(text: str, size: float) -> int:
    """About as wide as the text is in our sans-serif face, rather a little more."""
    return round(sum(_width(letter) for letter in text) * size) + 1


def fitted(text: str, room: int, size: float) -> str:
    """The text, cut with an ellipsis where it would not fit."""
    if width_of(text, size) <= room:
        return text
    kept = text
    while kept and width_of(f"{kept}…", size) > room:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"


def _width(letter: str) -> float:
    if letter in NARROW:
        return 0.34
    if east_asian_width(letter) in "WF":
        return 1.05
    if letter in WIDE:
        return 0.92
    return 0.68 if letter.isupper() else 0.575


def _length(one: Point, other: Point) -> int:
    return abs(one[0] - other[0]) + abs(one[1] - other[1])


def _towards(corner: Point, other: Point, reach: float) -> tuple[float, float]:
    length = _length(corner, other) or 1
    return (
        corner[0] + (other[0] - corner[0]) / length * reach,
        corner[1] + (other[1] - corner[1]) / length * reach,
    )
