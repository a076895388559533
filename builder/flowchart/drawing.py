"""How is a flow drawn? Boxes in rows, and lines that run between them and never through one.

A pure function of the chart: the same flow always looks the same.
"""

import itertools
from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from builder.flowchart import columns, rows, tracks
from builder.flowchart.rows import Rows
from builder.flowchart.shapes import (
    LANE_WIDTH,
    MARGIN,
    NODE_HEIGHT,
    NODE_WIDTH,
    TAG_HEIGHT,
    Chart,
    Drawing,
    Point,
    Rect,
    Spot,
    Wire,
)
from builder.flowchart.tracks import Net

TRACK = 12
PAD_ABOVE, PAD_BELOW = 14, 18
"""Between the rows and the lines in a gap; below there is an arrow."""
SIDE_LANE = 14


@dataclass(frozen=True)
class _Places:
    rows: Rows
    middles: Mapping[Spot, int]
    side: Mapping[str, int]
    """Node → the x at which links run up to it, left of everything."""
    tops: Sequence[int]
    """Of the rows."""
    lines: Mapping[Hashable, int]
    """Net → the height of its line."""
    height: int


def draw(chart: Chart) -> Drawing:
    arranged = rows.arrange(chart)
    middles, side = _across(arranged)
    places = _down(arranged, middles, side)
    boxes = {
        name: _box(places, Spot("node", name, row, NODE_WIDTH))
        for row, spots in enumerate(arranged.rows)
        for name in (str(spot.name) for spot in spots if spot.kind == "node")
    }
    right = max((x + (spot.width + 1) // 2 for spot, x in middles.items()), default=0)
    return Drawing(
        width=right + MARGIN,
        height=places.height,
        boxes={name: boxes[name] for name in chart.nodes},
        wires=tuple(_wire(number, places) for number in sorted(arranged.trails)),
    )


def _across(arranged: Rows) -> tuple[dict[Spot, int], dict[str, int]]:
    """Every x, with room on the left for the links that lead up again."""
    led_back = dict.fromkeys(str(arranged.links[number].target) for number in sorted(arranged.back))
    shift = MARGIN + SIDE_LANE * (len(led_back) + 1 if led_back else 0)
    middles = {spot: x + shift for spot, x in columns.place(arranged).items()}
    side = {name: shift - SIDE_LANE * (index + 1) for index, name in enumerate(led_back)}
    return middles, side


def _down(arranged: Rows, middles: Mapping[Spot, int], side: Mapping[str, int]) -> _Places:
    """Every y: row by row, each gap as high as its lines need."""
    tops: list[int] = []
    lines: dict[Hashable, int] = {}
    y = 0
    for gap in range(len(arranged.rows) + 1):
        nets = list(_nets(gap, arranged, middles, side))
        assigned = tracks.assign(nets)
        lines |= {name: y + PAD_ABOVE + TRACK * track for name, track in assigned.items()}
        bent = [assigned[net.name] for net in nets if not net.is_straight]
        y += _gap_height(gap, len(arranged.rows), max(bent, default=-1) + 1)
        if gap < len(arranged.rows):
            tops.append(y)
            y += _row_height(arranged.rows[gap], gap)
    return _Places(arranged, middles, side, tops, lines, y)


def _gap_height(gap: int, last: int, lines: int) -> int:
    if gap in (0, last) and not lines:
        return MARGIN
    pad = PAD_BELOW if gap % 2 == 0 else PAD_ABOVE
    return PAD_ABOVE + pad + TRACK * (lines - 1) if lines else pad + 2


def _row_height(row: Sequence[Spot], index: int) -> int:
    if index % 2 == 0:
        return NODE_HEIGHT
    return TAG_HEIGHT if any(spot.width > LANE_WIDTH for spot in row if spot.kind == "tag") else 0


def _nets(gap: int, arranged: Rows, middles: Mapping[Spot, int], side: Mapping[str, int]) -> Iterator[Net]:
    above = arranged.rows[gap - 1] if gap else ()
    below = arranged.rows[gap] if gap < len(arranged.rows) else ()
    if gap % 2:
        for spot in above:
            if to := arranged.below[spot]:
                yield Net(_out(spot), (middles[spot],), tuple(middles[one] for one in to))
        return
    for spot in below:
        if coming := arranged.above[spot]:
            yield Net(_in(spot), tuple(middles[one] for one in coming), (middles[spot],))
        if spot.kind == "node" and spot.name in side:
            yield Net(_arrive(spot.name), (), (middles[spot],), side[str(spot.name)])
    leaving: dict[str, list[int]] = {}
    for spot in above:
        if spot.kind == "tag" and spot.name in arranged.back:
            leaving.setdefault(str(arranged.links[int(spot.name)].target), []).append(middles[spot])
    for target, xs in leaving.items():
        yield Net(_leave(target, gap), tuple(xs), (), side[target])


def _out(spot: Spot) -> Hashable:
    return "out", spot


def _in(spot: Spot) -> Hashable:
    return "in", spot


def _arrive(name: str | int) -> Hashable:
    return "arrive", name


def _leave(target: str, gap: int) -> Hashable:
    return "leave", target, gap


def _box(places: _Places, spot: Spot) -> Rect:
    return Rect(places.middles[spot] - NODE_WIDTH // 2, places.tops[spot.row], NODE_WIDTH, NODE_HEIGHT)


def _wire(number: int, places: _Places) -> Wire:
    link, trail = places.rows.links[number], places.rows.trails[number]
    tag = trail[1]
    is_back = number in places.rows.back
    points = list(_along(trail, places))
    x, top = places.middles[tag], places.tops[tag.row]
    if is_back:
        points += _around(str(link.target), tag, places)
    elif link.target is None or len(trail) == 2:
        points.append((x, top))
    else:
        end = trail[-1]
        points.append((places.middles[end], places.tops[end.row]))
    has_label = tag.width > LANE_WIDTH
    rect = Rect(x - tag.width // 2, top, tag.width, TAG_HEIGHT) if has_label else None
    return Wire(link, tuple(_without_needless(points)), rect, is_back)


def _along(trail: Sequence[Spot], places: _Places) -> Iterator[Point]:
    start = trail[0]
    yield places.middles[start], places.tops[start.row] + NODE_HEIGHT
    for upper, lower in itertools.pairwise(trail):
        y = places.lines[_out(upper) if lower.row % 2 else _in(lower)]
        yield places.middles[upper], y
        yield places.middles[lower], y


def _around(target: str, tag: Spot, places: _Places) -> list[Point]:
    """Out to the side, up, and from above into the node."""
    end = next(spot for spot in places.middles if spot.kind == "node" and spot.name == target)
    leave, arrive = places.lines[_leave(target, tag.row + 1)], places.lines[_arrive(target)]
    side, to = places.side[target], places.middles[end]
    return [
        (places.middles[tag], leave),
        (side, leave),
        (side, arrive),
        (to, arrive),
        (to, places.tops[end.row]),
    ]


def _without_needless(points: Sequence[Point]) -> Iterator[Point]:
    """Without what lies on the way between its neighbours."""
    kept: list[Point] = []
    for point in points:
        while len(kept) > 1 and _is_between(kept[-2], kept[-1], point):
            kept.pop()
        if not kept or kept[-1] != point:
            kept.append(point)
    yield from kept


def _is_between(one: Point, middle: Point, other: Point) -> bool:
    (ax, ay), (bx, by), (cx, cy) = one, middle, other
    on_column = ax == bx == cx and min(ay, cy) <= by <= max(ay, cy)
    on_row = ay == by == cy and min(ax, cx) <= bx <= max(ax, cx)
    return on_column or on_row
