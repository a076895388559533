"""In which order do the spots of a row stand, and where? Few crossings, straight lines, no overlap."""

import itertools
from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence

from builder.flowchart.rows import Rows
from builder.flowchart.shapes import Spot

GAP = 22
SWEEPS, SWEEPS_OF_MANY = 8, 2
MANY = 2_000
"""Spots, from which on a drawing need not be the best one."""
SMALL_BEND = 14
STRAIGHT = 8
"""How much more a lane wants to stay straight than a node wants to stand amid its links."""


def place(rows: Rows) -> dict[Spot, int]:
    """Spot → the x of its middle; the leftmost edge is at 0."""
    order = _ordered(rows)
    middles = {spot: x for row in order for spot, x in _packed(row).items()}
    for sweep in range(_sweeps(rows)):
        is_down = sweep % 2 == 0
        for row in order if is_down else reversed(order):
            neighbours = rows.above if is_down else rows.below
            middles |= _spread(row, middles, neighbours)
    left = min((middles[spot] - spot.width / 2 for spot in middles), default=0)
    return _snapped(order, {spot: round(x - left) for spot, x in middles.items()}, rows)


def _snapped(order: Sequence[Sequence[Spot]], middles: dict[Spot, int], rows: Rows) -> dict[Spot, int]:
    """What is nearly below what leads to it stands exactly below: no line with a small bend."""
    for row in order:
        for index, spot in enumerate(row):
            nearest = min(
                (abs(middles[up] - middles[spot]), middles[up]) for up in rows.above[spot] or [spot]
            )
            low, high = (
                middles[row[index - 1]] + _distance(row[index - 1], spot) if index else spot.width / 2,
                middles[row[index + 1]] - _distance(spot, row[index + 1])
                if index + 1 < len(row)
                else float("inf"),
            )
            if nearest[0] <= SMALL_BEND and low <= nearest[1] <= high:
                middles[spot] = nearest[1]
    return middles


def _distance(one: Spot, other: Spot) -> float:
    """The least of their middles."""
    return (one.width + other.width) / 2 + GAP / 2


def _sweeps(rows: Rows) -> int:
    return SWEEPS if sum(len(row) for row in rows.rows) < MANY else SWEEPS_OF_MANY


def _packed(row: Sequence[Spot]) -> dict[Spot, float]:
    middles, right = {}, 0.0
    for spot in row:
        middles[spot] = right + spot.width / 2
        right += spot.width + GAP
    shift = (right - GAP) / 2
    return {spot: x - shift for spot, x in middles.items()}


def _spread(
    row: Sequence[Spot], middles: Mapping[Spot, float], neighbours: Mapping[Spot, Sequence[Spot]]
) -> dict[Spot, float]:
    """Each as near as possible to the middle of its neighbours, in this order and at this distance.

    Pools of spots that would overlap move together (isotonic regression), which is the best there is.
    """
    offset, offsets = 0.0, []
    for index, spot in enumerate(row):
        if index:
            offset += (row[index - 1].width + spot.width) / 2 + GAP
        offsets.append(offset)
    pools: list[tuple[float, float, int]] = []  # sum of weight × wish, weight, how many
    for spot, shift in zip(row, offsets, strict=True):
        wish, weight = _wish(spot, middles, neighbours[spot])
        pools.append(((wish - shift) * weight, weight, 1))
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] > pools[-1][0] / pools[-1][1]:
            later, earlier = pools.pop(), pools.pop()
            pools.append((earlier[0] + later[0], earlier[1] + later[1], earlier[2] + later[2]))
    starts = [total / weight for total, weight, count in pools for _ in range(count)]
    return {spot: start + shift for spot, start, shift in zip(row, starts, offsets, strict=True)}


def _wish(spot: Spot, middles: Mapping[Spot, float], neighbours: Sequence[Spot]) -> tuple[float, float]:
    if not neighbours:
        return middles[spot], 0.1
    weights = [STRAIGHT if spot.kind == other.kind == "lane" else 1 for other in neighbours]
    total = sum(weights)
    wish = sum(middles[other] * weight for other, weight in zip(neighbours, weights, strict=True)) / total
    return wish, total


def _ordered(rows: Rows) -> list[list[Spot]]:
    """Sorted again and again by the places of the neighbours; the best of all rounds."""
    order = [list(row) for row in rows.rows]
    best, fewest = [list(row) for row in order], _crossings(order, rows)
    for sweep in range(_sweeps(rows)):
        if not fewest:
            break
        is_down = sweep % 2 == 0
        indices = range(1, len(order)) if is_down else range(len(order) - 2, -1, -1)
        for index in indices:
            fixed = order[index - 1] if is_down else order[index + 1]
            order[index] = _sorted(order[index], fixed, rows.above if is_down else rows.below)
        if (count := _crossings(order, rows)) < fewest:
            best, fewest = [list(row) for row in order], count
    return best


def _sorted(
    row: Sequence[Spot], fixed: Sequence[Spot], neighbours: Mapping[Spot, Sequence[Spot]]
) -> list[Spot]:
    at = {spot: index for index, spot in enumerate(fixed)}
    own = {spot: index for index, spot in enumerate(row)}

    def wish(spot: Spot) -> float:
        places = [at[other] for other in neighbours[spot]]
        return sum(places) / len(places) if places else own[spot] * len(fixed) / len(row)

    return sorted(row, key=wish)


def _crossings(order: Sequence[Sequence[Spot]], rows: Rows) -> int:
    total = 0
    for upper, lower in itertools.pairwise(order):
        at = {spot: index for index, spot in enumerate(lower)}
        seen: list[int] = []
        for spot in upper:
            ends = sorted(at[other] for other in rows.below[spot])
            total += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return total
