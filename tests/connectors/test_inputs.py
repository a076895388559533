"""What a field's value becomes once its tokens are resolved, and what it refuses."""

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from connectors import inputs
from connectors.declare import JSON, Choice, Field, Kind
from connectors.errors import Misconfigured


def a_field(kind: Kind, **over: Any) -> Field:
    choices = (Choice(value="for", label="For"), Choice(value="until", label="Until"))
    base: dict[str, Any] = {"name": "it", "label": "It", "choices": choices if kind is Kind.CHOICE else ()}
    return Field(kind=kind, **base | over)


@pytest.mark.parametrize(
    ("kind", "value", "becomes"),
    [
        (Kind.TEXT, "two words", "two words"),
        (Kind.TEXT, 7, "7"),
        (Kind.TEXT, 7.0, "7"),
        (Kind.TEXT, 7.5, "7.5"),
        (Kind.TEXT, True, "true"),
        (Kind.LONG_TEXT, {"a": ["é"]}, '{"a": ["é"]}'),
        (Kind.NUMBER, " 64.90 ", 64.9),
        (Kind.NUMBER, "12", 12),
        (Kind.NUMBER, 0, 0),
        (Kind.NUMBER, "-1.5e3", -1500.0),
        (Kind.INTEGER, "1042", 1042),
        (Kind.INTEGER, 1042.0, 1042),
        (Kind.INTEGER, "1042.0", 1042),
        (Kind.BOOLEAN, "True", True),
        (Kind.BOOLEAN, False, False),
        (Kind.CHOICE, "until", "until"),
        (Kind.PAIRS, [{"name": "q ", "value": 7}], [{"name": "q", "value": "7"}]),
        (Kind.PAIRS, [{"name": "q"}], [{"name": "q", "value": ""}]),
        (Kind.VALUES, [{"name": "n", "value": {"a": 1}}], [{"name": "n", "value": {"a": 1}}]),
        (Kind.BODY, {"kind": "json", "value": {"a": 1}}, {"kind": "json", "value": {"a": 1}}),
        (Kind.BODY, {"kind": "text", "value": 7}, {"kind": "text", "value": "7"}),
        (
            Kind.BODY,
            {"kind": "form", "value": [{"name": "a", "value": None}]},
            {"kind": "form", "value": [{"name": "a", "value": ""}]},
        ),
        (Kind.JSON, {"a": [1, None]}, {"a": [1, None]}),
        (Kind.DATETIME, " 2026-12-24T09:00+01:00 ", "2026-12-24T09:00+01:00"),
    ],
)
def test_a_value_is_converted(kind: Kind, value: JSON, becomes: JSON) -> None:
    converted = inputs.typed([a_field(kind)], {"it": value})["it"]

    assert converted == becomes
    assert type(converted) is type(becomes)


@pytest.mark.parametrize(
    ("kind", "value", "field"),
    [
        (Kind.NUMBER, "many", "it"),
        (Kind.NUMBER, True, "it"),
        (Kind.NUMBER, "1e999", "it"),
        (Kind.NUMBER, "nan", "it"),
        (Kind.NUMBER, math.inf, "it"),
        (Kind.NUMBER, 10**400, "it"),
        (Kind.NUMBER, "٣", "it"),
        (Kind.NUMBER, [1], "it"),
        (Kind.INTEGER, "1.5", "it"),
        (Kind.INTEGER, "9" * 5000, "it"),
        (Kind.BOOLEAN, "yes", "it"),
        (Kind.BOOLEAN, 1, "it"),
        (Kind.CHOICE, "never", "it"),
        (Kind.CHOICE, ["for"], "it"),
        (Kind.PAIRS, {"a": 1}, "it"),
        (Kind.PAIRS, [{"name": "a", "value": 1, "more": 2}], "it[0]"),
        (Kind.PAIRS, [{"name": "a"}, {"name": " "}], "it[1].name"),
        (Kind.VALUES, [{"name": "a"}, {"name": "a"}], "it[1].name"),
        (Kind.BODY, "hello", "it"),
        (Kind.BODY, {"kind": "xml", "value": ""}, "it.kind"),
        (Kind.BODY, {"kind": "form", "value": "a=1"}, "it.value"),
        (Kind.DATETIME, "tomorrow", "it"),
        (Kind.DATETIME, 1780000000, "it"),
    ],
)
def test_a_value_that_does_not_fit_names_its_place_and_is_not_quoted(
    kind: Kind, value: JSON, field: str
) -> None:
    with pytest.raises(Misconfigured) as refused:
        inputs.typed([a_field(kind)], {"it": value})

    assert refused.value.field == field
    assert str(value) not in str(refused.value)


@pytest.mark.parametrize(
    ("limits", "value"),
    [
        ({"kind": Kind.TEXT, "max_length": 3}, "abcd"),
        ({"kind": Kind.TEXT, "pattern": "[a-z]+"}, "abc1"),
        ({"kind": Kind.TEXT, "many": True, "pattern": "[a-z]+"}, ["abc", "1"]),
        ({"kind": Kind.TEXT, "many": True}, ["abc", 1]),
        ({"kind": Kind.NUMBER, "minimum": 1}, "0.5"),
        ({"kind": Kind.INTEGER, "maximum": 10}, 11),
        ({"kind": Kind.TEXT, "required": True}, ""),
        ({"kind": Kind.TEXT, "required": True}, None),
        ({"kind": Kind.PAIRS, "required": True}, []),
    ],
)
def test_limits_hold(limits: dict[str, Any], value: JSON) -> None:
    with pytest.raises(Misconfigured):
        inputs.typed([a_field(**limits)], {"it": value})


def test_a_list_stays_a_list_where_several_are_welcome() -> None:
    assert inputs.typed([a_field(Kind.TEXT, many=True)], {"it": ["a", "b"]}) == {"it": ["a", "b"]}


def test_defaults_fill_what_is_left_out_and_are_not_shared() -> None:
    fields = [a_field(Kind.PAIRS, default=[{"name": "a", "value": "b"}])]

    first = inputs.typed(fields, {})["it"]
    assert first == [{"name": "a", "value": "b"}]
    assert inputs.defaults(fields)["it"] is not fields[0].default


def test_a_field_that_is_not_shown_is_not_required_and_not_used() -> None:
    mode = Field(
        name="mode",
        kind=Kind.CHOICE,
        label="Mode",
        default="for",
        choices=(Choice(value="for", label="F"), Choice(value="until", label="U")),
    )
    at = Field(name="at", kind=Kind.DATETIME, label="At", required=True, shown_when={"mode": ("until",)})

    assert inputs.typed([mode, at], {"at": "left over"}) == {"mode": "for", "at": None}
    with pytest.raises(Misconfigured, match="At is missing"):
        inputs.typed([mode, at], {"mode": "until"})


def test_a_field_for_the_other_kind_of_step_is_a_problem() -> None:
    url = Field(name="url", kind=Kind.TEXT, label="Address", required=True, when_connected=False)

    assert inputs.typed([url], {}, connected=True) == {"url": None}
    with pytest.raises(Misconfigured, match="only without a connection"):
        inputs.typed([url], {"url": "https://example.com"}, connected=True)
    with pytest.raises(Misconfigured, match="missing"):
        inputs.typed([url], {}, connected=False)


json_values = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)  # of one example; a busy machine is not a finding
@given(kind=some.sampled_from(list(Kind)), value=json_values)
def test_any_value_is_converted_or_refused(kind: Kind, value: JSON) -> None:
    try:
        inputs.typed([a_field(kind)], {"it": value})
    except Misconfigured as refused:
        assert refused.field.startswith("it")
