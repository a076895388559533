"""How are nested lists of steps rebuilt around a change? Each function gives all the steps anew."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from workflows.definition.anchors import START, Anchor
from workflows.definition.problems import OperationRefused
from workflows.definition.shapes import MAX_DEPTH, MAX_STEPS, Step, Steps

type Edit = Callable[[Steps, Anchor], Steps]
"""A list of steps and the anchor of its head → the list as it shall be."""


def insert(steps: Steps, anchor: Anchor, step: Step) -> Steps:
    changed = _rebuilt(steps, START, lambda siblings, head: _inserted(siblings, head, anchor, step))
    if changed == steps:
        raise OperationRefused(
            "anchor_gone", "That place is no longer in the workflow. Choose where to put it."
        )
    require_limits(changed)
    return changed


def has_place(steps: Steps, anchor: Anchor) -> bool:
    return any(
        anchor == head or (anchor.kind == "after" and any(step.id == anchor.id for step in siblings))
        for siblings, head in _lists(steps, START)
    )


def remove(steps: Steps, step_id: str) -> Steps:
    return _rebuilt(steps, START, lambda siblings, _: tuple(step for step in siblings if step.id != step_id))


def unwrap(steps: Steps, step_id: str, inner: Steps) -> Steps:
    """`inner` in place of the step."""

    def edit(siblings: Steps, _: Anchor) -> Steps:
        at = next((index for index, step in enumerate(siblings) if step.id == step_id), None)
        return siblings if at is None else (*siblings[:at], *inner, *siblings[at + 1 :])

    return _rebuilt(steps, START, edit)


def update(steps: Steps, new: Step) -> Steps:
    """`new` in place of the step with its id; its branches and body are taken from `new`."""
    return tuple(
        new if step.id == new.id else _with_children(step, lambda inner, _: update(inner, new))
        for step in steps
    )


def map_steps(step: Step, change: Callable[[Step], Step]) -> Step:
    """The step and all that it contains, each changed, the innermost first."""
    return change(_with_children(step, lambda inner, _: tuple(map_steps(child, change) for child in inner)))


def _inserted(siblings: Steps, head: Anchor, anchor: Anchor, step: Step) -> Steps:
    if anchor == head:
        return (step, *siblings)
    if anchor.kind != "after":
        return siblings
    index = next((index for index, sibling in enumerate(siblings, start=1) if sibling.id == anchor.id), None)
    return siblings if index is None else (*siblings[:index], step, *siblings[index:])


def _rebuilt(steps: Steps, head: Anchor, edit: Edit) -> Steps:
    inner = tuple(_with_children(step, lambda siblings, at: _rebuilt(siblings, at, edit)) for step in steps)
    return edit(inner, head)


def _with_children(step: Step, edit: Edit) -> Step:
    if not step.branches and step.body is None:
        return step
    return replace(
        step,
        branches=tuple(
            replace(branch, steps=edit(branch.steps, Anchor("head", branch.id))) for branch in step.branches
        ),
        body=None if step.body is None else edit(step.body, Anchor("body", step.id)),
    )


def _lists(steps: Steps, head: Anchor) -> Iterator[tuple[Steps, Anchor]]:
    yield steps, head
    for step in steps:
        for branch in step.branches:
            yield from _lists(branch.steps, Anchor("head", branch.id))
        if step.body is not None:
            yield from _lists(step.body, Anchor("body", step.id))


def require_limits(steps: Steps) -> None:
    if _count(steps) > MAX_STEPS:
        raise OperationRefused("too_many_steps", f"A workflow has at most {MAX_STEPS} steps.")
    if _depth(steps) > MAX_DEPTH:
        raise OperationRefused("too_deep", f"Steps are nested at most {MAX_DEPTH} levels deep.")


def _count(steps: Steps) -> int:
    return sum(len(siblings) for siblings, _ in _lists(steps, START))


def _depth(steps: Steps) -> int:
    if not steps:
        return 0
    return 1 + max(
        (
            _depth(inner)
            for step in steps
            for inner in (*(branch.steps for branch in step.branches), step.body or ())
        ),
        default=0,
    )
