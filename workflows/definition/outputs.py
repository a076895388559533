"""What does a step give back, as far as that is known before it runs?"""

from collections.abc import Iterable

from connectors.declare import JSON, Kind, Output
from workflows.definition.catalogue import CALL_WORKFLOW, RESPOND, Known, without_version
from workflows.definition.shapes import Definition, ResponseField, Step
from workflows.definition.vocabulary import Vocabulary

ANY = "any"


def output_of(known: Known, step: Step, definition: Definition, vocabulary: Vocabulary) -> Output:
    """The declared output; of a step that names its values or calls a workflow, what these give."""
    match without_version(step.action):
        case action if action == RESPOND:
            return _output("object", _answered(definition.settings.response))
        case action if action == CALL_WORKFLOW:
            called = vocabulary.workflows.get(str(step.inputs.get("workflow")))
            return _output("object", _answered(called.response)) if called else _output(ANY, ())
    declared = known.action
    if declared.output_type == ANY and (values := _named_values(known, step)):
        return _output(ANY, values)
    return _output(declared.output_type, declared.outputs)


def type_of(value: JSON) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "object"
    return ANY


def _output(type_: str, fields: tuple[Output, ...]) -> Output:
    return Output(name="output", type=type_, label="Everything", fields=fields)


def _answered(response: Iterable[ResponseField]) -> tuple[Output, ...]:
    return tuple(Output(name=field.name, type=field.type, label=field.name) for field in response)


def _named_values(known: Known, step: Step) -> tuple[Output, ...]:
    rows = [step.inputs.get(one.name) for one in known.action.fields if one.kind is Kind.VALUES]
    found = (
        [row.get("name") for row in rows[0] if isinstance(row, dict)]
        if rows and isinstance(rows[0], list)
        else []
    )
    return tuple(Output(name=name, type=ANY, label=name) for name in found if isinstance(name, str) and name)
