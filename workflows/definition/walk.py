"""Where does each step stand? Its place in the document, in the chain and in what surrounds it."""

from collections.abc import Iterator
from dataclasses import dataclass

from workflows.definition.anchors import START, Anchor
from workflows.definition.problems import OperationRefused
from workflows.definition.shapes import Branch, Definition, Step, Steps


@dataclass(frozen=True)
class Parent:
    """A step that contains others: through one of its branches, or as a loop."""

    step: Step
    branch: Branch | None


@dataclass(frozen=True)
class Place:
    step: Step
    path: str
    """In the document: `steps[2].branches[0].steps[1]`."""
    number: str
    """As people read it: `3a.1`."""
    anchor: Anchor
    """Adding a step here would put it before this one."""
    parents: tuple[Parent, ...] = ()
    """Outermost first."""
    before: Steps = ()
    """The steps before it in its own list."""


def places(definition: Definition) -> Iterator[Place]:
    """Every step, in the order in which people read the chain."""
    yield from _in_list(definition.steps, "steps", "", START, ())


def find(definition: Definition, step_id: str) -> Place | None:
    return next((place for place in places(definition) if place.step.id == step_id), None)


def require(definition: Definition, step_id: str) -> Place:
    """Raises OperationRefused."""
    place = find(definition, step_id)
    if place is None:
        raise OperationRefused("step_gone", "This step is no longer in the workflow.")
    return place


def require_branch(definition: Definition, branch_id: str) -> tuple[Step, Branch]:
    """The branch and the step that it goes on from. Raises OperationRefused."""
    for place in places(definition):
        for branch in place.step.branches:
            if branch.id == branch_id:
                return place.step, branch
    raise OperationRefused("branch_gone", "This branch is no longer in the workflow.")


def head(place: Place) -> Anchor:
    """The beginning of the list that it stands in."""
    if not place.parents:
        return START
    parent = place.parents[-1]
    return Anchor("head", parent.branch.id) if parent.branch else Anchor("body", parent.step.id)


def steps_below(step: Step) -> Iterator[Step]:
    """The step itself and all that it contains."""
    yield step
    for inner in lists_of(step):
        for child in inner:
            yield from steps_below(child)


def lists_of(step: Step) -> Iterator[Steps]:
    for branch in step.branches:
        yield branch.steps
    if step.body is not None:
        yield step.body


def branches(definition: Definition) -> Iterator[Branch]:
    for place in places(definition):
        yield from place.step.branches


def _in_list(
    steps: Steps, path: str, number: str, head: Anchor, parents: tuple[Parent, ...]
) -> Iterator[Place]:
    anchor = head
    for index, step in enumerate(steps):
        place = Place(step, f"{path}[{index}]", f"{number}{index + 1}", anchor, parents, steps[:index])
        yield place
        yield from _inside(place)
        anchor = Anchor("after", step.id)


def _inside(place: Place) -> Iterator[Place]:
    step = place.step
    for index, branch in enumerate(step.branches):
        path, number = f"{place.path}.branches[{index}].steps", f"{place.number}{_letter(index)}."
        parents = (*place.parents, Parent(step, branch))
        yield from _in_list(branch.steps, path, number, Anchor("head", branch.id), parents)
    if step.body is not None:
        parents = (*place.parents, Parent(step, None))
        yield from _in_list(
            step.body, f"{place.path}.body", f"{place.number}.", Anchor("body", step.id), parents
        )


def _letter(index: int) -> str:
    """a … z, then aa, ab …"""
    rest, last = divmod(index, 26)
    return (_letter(rest - 1) if rest else "") + chr(ord("a") + last)
