from dataclasses import dataclass

import pytest

from connectors.declare import JSON
from workflows.definition import values


@dataclass(frozen=True)
class Item:
    name: str
    type: str = "string"
    required: bool = False
    enum: tuple[JSON, ...] = ()


@pytest.mark.parametrize(
    ("value", "type_"),
    [
        ("", "string"),
        (1, "number"),
        (1.5, "number"),
        (1, "integer"),
        (1.0, "integer"),
        (False, "boolean"),
        ({}, "object"),
        ([], "array"),
        ("2026-11-22T10:00:00Z", "datetime"),
        ("2026-11-22", "datetime"),
        ([{"anything": None}], "any"),
    ],
)
def test_a_value_of_its_type_is_right(value: JSON, type_: str) -> None:
    assert values.fault(value, type_) == ""


@pytest.mark.parametrize(
    ("value", "type_", "said"),
    [
        (1, "string", "must be a text"),
        ("1", "number", "must be a number"),
        (True, "number", "must be a number"),
        (1.5, "integer", "must be an integer"),
        (True, "integer", "must be an integer"),
        (0, "boolean", "must be true or false"),
        ([], "object", "must be an object"),
        ({}, "array", "must be a list"),
        ("tomorrow", "datetime", "must be a date and time such as 2026-11-22T09:30:00Z"),
    ],
)
def test_a_value_of_another_type_is_told_what_it_must_be(value: JSON, type_: str, said: str) -> None:
    assert values.fault(value, type_) == said


def test_a_choice_is_one_of_the_choices() -> None:
    assert values.fault("fast", "string", ["fast", "slow"]) == ""
    assert values.fault("lazy", "string", ["fast", "slow"]) == "must be one of fast, slow"


def test_what_is_missing_unknown_or_wrong_is_found_at_its_path() -> None:
    declared = [Item("plan", required=True), Item("speed", enum=("fast",)), Item("number", "integer")]
    given: dict[str, JSON] = {"speed": "lazy", "number": None, "colour": 1}

    strict = values.problems(declared, given, path="input", undeclared_allowed=False)
    lenient = values.problems(declared, given, path="input", undeclared_allowed=True)

    assert [(problem.path, problem.code) for problem in strict] == [
        ("input.plan", "required"),
        ("input.speed", "wrong_type"),
        ("input.colour", "unknown_field"),
    ]
    assert [problem.path for problem in lenient] == ["input.plan", "input.speed"]
