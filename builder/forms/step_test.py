"""With what does a person try one step out? The data that it starts from, as JSON, and whether it may act."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from django.http import QueryDict

from builder.forms import json_text
from builder.forms import test as workflow_test
from connectors.declare import JSON
from workflows.definition import texts
from workflows.definition.chain import Chain, loops_around
from workflows.definition.document import Definition
from workflows.definition.walk import Place
from workflows.services import testing
from workflows.services.testing import TestData
from workflows.templating import tokens
from workflows.templating.tokens import TokenSyntax

STEPS = "steps"
"""Beside the roots that a run starts with: what the steps before this one gave, by their slugs."""
DATA, ACT, SAMPLE, RUN = "t.data", "t.act", "t.sample", "t.run"
"""Names of the controls. `t.` keeps them apart from the step's own: they are no edits of it."""
REALLY = "really"


@dataclass(frozen=True)
class StepTestForm:
    text: str
    acts: bool = False
    """Asked for by name: else a step that would do something in the world answers with its sample."""
    error: str = ""
    data: TestData = field(default_factory=TestData)


def fresh(definition: Definition, place: Place, data: TestData) -> StepTestForm:
    shown: dict[str, JSON] = {root: data.input.get(root) or {} for root in workflow_test.roots(definition)}
    named = {slug: data.outputs.get(step_id) for slug, step_id in _named(definition, place).items()}
    return StepTestForm(json_text.show({**shown, STEPS: named} if named else shown), data=data)


def read(posted: QueryDict, definition: Definition, data: TestData) -> StepTestForm:
    text, acts = posted.get(DATA, "").replace("\x00", ""), posted.get(ACT) == REALLY
    try:
        given = json_text.read(text)
    except json_text.NotJson as wrong:
        return StepTestForm(text, acts, str(wrong))
    steps = given.pop(STEPS, {}) if isinstance(given, dict) else {}
    slugs = Chain(definition).by_slug
    error = workflow_test.misshapen(given, definition) or _wrong_steps(steps, slugs)
    if error or not isinstance(given, dict) or not isinstance(steps, dict):
        return StepTestForm(text, acts, error)
    outputs = {slugs[slug].step.id: output for slug, output in steps.items() if output is not None}
    whole = replace(data, input=given, outputs={**data.outputs, **outputs})
    return StepTestForm(text, acts, data=whole)


def answered(place: Place, form: StepTestForm) -> Mapping[str, JSON]:
    """What stands for the step's answer instead of its acting."""
    step = place.step
    if form.acts or not testing.has_effect(step):
        return {}
    return {step.id: form.data.outputs.get(step.id, testing.declared_sample(step))}


def _wrong_steps(steps: JSON, slugs: Mapping[str, Place]) -> str:
    if not isinstance(steps, dict):
        return f"“{STEPS}” is an object: the name of a step, and what it gave."
    unknown = sorted(steps.keys() - slugs.keys())
    return f"There is no step “{unknown[0][:60]}”." if unknown else ""


def _named(definition: Definition, place: Place) -> dict[str, str]:
    """Slug → id of the steps that this one reads, or that the loops around it go through."""
    slugs = Chain(definition).by_slug
    inputs = [place.step.inputs, *(loop.inputs for loop in loops_around(place))]
    found: dict[str, str] = {}
    for text in (text for one in inputs for _, text in texts.strings(dict(one), "")):
        try:
            references = tokens.references(text, long=True)
        except TokenSyntax:
            continue
        for reference in references:
            slug = str(reference.path[1]) if len(reference.path) > 1 else ""
            if reference.path[0] == STEPS and slug in slugs:
                found[slug] = slugs[slug].step.id
    return found
