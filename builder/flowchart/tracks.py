"""At which height does each line run between two rows, so that no two lie on each other?"""

from bisect import bisect_left
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

NEAR = 8
"""Lines nearer than this would look like one."""


@dataclass(frozen=True)
class Net:
    """Lines that belong together: all that leave a spot, or all that come to it."""

    name: Hashable
    from_above: tuple[int, ...]
    """Where its lines come down into the gap."""
    to_below: tuple[int, ...]
    """Where they leave it downwards."""
    to_margin: int | None = None
    """The lane at the side that it comes from or goes to."""

    @property
    def pins(self) -> tuple[int, ...]:
        return (*self.from_above, *self.to_below, *(() if self.to_margin is None else (self.to_margin,)))

    @property
    def is_straight(self) -> bool:
        return len(set(self.pins)) == 1


def assign(nets: Sequence[Net]) -> dict[Hashable, int]:
    """Net → its track, 0 on top; straight ones need none and get 0. The same for the same nets, always."""
    bent = sorted((net for net in nets if not net.is_straight), key=_span)
    above = _must_be_above(bent)
    placed: dict[Hashable, int] = {net.name: 0 for net in nets if net.is_straight}
    taken: list[list[tuple[int, int]]] = []
    while bent:
        # in a circle of wishes one is not granted: two lines then share a short piece
        net = next((net for net in bent if all(name in placed for name in above[net.name])), bent[0])
        bent.remove(net)
        least = max((placed[name] + 1 for name in above[net.name] if name in placed), default=0)
        placed[net.name] = _free_track(net, taken, least)
    return placed


def _span(net: Net) -> int:
    return max(net.pins) - min(net.pins)


def _free_track(net: Net, taken: list[list[tuple[int, int]]], least: int) -> int:
    low, high = min(net.pins) - NEAR, max(net.pins) + NEAR
    track = least
    while track < len(taken) and any(start <= high and low <= end for start, end in taken[track]):
        track += 1
    while len(taken) <= track:
        taken.append([])
    taken[track].append((low, high))
    return track


def _must_be_above(nets: Sequence[Net]) -> Mapping[Hashable, set[Hashable]]:
    """Net → those whose line comes down where its own leaves: theirs has to turn away before."""
    coming = sorted(((x, net.name) for net in nets for x in net.from_above), key=lambda pin: pin[0])
    places = [x for x, _ in coming]
    found: dict[Hashable, set[Hashable]] = {net.name: set() for net in nets}
    for net in nets:
        for x in net.to_below:
            for at, name in coming[bisect_left(places, x - NEAR) :]:
                if at > x + NEAR:
                    break
                if name != net.name:
                    found[net.name].add(name)
    return found
