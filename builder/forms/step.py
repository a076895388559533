"""Which fields does the panel of a step have, and what do the posted ones say?

A step's settings are handled as one flat mapping: the action's inputs by their names, and what every step has
(`step.label`, `step.connection`, …) beside them. So saving, merging and comparing know one shape only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict

from builder.forms import policy, typed
from builder.forms.typed import NotReadable, Post, Typed
from connectors.declare import JSON, Field, Kind
from connectors.registry import Known
from workflows.definition.document import Policy, Step
from workflows.templating import tokens

type Values = Mapping[str, JSON]

LABEL = Field(name="step.label", kind=Kind.TEXT, label="Name", required=True, tokens=False, max_length=120)
CONNECTION = Field(name="step.connection", kind=Kind.CHOICE, label="Connection", tokens=False)
NOTE = Field(name="step.note", kind=Kind.LONG_TEXT, label="Note", tokens=False, max_length=2000)


@dataclass(frozen=True)
class Reading:
    values: Values
    errors: Mapping[str, str]
    """Field → what is wrong with what was typed, so that it cannot be stored."""


def fields(known: Known) -> tuple[Field, ...]:
    return (LABEL, *own_fields(known), *policy.fields(known), NOTE)


def own_fields(known: Known) -> tuple[Field, ...]:
    connection = (CONNECTION,) if known.app.connection else ()
    return (*connection, *known.action.fields)


def values_of(step: Step) -> Values:
    """None and absent are the same to a form."""
    values = {
        **step.inputs,
        LABEL.name: step.label,
        CONNECTION.name: step.connection,
        **policy.values_of(step.policy),
        NOTE.name: step.note,
    }
    return {name: value for name, value in values.items() if value is not None}


def shown(known: Known, values: Values) -> dict[str, Typed]:
    return {field.name: typed.shown(field, values) for field in fields(known)}


def posted(known: Known, post: Post, stored: Values) -> dict[str, Typed]:
    """A field that was not in the form as it was drawn is as it was stored: a choice may show it now."""
    return {
        field.name: typed.shown(field, stored) if _was_hidden(field, post) else typed.posted(field, post)
        for field in fields(known)
    }


def _was_hidden(field: Field, post: Post) -> bool:
    depends = field.when_connected is not None or bool(field.shown_when)
    return depends and not typed.is_posted(field, post)


def read(known: Known, form: Mapping[str, Typed], stored: Values) -> Reading:
    values: dict[str, JSON] = {}
    errors: dict[str, str] = {}
    for field in fields(known):
        if not is_shown(field, form) and not _waits_for_a_connection(field, known, form):
            continue
        try:
            read_field = typed.read(field, form[field.name], stored)
            _check_tokens(field, read_field.get(field.name))
        except (NotReadable, tokens.TokenSyntax) as error:
            errors[field.name] = str(error)
        else:
            values |= read_field
    if LABEL.name not in values:
        errors[LABEL.name] = "A step needs a name."
    return Reading(values, errors)


def is_shown(field: Field, form: Mapping[str, Typed]) -> bool:
    """By what stands in the form now, saved or not."""
    is_connected = bool(form[CONNECTION.name].text) if CONNECTION.name in form else False
    if field.when_connected is not None and field.when_connected != is_connected:
        return False
    return all(
        _current(form, other) in {typed.text_of(value) for value in values}
        for other, values in field.shown_when.items()
    )


def _waits_for_a_connection(field: Field, known: Known, form: Mapping[str, Typed]) -> bool:
    """A path, say, whose connection is not chosen yet, and no address given in its place."""
    others = [other for other in known.action.fields if other.when_connected is False]
    is_connected = bool(form[CONNECTION.name].text) if CONNECTION.name in form else False
    return bool(field.when_connected) and not is_connected and not any(form[one.name].text for one in others)


def controllers(known: Known) -> frozenset[str]:
    """The fields that decide whether others are shown."""
    named = {other for field in known.action.fields for other in field.shown_when}
    by_connection = {CONNECTION.name for field in known.action.fields if field.when_connected is not None}
    return frozenset(named | by_connection)


class Saved(TypedDict):
    """What the service that saves a step takes."""

    inputs: dict[str, JSON]
    connection: str | None
    policy: Policy
    label: str
    note: str


def saved(values: Values, before: Policy) -> Saved:
    return Saved(
        inputs={name: value for name, value in values.items() if not name.startswith("step.")},
        connection=_text(values, CONNECTION) or None,
        policy=policy.policy_in(values, before),
        label=_text(values, LABEL),
        note=_text(values, NOTE),
    )


def _text(values: Values, field: Field) -> str:
    value = values.get(field.name)
    return value if isinstance(value, str) else ""


def _current(form: Mapping[str, Typed], name: str) -> str:
    return form[name].text or form[name].kind if name in form else ""


def _check_tokens(field: Field, value: JSON) -> None:
    """Raises TokenSyntax for the first token that nobody could resolve, wherever it stands in the value."""
    match value:
        case str() if field.tokens:
            tokens.references(value, long=field.kind is Kind.LONG_TEXT)
        case list():
            for part in value:
                _check_tokens(field, part)
        case dict():
            for part in value.values():
                _check_tokens(field, part)
