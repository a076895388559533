"""What the settings of a workflow must say before an agent can use it."""

from typing import Any

import pytest

from tests.support.definitions import make_definition, make_registry, make_step, make_vocabulary
from workflows.definition import check


def codes(kind: str = "action", **settings: Any) -> list[tuple[str, str]]:
    definition = make_definition(make_step("find"), kind=kind, **settings)
    problems = check.check(definition, registry=make_registry(), vocabulary=make_vocabulary())
    return [(problem.path.removeprefix("settings."), problem.code) for problem in problems]


def variable(**over: Any) -> dict[str, Any]:
    return {"variables": [{"name": "number", **over}]}


def response(**over: Any) -> dict[str, Any]:
    return {
        "response": [{"name": "total", "type": "number", "value": "{{ steps.find.output.total }}", **over}]
    }


CASES: list[tuple[str, dict[str, Any], list[tuple[str, str]]]] = [
    ("a name with a space", {"name": "Refund order"}, [("name", "bad_name")]),
    ("a name of 65", {"name": "x" * 65}, [("name", "bad_name")]),
    ("a name with a line end", {"name": "refund\n"}, [("name", "bad_name")]),
    ("no description", {"description": " "}, [("description", "required")]),
    ("a long description", {"description": "x" * 501}, [("description", "too_long")]),
    ("no time", {"deadline_s": 0}, [("deadline_s", "bad_value")]),
    ("too much time", {"deadline_s": 121}, [("deadline_s", "bad_value")]),
    ("a person's number as order key", {"order_key": "{{ conversation.customer.phone }}"}, []),
    ("the run itself in the order key", {"order_key": "{{ run.number }}"}, [("order_key", "not_here")]),
    ("a secret in the order key", {"order_key": "{{ secure.card }}"}, [("order_key", "secure_not_accepted")]),
    (
        "an unknown value in the order key",
        {"order_key": "{{ action.gone }}"},
        [("order_key", "unknown_variable")],
    ),
    ("an unknown message", {"message": {"mode": "sing"}}, [("message.mode", "bad_value")]),
    ("a custom message without text", {"message": {"mode": "custom"}}, [("message.text", "required")]),
    (
        "a delayed line at once",
        {"message": {"delayed": {"after_ms": 0, "text": "x"}}},
        [("message.delayed.after_ms", "bad_value")],
    ),
    (
        "a step in a message",
        {"message": {"failure": "{{ steps.find.output.total }}"}},
        [("message.failure", "unreachable_step")],
    ),
    (
        "a secret in a message",
        {"message": {"text": "{{ secrets.API_KEY }}"}},
        [("message.text", "secure_not_accepted")],
    ),
    ("a variable's name", variable(name="1st"), [("variables[0].name", "bad_name")]),
    ("a variable's type", variable(type="date"), [("variables[0].type", "bad_value")]),
    (
        "a variable twice",
        {"variables": [{"name": "a"}, {"name": "a"}]},
        [("variables[1].name", "duplicate_name")],
    ),
    (
        "a choice of another type",
        variable(type="integer", enum=[1, "two"]),
        [("variables[0].enum[1]", "bad_value")],
    ),
    (
        "a sample of another type",
        variable(type="integer", sample="x"),
        [("variables[0].sample", "bad_value")],
    ),
    ("a trusted one from nowhere", variable(source="trusted"), [("variables[0].from", "required")]),
    (
        "a trusted one from a step",
        variable(source="trusted", **{"from": "steps.find"}),
        [("variables[0].from", "bad_value")],
    ),
    (
        "a trusted one from a path",
        variable(source="trusted", **{"from": "variables.address.city"}),
        [("variables[0].from", "bad_value")],
    ),
    (
        "a trusted one from the unknown",
        variable(source="trusted", **{"from": "session.x"}),
        [("variables[0].from", "undefined_name")],
    ),
    ("a trusted one", variable(source="trusted", **{"from": "variables.plan"}), []),
    (
        "a spoken one from somewhere",
        variable(**{"from": "variables.plan"}),
        [("variables[0].from", "bad_value")],
    ),
    ("an unknown source", variable(source="guessed"), [("variables[0].source", "bad_value")]),
    ("a response's name", response(name="a b"), [("response[0].name", "bad_name")]),
    ("a response's type", response(type="money"), [("response[0].type", "bad_value")]),
    ("a response without value", response(value=None), [("response[0].value", "required")]),
    ("a response of another type", response(type="array"), [("response[0].value", "type_mismatch")]),
    (
        "a text for a number",
        response(value="{{ steps.find.output.email }}"),
        [("response[0].value", "type_mismatch")],
    ),
    ("a number for a text", response(type="string"), []),
    ("a fixed response", response(value=5), []),
    (
        "a secret for the agent",
        response(value="{{ secrets.API_KEY }}"),
        [("response[0].value", "secure_not_accepted")],
    ),
    (
        "a response twice",
        {"response": [{"name": "a", "value": 1}, {"name": "a", "value": 1}]},
        [("response[1].name", "duplicate_name")],
    ),
]


@pytest.mark.parametrize(
    ("settings", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_setting_is_checked(settings: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert codes(**settings) == expected


def test_a_post_conversation_workflow_has_a_name_of_any_kind() -> None:
    assert codes("post_conversation", name="After the call", description="") == []
    assert codes("post_conversation", name=" ") == [("name", "required")]


def test_a_delay_under_an_order_key_is_a_warning() -> None:
    delay = make_step("wait", "flow.delay@1", inputs={"amount": 1})
    definition = make_definition(delay, kind="post_conversation", order_key="{{ conversation.id }}")

    (problem,) = check.check(definition, registry=make_registry(), vocabulary=make_vocabulary())

    assert (problem.path, problem.severity) == ("settings.order_key", "warning")
    assert "later runs" in problem.message
