"""With what does a person try a draft out? The data as JSON, and which steps only pretend to act."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.http import QueryDict

from builder.forms import json_text
from connectors.declare import JSON
from workflows.definition import values
from workflows.definition.document import Definition, Step
from workflows.engine.data import INPUT_ROOTS
from workflows.services import testing
from workflows.services.testing import TestData


@dataclass(frozen=True)
class Pretending:
    """A step that would do something in the world."""

    step: Step
    is_answered: bool
    """By its sample, instead of acting."""


@dataclass(frozen=True)
class TestForm:
    __test__ = False

    text: str
    steps: Sequence[Pretending]
    error: str = ""
    data: TestData = field(default_factory=TestData)
    answered: Mapping[str, JSON] = field(default_factory=dict)


def fresh(definition: Definition, data: TestData) -> TestForm:
    """Nothing acts unless a person says so."""
    shown: dict[str, JSON] = {root: data.input.get(root) or {} for root in roots(definition)}
    steps = [Pretending(step, True) for step in testing.with_effects(definition)]
    return TestForm(json_text.show(shown), steps, data=data)


def read(posted: QueryDict, definition: Definition, data: TestData) -> TestForm:
    """What was typed; `error` says what is wrong with it."""
    text = posted.get("data", "").replace("\x00", "")
    chosen = set(posted.getlist("answered"))
    effects = testing.with_effects(definition)
    steps = [Pretending(step, step.id in chosen) for step in effects]
    answered = {
        step.id: data.outputs.get(step.id, testing.declared_sample(step))
        for step in effects
        if step.id in chosen
    }
    try:
        given = json_text.read(text)
    except json_text.NotJson as wrong:
        return TestForm(text, steps, str(wrong))
    error = _error(given, definition)
    if error or not isinstance(given, dict):
        return TestForm(text, steps, error)
    whole = TestData(input=given, outputs=data.outputs, context_id=data.context_id)
    return TestForm(text, steps, data=whole, answered=answered)


def _error(given: JSON, definition: Definition) -> str:
    if error := misshapen(given, definition):
        return error
    action = given.get("action") if isinstance(given, dict) else None
    found = values.problems(
        definition.settings.variables,
        action if isinstance(action, dict) else {},
        path="action",
        undeclared_allowed=True,
    )
    return "; ".join(problem.message for problem in found[:3])


def misshapen(given: JSON, definition: Definition) -> str:
    """Why this is not what a run can start with, if it is not."""
    known = roots(definition)
    if not isinstance(given, dict) or not all(isinstance(value, dict) for value in given.values()):
        return f"The data are an object with {', '.join(known)}, each an object of names and values."
    if unknown := sorted(given.keys() - set(known)):
        return f"“{unknown[0][:60]}” is not known here; there are {', '.join(known)}."
    return ""


def roots(definition: Definition) -> list[str]:
    """An action workflow has no analysis, and the other kind no action variables."""
    foreign = "analysis" if definition.kind == "action" else "action"
    return [root for root in INPUT_ROOTS if root != foreign]
