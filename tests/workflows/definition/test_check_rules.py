"""A branch that is never taken, and a rule that cannot be decided, are found before they go live."""

from typing import Any

import pytest

from connectors.declare import JSON
from tests.support.definitions import make_branch, make_definition, make_rules, make_step
from tests.workflows.definition.test_check import codes, found
from workflows.definition.document import Definition

OTHERWISE = make_branch("rest", otherwise=True)
AT = "steps[1].branches[0]"


def make_split(*branches: JSON, kind: str = "post_conversation", **over: Any) -> Definition:
    split = make_step("choice", "flow.split@1", branches=list(branches), **over)
    card = [{"name": "card", "source": "trusted", "from": "secure.card"}] if kind == "action" else []
    return make_definition(
        make_step("find"), split, kind=kind, **({"variables": card} if kind == "action" else {})
    )


def ruled(left: JSON, op: str, right: JSON = None) -> Definition:
    return make_split(make_branch("first", when=make_rules(left, op, right)), OTHERWISE)


def test_a_split_with_rules_and_otherwise_is_whole() -> None:
    assert codes(ruled("{{ steps.find.output.total }}", "gt", 100)) == []
    assert codes(make_split(make_branch("first", when=make_rules()))) == []


@pytest.mark.parametrize(
    ("branches", "expected"),
    [
        ([], [("steps[1].branches", "required")]),
        ([OTHERWISE], [("steps[1].branches", "required")]),
        ([make_branch("first"), OTHERWISE], [(f"{AT}.when", "required")]),
        ([make_branch("first", when={"any": []}), OTHERWISE], [(f"{AT}.when", "required")]),
        (
            [make_branch("first", when={"all": [{"any": []}]}), OTHERWISE],
            [(f"{AT}.when.all[0]", "required")],
        ),
        ([make_branch("first", when=make_rules(), label=" ")], [(f"{AT}.label", "required")]),
        ([OTHERWISE, make_branch("last", when=make_rules())], [(f"{AT}.otherwise", "bad_value")]),
        (
            [make_branch("first", when=make_rules()), OTHERWISE, make_branch("again", otherwise=True)],
            [("steps[1].branches[1].otherwise", "bad_value")],
        ),
        (
            [make_branch("first", when=make_rules()), {**OTHERWISE, "when": make_rules()}],
            [("steps[1].branches[1].when", "bad_value")],
        ),
    ],
)
def test_branches_are_checked(branches: list[JSON], expected: list[tuple[str, str]]) -> None:
    assert codes(make_split(*branches)) == expected


def test_the_error_branch_needs_no_rules_and_stands_where_it_is() -> None:
    error = make_branch("error", on_error=True)
    definition = make_split(
        make_branch("first", when=make_rules()), OTHERWISE, error, policy={"on_error": "branch"}
    )

    assert codes(definition) == []


def test_a_problem_names_the_branch_and_the_step() -> None:
    (problem,) = found(make_split(make_branch("first"), OTHERWISE))

    assert problem.message == "“first” has no rules, so it is never taken. Add one."
    assert (problem.step_id, problem.field, problem.severity) == ("s_choice00000000", "branches", "error")


TOTAL, EMAIL, PAID, ITEMS, RAW = (
    f"{{{{ steps.find.output.{name} }}}}" for name in ("total", "email", "paid", "items", "raw")
)


@pytest.mark.parametrize(
    ("left", "op", "right"),
    [
        (EMAIL, "ends_with", "@shop.example"),
        (EMAIL, "is", "{{ analysis.mood }}"),
        (EMAIL, "is_empty", None),
        (EMAIL, "matches", r"\d{4}$"),
        (EMAIL, "matches", "{{ variables.plan }}"),
        (EMAIL, "one_of", ["a", "{{ variables.plan }}"]),
        (EMAIL, "one_of", "a, b"),
        (EMAIL, "gt", "1"),
        (TOTAL, "is", 5),
        (TOTAL, "between", [5, "{{ variables.visits }}"]),
        (TOTAL, "lte", "{{ variables.visits | plus: 1 }}"),
        (PAID, "is_true", None),
        (PAID, "is_true", "left over from another operator"),
        (ITEMS, "contains", "red"),
        (ITEMS, "size_gte", 2),
        (ITEMS, "is_empty", None),
        (RAW, "gt", 1),
        (RAW, "size_eq", 1),
        ("{{ run.started_at }}", "in_last", {"amount": 3, "unit": "days"}),
        ("{{ run.started_at }}", "in_next", {"amount": "{{ variables.visits }}", "unit": "days"}),
        ("{{ now }}", "before", "2026-12-24T09:00"),
        ("{{ now }}", "on", "2026-12-24"),
        ("2026-12-24", "after", "{{ now }}"),
        ("{{ session.unheard_of }}", "exists", None),
    ],
)
def test_a_rule_that_can_be_decided_is_no_problem(left: JSON, op: str, right: JSON) -> None:
    assert codes(ruled(left, op, right)) == []


@pytest.mark.parametrize(
    ("left", "op", "right", "place", "code"),
    [
        ("", "is", "a", "left", "required"),
        (None, "exists", None, "left", "required"),
        (EMAIL, "is", None, "right", "required"),
        (EMAIL, "is", "", "right", "required"),
        (EMAIL, "one_of", [], "right", "required"),
        (EMAIL, "matches", "(", "right", "bad_value"),
        (EMAIL, "matches", "(?=a)", "right", "bad_value"),
        (EMAIL, "matches", 5, "right", "bad_value"),
        (EMAIL, "contains", ["a"], "right", "bad_value"),
        (EMAIL, "one_of", [["a"]], "right[0]", "bad_value"),
        (ITEMS, "is", "a", "left", "type_mismatch"),
        (TOTAL, "gt", "many", "right", "bad_value"),
        (TOTAL, "gt", True, "right", "bad_value"),
        (TOTAL, "gt", PAID, "right", "type_mismatch"),
        (PAID, "gt", 1, "left", "type_mismatch"),
        ("many", "gt", 1, "left", "bad_value"),
        (TOTAL, "between", [1], "right", "bad_value"),
        (TOTAL, "between", [1, ""], "right", "bad_value"),
        (TOTAL, "between", "1 to 2", "right", "bad_value"),
        (TOTAL, "between", [1, "two"], "right[1]", "bad_value"),
        (TOTAL, "is_true", None, "left", "type_mismatch"),
        ("yes", "is_true", None, "left", "bad_value"),
        (TOTAL, "before", "2026-12-24", "left", "type_mismatch"),
        ("{{ now }}", "before", "24.12.2026", "right", "bad_value"),
        ("soon", "before", "2026-12-24", "left", "bad_value"),
        ("{{ now }}", "in_last", {"amount": 3, "unit": "fortnights"}, "right.unit", "bad_value"),
        ("{{ now }}", "in_last", {"amount": -3, "unit": "days"}, "right.amount", "bad_value"),
        ("{{ now }}", "in_last", {"amount": "few", "unit": "days"}, "right.amount", "bad_value"),
        ("{{ now }}", "in_last", 3, "right", "bad_value"),
        (EMAIL, "size_gt", 1, "left", "type_mismatch"),
        ("abc", "size_gt", 1, "left", "bad_value"),
        (ITEMS, "size_gt", "few", "right", "bad_value"),
        (EMAIL, "resembles", "a", "op", "unknown_operator"),
        ("{{ steps.nope.output }}", "exists", None, "left", "unknown_step"),
        ("{{ steps.find.output.nope }}", "is_empty", None, "left", "unknown_output"),
        ("{{ session.unheard_of }}", "is", "a", "left", "undefined_name"),
        ("{{ steps.choice.output.labels }}", "contains", "a", "left", "unreachable_step"),
        ("{{ secure.card }}", "is", "a", "left", "secure_not_accepted"),
        ("{{ secrets.API_KEY }}", "exists", None, "left", "secure_not_accepted"),
        (EMAIL, "is", "{{ secrets.API_KEY }}", "right", "secure_not_accepted"),
        (EMAIL, "one_of", ["{{ secure.card }}"], "right[0]", "secure_not_accepted"),
        (
            "{{ now }}",
            "in_last",
            {"amount": "{{ secure.card }}", "unit": "days"},
            "right.amount",
            "secure_not_accepted",
        ),
        ("{{ now", "is", "a", "left", "token_syntax"),
    ],
)
def test_a_rule_that_cannot_is(left: JSON, op: str, right: JSON, place: str, code: str) -> None:
    assert codes(ruled(left, op, right)) == [(f"{AT}.when.all[0].{place}", code)]


def test_a_secure_action_variable_is_not_accepted_either() -> None:
    when = make_rules("{{ action.card }}", "is", "4242")

    assert codes(make_split(make_branch("first", when=when), kind="action")) == [
        (f"{AT}.when.all[0].left", "secure_not_accepted")
    ]


def test_nested_rules_are_checked_where_they_stand() -> None:
    inner = {"any": [{"left": "a", "op": "is", "right": "b"}, {"left": TOTAL, "op": "gt", "right": "x"}]}
    definition = make_split(make_branch("first", when={"all": [inner]}))

    assert codes(definition) == [(f"{AT}.when.all[0].any[1].right", "bad_value")]
