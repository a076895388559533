"""What is asked before a step or a branch goes or moves: what goes with it, what may stay, where to?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.urls import reverse

from builder.presenters import breaking
from builder.presenters.breaking import Broken
from builder.presenters.opened import Opened
from workflows.definition import walk
from workflows.definition.anchors import START, Anchor
from workflows.definition.document import Step
from workflows.definition.shapes import Steps
from workflows.definition.walk import Place


@dataclass(frozen=True)
class Choice:
    value: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Removal:
    title: str
    text: str
    url: str
    cancel_url: str
    choices: tuple[Choice, ...] = ()
    """What may be kept; the last one keeps nothing."""
    broken: tuple[Broken, ...] = ()
    """What uses it."""


@dataclass(frozen=True, kw_only=True)
class Doubtful:
    """A move that would break something."""

    title: str
    text: str
    url: str
    cancel_url: str
    to: str
    broken: tuple[Broken, ...]


@dataclass(frozen=True, kw_only=True)
class Destination:
    anchor: str
    label: str
    depth: int


@dataclass(frozen=True, kw_only=True)
class Moving:
    title: str
    url: str
    cancel_url: str
    places: tuple[Destination, ...]


@dataclass(frozen=True, kw_only=True)
class BranchMenu:
    id: str
    label: str
    step_id: str
    step: str
    """Number and name of the step that has it."""
    kind: str
    """rules | otherwise | error"""
    url: str
    is_first: bool
    is_last: bool
    asks_to_delete: bool


def branch_menu(here: Opened, branch_id: str) -> BranchMenu:
    place, branch = here.branch(branch_id)
    ruled = [one.id for one in place.step.branches if not one.otherwise and not one.on_error]
    return BranchMenu(
        id=branch.id,
        label=branch.label,
        step_id=place.step.id,
        step=_named(here, place),
        kind="otherwise" if branch.otherwise else "error" if branch.on_error else "rules",
        url=reverse("builder:branch", args=[here.workflow.pk, branch.id]),
        is_first=ruled[:1] == [branch.id],
        is_last=ruled[-1:] == [branch.id],
        asks_to_delete=bool(branch.steps),
    )


def removing_branch(here: Opened, branch_id: str) -> Removal:
    place, branch = here.branch(branch_id)
    return Removal(
        title=f"Delete branch “{branch.label}”?",
        text=f"{_steps(branch.steps)} in it will be deleted too. You can undo this.",
        url=reverse("builder:delete_branch", args=[here.workflow.pk, branch.id]),
        cancel_url=f"{here.url}?step={place.step.id}",
    )


def asks_to_delete(step: Step) -> bool:
    """Whether something of it may be kept."""
    return any(branch.steps for branch in step.branches)


def removing_step(here: Opened, step_id: str) -> Removal:
    place = here.place(step_id)
    inner = [child for steps in walk.lists_of(place.step) for child in steps]
    kept = [
        Choice(branch.id, f"Keep the steps of branch {branch.label} ({_steps(branch.steps)})")
        for branch in place.step.branches
        if branch.steps
    ]
    broken = breaking.by_removing(here, step_id)
    said = [f"It contains {_steps(inner)}." if inner else "", _used(broken), "You can undo this."]
    return Removal(
        title=f"Delete step {place.number}, “{here.label(place.step)}”?",
        text=" ".join(filter(None, said)),
        broken=broken,
        url=reverse("builder:delete_step", args=[here.workflow.pk, step_id]),
        cancel_url=f"{here.url}?step={step_id}",
        choices=(*kept, Choice("", f"Delete all, {_steps(inner)} too")) if kept else (),
    )


def _used(broken: Sequence[Broken]) -> str:
    count = len({one.step_id for one in broken})
    if not count:
        return ""
    return f"{'1 place uses' if count == 1 else f'{count} places use'} what it gives."


def doubtful_move(here: Opened, step_id: str, anchor: Anchor) -> Doubtful | None:
    """None: nothing breaks."""
    broken = breaking.by_moving(here, step_id, anchor)
    if not broken:
        return None
    place = here.place(step_id)
    return Doubtful(
        title=f"Move step {place.number}, “{here.label(place.step)}”, all the same?",
        text="There it would not find what it uses, or others would not find it.",
        url=reverse("builder:move_step", args=[here.workflow.pk, step_id]),
        cancel_url=f"{here.url}?step={step_id}",
        to=str(anchor),
        broken=broken,
    )


def moving(here: Opened, step_id: str) -> Moving:
    place = here.place(step_id)
    here_already = {str(place.anchor), f"after:{step_id}"}
    found = _in_list(here, here.draft.steps, START, "At the start", 0, step_id)
    return Moving(
        title=f"Move step {place.number}, “{here.label(place.step)}”",
        url=reverse("builder:move_step", args=[here.workflow.pk, step_id]),
        cancel_url=f"{here.url}?step={step_id}",
        places=tuple(one for one in found if one.anchor not in here_already),
    )


def shortcuts(here: Opened, place: Place) -> tuple[Choice, ...]:
    """Out of what contains the step, and into what stands beside it: anchors, with words."""
    return (*_out(here, place), *_into(here, place))


def _out(here: Opened, place: Place) -> Iterator[Choice]:
    if place.parents:
        parent = place.parents[-1]
        number = here.places[parent.step.id].number
        around = f"branch {parent.branch.label}" if parent.branch else f"loop {number}"
        yield Choice(f"after:{parent.step.id}", f"Move out of {around}")


def _into(here: Opened, place: Place) -> Iterator[Choice]:
    ids = here.neighbours(place)
    at = ids.index(place.step.id)
    for beside in [*ids[max(at - 1, 0) : at], *ids[at + 1 : at + 2]]:
        step, number = here.places[beside].step, here.places[beside].number
        for branch in step.branches:
            yield Choice(
                str(_end(branch.steps, Anchor("head", branch.id))), f"Move into branch {branch.label}"
            )
        if step.body is not None:
            yield Choice(str(_end(step.body, Anchor("body", step.id))), f"Move into loop {number}")
        if step.branches or step.body is not None:
            return


def _end(steps: Steps, head: Anchor) -> Anchor:
    return Anchor("after", steps[-1].id) if steps else head


def _in_list(
    here: Opened, steps: Sequence[Step], head: Anchor, label: str, depth: int, moved: str
) -> Iterator[Destination]:
    yield Destination(anchor=str(head), label=label, depth=depth)
    for step in steps:
        if step.id == moved:
            continue
        place = here.places[step.id]
        for branch in step.branches:
            text = f"First in branch {branch.label} of {place.number}"
            anchor = Anchor("head", branch.id)
            yield from _in_list(here, branch.steps, anchor, text, depth + 1, moved)
        if step.body is not None:
            anchor = Anchor("body", step.id)
            text = f"First in loop {_named(here, place)}"
            yield from _in_list(here, step.body, anchor, text, depth + 1, moved)
        yield Destination(anchor=f"after:{step.id}", label=f"After {_named(here, place)}", depth=depth)


def _named(here: Opened, place: Place) -> str:
    return f"{place.number}. {here.label(place.step)}"


def _steps(steps: Sequence[Step]) -> str:
    count = sum(1 for step in steps for _ in walk.steps_below(step))
    return "1 step" if count == 1 else f"{count} steps"
