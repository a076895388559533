"""What would no longer work after a change? Said before it is made: where, and why."""

from dataclasses import dataclass

from builder.presenters.opened import Opened
from connectors import registry
from workflows.definition import check, operations
from workflows.definition.anchors import Anchor
from workflows.definition.document import Definition


@dataclass(frozen=True, kw_only=True)
class Broken:
    step_id: str
    """Empty for the workflow's settings."""
    where: str
    message: str


def by_removing(here: Opened, step_id: str) -> tuple[Broken, ...]:
    """Other steps that use what this one gives."""
    after, _ = operations.remove_step(here.draft, step_id)
    return _new_problems(here, after)


def by_moving(here: Opened, step_id: str, anchor: Anchor) -> tuple[Broken, ...]:
    """What would stand before the data it uses, or outside of the loop whose item it uses."""
    return _new_problems(here, operations.move_step(here.draft, step_id, anchor))


def _new_problems(here: Opened, after: Definition) -> tuple[Broken, ...]:
    was = {(problem.step_id, problem.field, problem.code) for problem in here.problems}
    found = check.check(after, registry=registry.default(), vocabulary=here.vocabulary)
    return tuple(
        Broken(step_id=problem.step_id, where=_named(here, problem.step_id), message=problem.message)
        for problem in found
        if problem.is_error and (problem.step_id, problem.field, problem.code) not in was
    )


def _named(here: Opened, step_id: str) -> str:
    place = here.places.get(step_id)
    return f"{place.number}. {here.label(place.step)}" if place else "Settings"
