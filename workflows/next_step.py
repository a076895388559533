"""What does a run that waits do next, in words?"""

from collections.abc import Mapping
from dataclasses import dataclass

from connectors import registry
from connectors.declare import App
from workflows.definition import walk
from workflows.definition.document import Definition, Step
from workflows.definition.shapes import Steps
from workflows.definition.walk import Place
from workflows.models import Run

AFTER_IT = frozenset({"delay", "event", "approval", "child"})
"""Where a run stands is what it waits at; what comes next is the step after that."""


@dataclass(frozen=True)
class Next:
    text: str
    app: App | None = None
    """None: no step comes any more."""


ENDS = Next("The workflow ends")


def next_of(run: Run, definition: Definition | None) -> Next:
    """The definition is None where this process is too old to read it."""
    if definition is None:
        return Next("A step that this Parley does not know yet")
    places = {place.step.id: place for place in walk.places(definition)}
    place = places.get((run.cur_path or "").rpartition("/")[2])
    if place is None:
        return _told(_first(definition.steps))
    if run.wait_reason not in AFTER_IT:
        again = "Try again: " if run.wait_reason == "retry" else ""
        return _told(place.step, again)
    return _after(place, places, definition)


def _after(place: Place, places: Mapping[str, Place], definition: Definition) -> Next:
    siblings = _list_of(place, definition)
    index = [step.id for step in siblings].index(place.step.id)
    following = _first(siblings[index + 1 :])
    if following is not None:
        return _told(following)
    if not place.parents:
        return ENDS
    parent = place.parents[-1]
    if parent.branch is None:
        return _told(parent.step, "Next item of ")
    return _after(places[parent.step.id], places, definition)


def _list_of(place: Place, definition: Definition) -> Steps:
    if not place.parents:
        return definition.steps
    parent = place.parents[-1]
    return parent.branch.steps if parent.branch else (parent.step.body or ())


def _first(steps: Steps) -> Step | None:
    return next((step for step in steps if step.enabled), None)


def _told(step: Step | None, before: str = "") -> Next:
    if step is None:
        return ENDS
    known = registry.default().find(step.action)
    label = step.label or (known.action.label if known else step.slug)
    return Next(f"{before}{label}", known.face if known else None)
