"""What does a test of one step start with? The steps before it as if they had run, with the outputs that a
person chose.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connectors.declare import JSON
from workflows.definition.chain import Chain
from workflows.definition.document import Branch, Definition, Step
from workflows.definition.walk import Place

AS_IF = "The test goes into this step's error branch."
NO_SAMPLE = "There is no sample of what this step gives. Test it first, or type one."


@dataclass(frozen=True)
class Prefilled:
    """A row of the journal that no step wrote."""

    step: Step
    path: str
    output: JSON = None
    status: str = "succeeded"
    """skipped: nobody knows what it gives. failed: the step that is tested stands in its error branch."""
    why: str | None = None


@dataclass(frozen=True)
class Rehearsal:
    path: str
    """Of the step, in the first pass of the loops around it."""
    rows: tuple[Prefilled, ...]


def rehearsal(definition: Definition, step_id: str, outputs: Mapping[str, JSON]) -> Rehearsal:
    """`outputs` is step id → what it shall have given. The step must be in the definition."""
    chain = Chain(definition)
    at = chain.by_id[step_id]
    around = {parent.step.id: parent.branch for parent in at.parents}
    earlier = chain.earlier(at)
    rows: list[Prefilled] = []
    for place in chain.places:
        if place.step.id == step_id:
            break
        if place.step.id in around:
            branch = around[place.step.id]
            if branch is not None:
                rows.append(_into(place, branch))
        elif place.step.enabled and _counts(place, earlier):
            rows.append(_row(place, outputs))
    return Rehearsal(_path(at), tuple(rows))


def _counts(place: Place, earlier: frozenset[str]) -> bool:
    """It stands before the step, or in a branch of one that does. What a loop holds ran out of sight."""
    if any(parent.branch is None and parent.step.id in earlier for parent in place.parents):
        return False
    return place.step.id in earlier or any(parent.step.id in earlier for parent in place.parents)


def _row(place: Place, outputs: Mapping[str, JSON]) -> Prefilled:
    step, path = place.step, _path(place)
    if step.id in outputs:
        return Prefilled(step, path, outputs[step.id])
    taken = [branch for branch in step.branches if _has_output(branch.steps, outputs)]
    if taken:
        return Prefilled(step, path, _taken(taken))
    return Prefilled(step, path, status="skipped", why=NO_SAMPLE)


def _into(place: Place, branch: Branch) -> Prefilled:
    if branch.on_error:
        return Prefilled(place.step, _path(place), status="failed", why=AS_IF)
    return Prefilled(place.step, _path(place), _taken([branch]))


def _taken(branches: list[Branch]) -> dict[str, JSON]:
    return {"taken": [branch.id for branch in branches], "labels": [branch.label for branch in branches]}


def _has_output(steps: tuple[Step, ...], outputs: Mapping[str, JSON]) -> bool:
    return any(
        step.id in outputs or any(_has_output(branch.steps, outputs) for branch in step.branches)
        for step in steps
    )


def _path(place: Place) -> str:
    loops: Iterator[str] = (f"{parent.step.id}[0]/" for parent in place.parents if parent.branch is None)
    return "".join(loops) + place.step.id
