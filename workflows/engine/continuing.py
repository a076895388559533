"""Where does a run go on in another version? Decided from that version and from what the run has done.

Nothing that was done is done again. The new version is walked from its start to the step where the run
stands: what has an outcome keeps it, and what has none was added after the run had passed and is recorded as
skipped. A Split on the way keeps the branch that the run is in.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

from connectors.declare import JSON
from workflows.definition import walk
from workflows.definition.document import Branch, Definition, Step
from workflows.definition.walk import Place

ADDED_LATER = "Added after this run had passed here."
SPLIT = "flow.split@1"
_LOOP = re.compile(r"^(.+)\[(\d+)\]$")


@dataclass(frozen=True)
class Outcome:
    """What the journal holds of a path: succeeded, skipped, or a failure that the run went on from."""

    status: str
    output: JSON = None


@dataclass(frozen=True)
class Added:
    """A row that the run did not write itself."""

    step: Step
    path: str
    status: str
    output: JSON = None


@dataclass(frozen=True)
class Route:
    """What a successor starts with in the new version."""

    at: str | None
    """The path where it goes on; None for the start, or for the end when all is done."""
    rows: tuple[str | Added, ...] = ()
    """In the order of the chain: paths whose rows are taken over, and rows that are added."""
    taken: Mapping[str, JSON] = field(default_factory=dict)
    """Path of a Split → its output in the new version."""


class NoWay(Exception):
    """`str()` says why, for the person who wants the run to go on. `next_step` is where it could instead."""

    def __init__(self, message: str, next_step: Step | None = None) -> None:
        super().__init__(message)
        self.next_step = next_step


@dataclass(frozen=True)
class _Target:
    place: Place
    path: str
    passes: Mapping[str, int]
    """Loop's id → which of its items the run is at."""

    @property
    def id(self) -> str:
        return self.place.step.id

    def holder(self, step: Step) -> Branch | None:
        """The branch of this step on the way to the target; None when it is in the body of this loop."""
        return next((p.branch for p in self.place.parents if p.step.id == step.id), None)

    def is_inside(self, step: Step) -> bool:
        return any(parent.step.id == step.id for parent in self.place.parents)


def route(
    old: Definition,
    new: Definition,
    journal: Mapping[str, Outcome],
    stopped_at: str | None,
    *,
    has_ended: bool = False,
    instead: str = "",
) -> Route:
    """Raises NoWay. `has_ended`: all steps are done, what failed came after them. `instead` is the id of the
    step to go on at when the one at `stopped_at` is gone.
    """
    if stopped_at is None and not has_ended:
        return Route(None)
    places = {place.step.id: place for place in walk.places(new)}
    target = None if has_ended or stopped_at is None else _target(old, new, places, stopped_at, instead)
    walked = _Walk({path: journal[path] for path in journal if _is_at(places, path)}, target)
    walked.through(new.steps, "")
    _refuse_repeats(places, journal, walked)
    moved = [path for path in walked.journal if path not in walked.seen]
    return Route(target.path if target else None, (*walked.rows, *moved), walked.taken)


def still_there(new: Definition) -> Callable[[str], bool]:
    """Asks of a path whether its step is still there, in the same loops."""
    places = {place.step.id: place for place in walk.places(new)}
    return partial(_is_at, places)


def step_of(path: str) -> str:
    return path.rpartition("/")[2]


def passes_of(path: str) -> list[tuple[str, int]]:
    """The loops around a path, outermost first, with the number of the item."""
    found = [_LOOP.match(part) for part in path.split("/")[:-1]]
    return [(loop[1], int(loop[2])) for loop in found if loop]


class _Walk:
    """Through the new version, from its start to the target."""

    def __init__(self, journal: Mapping[str, Outcome], target: _Target | None) -> None:
        self.rows: list[str | Added] = []
        self.taken: dict[str, JSON] = {}
        self.seen: set[str] = set()
        self.steps: set[str] = set()
        self.journal = journal
        self._target = target

    def through(self, steps: Sequence[Step], prefix: str) -> bool:
        """True when the target was come to, or a step that ended this pass of a loop."""
        for step in steps:
            path = prefix + step.id
            if self._target and path == self._target.path:
                return True
            self.steps.add(step.id)
            if self._is_on_the_way(path, step):
                self._into(step, path)
                return True
            if self._pass(step, path):
                return True
        return False

    def _is_on_the_way(self, path: str, step: Step) -> bool:
        return self._target is not None and self._target.is_inside(step) and self._has_prefix(path, step)

    def _has_prefix(self, path: str, step: Step) -> bool:
        """In an earlier item of a loop the same step is only passed."""
        assert self._target
        around = passes_of(path)
        return all(self._target.passes.get(loop) == index for loop, index in around)

    def _pass(self, step: Step, path: str) -> bool:
        outcome = self.journal.get(path)
        if outcome is None:
            if step.enabled:  # of one that is switched off the engine says so itself
                self._add(Added(step, path, "skipped"))
            return False
        if step.body is not None:
            self._keep(*(inner for inner in self.journal if inner.startswith(f"{path}[")))
        self._keep(path)
        prefix = path.removesuffix(step.id)
        if outcome.status == "failed":
            return self._pass_failed(step, prefix)
        for branch in _taken(step, outcome):
            self.through(branch.steps, prefix)
        return False

    def _pass_failed(self, step: Step, prefix: str) -> bool:
        if step.policy.on_error == "stop":
            return True
        if step.policy.on_error == "branch":
            for branch in step.branches:
                if branch.on_error:
                    self.through(branch.steps, prefix)
        return False

    def _into(self, step: Step, path: str) -> None:
        assert self._target
        holder = self._target.holder(step)
        if holder is None:
            for index in range(self._target.passes[step.id] + 1):
                self.through(step.body or (), f"{path}[{index}]/")
            return
        prefix = path.removesuffix(step.id)
        for branch in self._chosen(step, path, holder):
            if self.through(branch.steps, prefix) and branch.id == holder.id:
                return

    def _chosen(self, step: Step, path: str, holder: Branch) -> Sequence[Branch]:
        """The branches that the run takes in the new version: among them the one that it is in."""
        outcome = self.journal.get(path)
        if holder.on_error:
            if outcome is None or outcome.status != "failed":
                raise NoWay(_other_side(step, self._target))
            self._keep(path)
            return (holder,)
        if step.action != SPLIT:
            raise NoWay(_other_side(step, self._target))
        is_first = step.inputs.get("mode", "first") == "first"
        before = set() if outcome is None or is_first else {branch.id for branch in _taken(step, outcome)}
        chosen = [branch for branch in step.branches if branch.id in before | {holder.id}]
        output: JSON = {"taken": [one.id for one in chosen], "labels": [one.label for one in chosen]}
        if outcome is None or outcome.status != "succeeded":
            self._add(Added(step, path, "succeeded", output))
        else:
            self._keep(path)
            if outcome.output != output:
                self.taken[path] = output
        return chosen

    def _keep(self, *paths: str) -> None:
        self.rows.extend(paths)
        self.seen.update(paths)

    def _add(self, added: Added) -> None:
        self.rows.append(added)
        self.seen.add(added.path)


def _taken(step: Step, outcome: Outcome) -> tuple[Branch, ...]:
    if step.action != SPLIT:
        return ()
    said = outcome.output.get("taken") if isinstance(outcome.output, dict) else None
    return tuple(branch for branch in step.branches if isinstance(said, list) and branch.id in said)


def _target(
    old: Definition, new: Definition, places: Mapping[str, Place], stopped_at: str, instead: str
) -> _Target:
    passes = passes_of(stopped_at)
    place = places.get(step_of(stopped_at))
    if place is None:
        gone = _gone(old, new, stopped_at)
        if gone.next_step is None or gone.next_step.id != instead:
            raise gone
        place = places[instead]
    loops = _loops_around(place)
    if loops != [loop for loop, _ in passes]:
        where = "inside another loop" if loops else "outside of its loop"
        raise NoWay(f"“{_named(place.step)}” now stands {where}, so it is not clear for which item to go on.")
    around = stopped_at.rpartition("/")[0]
    path = f"{around}/{place.step.id}" if around else place.step.id
    return _Target(place, path, dict(passes))


def _gone(old: Definition, new: Definition, stopped_at: str) -> NoWay:
    lost = walk.find(old, step_of(stopped_at))
    name = f"“{_named(lost.step)}”" if lost else "The step where it stopped"
    message = f"{name} is not in the new version any more"
    following = _in_its_place(lost, old, new) if lost else None
    if following is None:
        return NoWay(f"{message}, and it is not clear where to go on instead. Start a new run.")
    return NoWay(f"{message}. It can go on at “{_named(following)}”, which stands there now.", following)


def _in_its_place(lost: Place, old: Definition, new: Definition) -> Step | None:
    """The one step that stands where the lost one stood: between the same two steps, or before the same."""
    siblings = next(found for found in _lists(old) if any(step.id == lost.step.id for step in found))
    index = [step.id for step in siblings].index(lost.step.id)
    for found in _lists(new):
        ids = [step.id for step in found]
        before = next((step.id for step in reversed(siblings[:index]) if step.id in ids), None)
        after = next((step.id for step in siblings[index + 1 :] if step.id in ids), None)
        if before is None and after is None:
            continue
        start = ids.index(before) + 1 if before else 0
        end = ids.index(after) if after else len(ids)
        between = found[start:end]
        if len(between) == 1 and not (after is None and before is None):
            return between[0]
        return found[end] if not between and after else None
    return None


def _lists(definition: Definition) -> Iterator[Sequence[Step]]:
    yield definition.steps
    for place in walk.places(definition):
        yield from walk.lists_of(place.step)


def _refuse_repeats(places: Mapping[str, Place], journal: Mapping[str, Outcome], walked: _Walk) -> None:
    """A step that is done and now stands in another loop would be done once more, for each item."""
    for path, outcome in journal.items():
        place = places.get(step_of(path)) if outcome.status == "succeeded" else None
        if place is not None and not _is_at(places, path) and place.step.id not in walked.steps:
            raise NoWay(
                f"“{_named(place.step)}” is done, and the new version would do it again: "
                "it was moved into or out of a loop."
            )


def _is_at(places: Mapping[str, Place], path: str) -> bool:
    """The step is still there, in the same loops."""
    place = places.get(step_of(path))
    return place is not None and _loops_around(place) == [loop for loop, _ in passes_of(path)]


def _loops_around(place: Place) -> list[str]:
    return [parent.step.id for parent in place.parents if parent.branch is None]


def _other_side(step: Step, target: _Target | None) -> str:
    name = _named(target.place.step) if target else "The step"
    return f"“{name}” now stands in a branch of “{_named(step)}” that this run did not take."


def _named(step: Step) -> str:
    return step.label or step.slug
