"""Which steps have run when another one does? Earlier ones on its path, not those of other branches."""

from collections.abc import Iterator
from enum import Enum

from workflows.definition import walk
from workflows.definition.shapes import Definition, Step
from workflows.definition.walk import Place


class Seen(Enum):
    SURELY = "surely"
    MAYBE = "maybe"  # in a branch that may not have been taken
    LATER = "later"
    AROUND = "around"  # it is a loop that contains the place
    FAILED = "failed"  # its error branch contains the place
    ELSEWHERE = "elsewhere"  # in another branch
    IN_LOOP = "in_loop"  # it ran once for each item
    SKIPPED = "skipped"  # it is switched off


class Chain:
    """The places of a definition, found by slug and compared."""

    def __init__(self, definition: Definition) -> None:
        self.places = list(walk.places(definition))
        self.by_slug = {place.step.slug: place for place in self.places}
        self.by_id = {place.step.id: place for place in self.places}
        self._order = {place.step.id: index for index, place in enumerate(self.places)}
        self._top = frozenset(step.id for step in definition.steps)

    def earlier(self, at: Place | None) -> frozenset[str]:
        """Ids of the steps before a place or before what contains it; None is the end of the workflow."""
        if at is None:
            return self._top
        around = (at, *(self.by_id[parent.step.id] for parent in at.parents))
        return frozenset(step.id for place in around for step in place.before)

    def seen(self, target: Place, at: Place | None, earlier: frozenset[str]) -> Seen:
        route = [*(parent.step for parent in target.parents), target.step]
        entered = next((index for index, step in enumerate(route) if step.id in earlier), None)
        if entered is None:
            return self._unseen(target, at)
        if not all(step.enabled for step in route[entered:]):
            return Seen.SKIPPED
        inside = target.parents[entered:]
        if any(parent.branch is None for parent in inside):
            return Seen.IN_LOOP
        return Seen.MAYBE if inside else Seen.SURELY

    def nearest_first(self, at: Place | None) -> Iterator[tuple[Place, Seen]]:
        """The steps whose output, or error, can be used at a place."""
        earlier = self.earlier(at)
        for target in reversed(self.places):
            seen = self.seen(target, at, earlier)
            if seen in (Seen.SURELY, Seen.MAYBE, Seen.FAILED):
                yield target, seen

    def _unseen(self, target: Place, at: Place | None) -> Seen:
        if at is None or self._order[target.step.id] >= self._order[at.step.id]:
            return Seen.LATER
        around = next((parent for parent in at.parents if parent.step.id == target.step.id), None)
        if around is None:
            return Seen.ELSEWHERE
        if around.branch is None:
            return Seen.AROUND
        return Seen.FAILED if around.branch.on_error else Seen.SURELY


def is_switched_off(place: Place) -> bool:
    """The step itself or something that contains it."""
    return not (place.step.enabled and all(parent.step.enabled for parent in place.parents))


def in_loop(place: Place) -> bool:
    return bool(loops_around(place))


def loops_around(place: Place) -> list[Step]:
    """Outermost first."""
    return [parent.step for parent in place.parents if parent.branch is None]
