"""What can be done with a step or a branch, beside configuring it? What its menu offers."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse

from builder.presenters.asked import Choice, named
from builder.presenters.opened import Opened
from workflows.definition.anchors import Anchor
from workflows.definition.document import Step
from workflows.definition.shapes import Steps
from workflows.definition.walk import Place


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
        step=named(here, place),
        kind="otherwise" if branch.otherwise else "error" if branch.on_error else "rules",
        url=reverse("builder:branch", args=[here.workflow.pk, branch.id]),
        is_first=ruled[:1] == [branch.id],
        is_last=ruled[-1:] == [branch.id],
        asks_to_delete=bool(branch.steps),
    )


def asks_to_delete(step: Step) -> bool:
    """Whether something of it may be kept."""
    return any(branch.steps for branch in step.branches)


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
