"""In which row does each node stand, and what else stands in the rows?

Even rows hold nodes, odd rows the labels of the links that leave the row above. A link that goes further
than the next row of nodes takes a lane through the rows between; links to one node share its lane.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from builder.flowchart.shapes import LANE_WIDTH, NODE_WIDTH, Chart, Link, Spot


@dataclass(frozen=True)
class Rows:
    links: Sequence[Link]
    rows: Sequence[Sequence[Spot]]
    below: Mapping[Spot, Sequence[Spot]]
    """Spot → the spots of the next row that it leads to."""
    above: Mapping[Spot, Sequence[Spot]]
    trails: Mapping[int, Sequence[Spot]]
    """Number of a link → the spots from its source on: to its target, or to its label if it goes up."""
    back: frozenset[int]
    """Numbers of the links that lead up, or back to where they come from."""


def arrange(chart: Chart) -> Rows:
    links = [link for link in chart.links if link.source in chart.nodes]
    back = _leading_back(chart, links)
    ranks = _ranks(chart, links, back)
    trails = {number: tuple(_trail(number, link, ranks, back)) for number, link in enumerate(links)}
    spots = dict.fromkeys(_node(name, ranks) for name in chart.nodes)
    spots |= dict.fromkeys(spot for trail in trails.values() for spot in trail)
    rows: list[list[Spot]] = [[] for _ in range(2 * max(ranks.values(), default=0) + 2)]
    for spot in spots:
        rows[spot.row].append(spot)
    below: dict[Spot, list[Spot]] = {spot: [] for spot in spots}
    above: dict[Spot, list[Spot]] = {spot: [] for spot in spots}
    for trail in trails.values():
        for upper, lower in itertools.pairwise(trail):
            if lower not in below[upper]:
                below[upper].append(lower)
                above[lower].append(upper)
    return Rows(links, rows, below, above, trails, back)


def _node(name: str, ranks: Mapping[str, int]) -> Spot:
    return Spot("node", name, 2 * ranks[name], NODE_WIDTH)


def _trail(number: int, link: Link, ranks: Mapping[str, int], back: frozenset[int]) -> Iterator[Spot]:
    row = 2 * ranks[link.source]
    yield _node(link.source, ranks)
    yield Spot("tag", number, row + 1, link.width)
    if number in back or link.target is None or link.target not in ranks:
        return
    for between in range(row + 2, 2 * ranks[link.target]):
        yield Spot("lane", link.target, between, LANE_WIDTH)
    yield _node(link.target, ranks)


def _leading_back(chart: Chart, links: Sequence[Link]) -> frozenset[int]:
    """Links to a node that one has come through: without them nothing goes in circles. No recursion."""
    leaving: dict[str, list[int]] = {name: [] for name in chart.nodes}
    for number, link in enumerate(links):
        if link.target in leaving:
            leaving[link.source].append(number)
    back: set[int] = set()
    done: set[str] = set()
    for root in chart.nodes:
        if root in done:
            continue
        path, ahead = {root: None}, [(root, iter(leaving[root]))]
        while ahead:
            name, numbers = ahead[-1]
            number = next(numbers, -1)
            if number < 0:
                done.add(name)
                del path[name]
                ahead.pop()
                continue
            target = str(links[number].target)
            if target in path:
                back.add(number)
            elif target not in done:
                path[target] = None
                ahead.append((target, iter(leaving[target])))
    return frozenset(back)


def _ranks(chart: Chart, links: Sequence[Link], back: frozenset[int]) -> dict[str, int]:
    """Each node below everything that leads to it; what nothing leads to, beside what the start leads to."""
    forward = [
        link
        for number, link in enumerate(links)
        if number not in back and link.target is not None and link.target in chart.nodes
    ]
    waiting = dict.fromkeys(chart.nodes, 0)
    targets: dict[str, list[str]] = {name: [] for name in chart.nodes}
    for link in forward:
        assert link.target is not None
        waiting[link.target] += 1
        targets[link.source].append(link.target)
    ranks = {name: 0 if index == 0 else 1 for index, name in enumerate(chart.nodes)}
    ready = [name for name in chart.nodes if not waiting[name]]
    for name in ready:
        for target in targets[name]:
            ranks[target] = max(ranks[target], ranks[name] + 1)
            waiting[target] -= 1
            if not waiting[target]:
                ready.append(target)
    return ranks
