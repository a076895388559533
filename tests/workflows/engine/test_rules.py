"""A rule says yes, no, or why it cannot be decided; it never guesses."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.declare import JSON
from workflows.definition.operators import OPERATORS, PRESENCE, UNITS
from workflows.definition.shapes import Group, Rule
from workflows.engine.flow import rules
from workflows.engine.flow.rules import RuleWrong
from workflows.templating.errors import MissingValue, NotRendered, TemplatingError

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
MADRID = ZoneInfo("Europe/Madrid")
NEGATED = {
    "is": "is_not",
    "contains": "not_contains",
    "eq": "ne",
    "size_eq": "size_ne",
    "exists": "not_exists",
    "is_empty": "is_not_empty",
}


def given_values(zone: str = "Europe/Madrid", now: datetime = NOW, **values: Any) -> rules.Given:
    return rules.Given(values=values, now=now, zone=lambda: ZoneInfo(zone))


def holds(left: JSON, op: str, right: JSON = None, zone: str = "Europe/Madrid", now: datetime = NOW) -> bool:
    """Both sides as tokens, so that they reach the rule with their types."""
    rule = Rule(left="{{ action.left }}", op=op, right="{{ action.right }}")
    given_both = given_values(zone, now, action={"left": left, "right": right})
    return rules.group_holds(Group(mode="all", rules=(rule,)), given_both)


@pytest.mark.parametrize(
    ("left", "op", "right", "expected"),
    [
        ("Yes", "is", "yes", True),
        ("Yes ", "is", "yes", False),
        ("STRASSE", "is", "straße", True),
        (1042, "is", "1042", True),
        (3.0, "is", "3", True),
        (True, "is", "true", True),
        ("yes", "is_not", "no", True),
        ("yes", "is_not", "YES", False),
        ("a refund, please", "contains", "REFUND", True),
        ("a refund, please", "not_contains", "credit", True),
        ("", "contains", "a", False),
        ("ORD-1042", "starts_with", "ord-", True),
        ("ORD-1042", "starts_with", "1042", False),
        ("mia@shop.example", "ends_with", "@SHOP.example", True),
        ("ORD-1042", "matches", r"\d{4}$", True),
        ("ORD-1042", "matches", "ord", False),
        ("ord\ud800", "matches", "^ord.$", True),
        ("Red", "one_of", ["green", "red"], True),
        ("Red", "one_of", "green, red", True),
        ("Red", "one_of", [], False),
        (2, "one_of", [1, 2, None], True),
        ("blue", "one_of", ["green", "red"], False),
    ],
)
def test_texts_are_compared_as_people_speak(left: JSON, op: str, right: JSON, expected: bool) -> None:
    assert holds(left, op, right) is expected


@pytest.mark.parametrize(
    ("left", "op", "right", "expected"),
    [
        (100, "eq", 100.0, True),
        ("100", "eq", 100, True),
        (" 100.50 ", "eq", "100.5", True),
        (0.1, "eq", "0.1", True),
        (2**53 + 1, "eq", 2**53, False),
        (99, "ne", 100, True),
        (100, "ne", "100", False),
        (99, "lt", 100, True),
        (100, "lt", 100, False),
        (100, "lte", 100, True),
        ("1e3", "gt", 999, True),
        (-1, "gte", -1, True),
        (5, "between", [5, 10], True),
        ("10", "between", ["5", 10], True),
        (10.01, "between", [5, 10], False),
        (7, "between", [10, 5], False),
    ],
)
def test_numbers_are_read_from_texts_too(left: JSON, op: str, right: JSON, expected: bool) -> None:
    assert holds(left, op, right) is expected


@pytest.mark.parametrize(
    ("left", "op", "expected"),
    [
        (True, "is_true", True),
        (False, "is_true", False),
        (" TRUE ", "is_true", True),
        ("false", "is_false", True),
        (False, "is_false", True),
        (True, "is_false", False),
    ],
)
def test_booleans_may_be_written_as_texts(left: JSON, op: str, expected: bool) -> None:
    assert holds(left, op) is expected


@pytest.mark.parametrize(
    ("left", "op", "right", "expected"),
    [
        ("2026-11-25T11:59:59Z", "before", "2026-11-25T12:00:00Z", True),
        ("2026-11-25T13:00:00+01:00", "before", "2026-11-25T12:00:00Z", False),
        ("2026-11-25T13:00:01", "after", "2026-11-25T12:00:00Z", True),
        ("2026-11-25", "before", "2026-11-24T23:30:00Z", True),
        ("2026-11-25T00:30", "on", "2026-11-25", True),
        ("2026-11-24T23:30:00Z", "on", "2026-11-25", True),
        ("2026-11-25T23:30:00Z", "on", "2026-11-25", False),
        ("2026-11-25T11:00:00Z", "in_last", {"amount": 1, "unit": "hours"}, True),
        ("2026-11-25T10:59:59Z", "in_last", {"amount": 1, "unit": "hours"}, False),
        ("2026-11-25T12:00:01Z", "in_last", {"amount": 1, "unit": "hours"}, False),
        ("2026-11-26", "in_next", {"amount": "1", "unit": "weeks"}, True),
        ("2026-11-25T11:59:00Z", "in_next", {"amount": 1, "unit": "days"}, False),
        ("2020-01-01", "in_last", {"amount": 1e200, "unit": "days"}, True),
        ("2026-11-25T12:00:00Z", "in_next", {"amount": 0, "unit": "seconds"}, True),
    ],
)
def test_dates_are_moments_and_days_are_local(left: JSON, op: str, right: JSON, expected: bool) -> None:
    assert holds(left, op, right) is expected


def test_an_hour_that_the_clocks_show_twice_is_still_in_order() -> None:
    first, second = "2026-10-25T02:30:00+02:00", "2026-10-25T02:10:00+01:00"

    assert holds(first, "before", second)
    assert not holds(second, "before", first)


def test_a_time_without_a_zone_is_the_runs() -> None:
    assert holds("2026-07-01T09:00", "before", "2026-07-01T07:30:00Z", zone="Europe/Madrid")
    assert not holds("2026-07-01T09:00", "before", "2026-07-01T07:30:00Z", zone="UTC")


def test_a_day_of_23_hours_is_one_day() -> None:
    assert holds("2026-03-29T23:59", "on", "2026-03-29")
    assert holds("2026-03-28T23:30:00Z", "on", "2026-03-29")
    assert not holds("2026-03-29T22:30:00Z", "on", "2026-03-29")


def test_a_day_without_a_midnight_is_still_that_day() -> None:
    assert holds("2026-09-06T12:00", "on", "2026-09-06", zone="America/Santiago")
    assert not holds("2026-09-05T23:59", "on", "2026-09-06", zone="America/Santiago")


@pytest.mark.parametrize(
    ("left", "op", "right", "expected"),
    [
        (["Red", 42], "contains", "red", True),
        (["Red", 42], "contains", "42", True),
        ([None, {"a": 1}, ["red"]], "contains", "red", False),
        (["Red"], "not_contains", "re", True),
        ([1, 2], "size_eq", 2, True),
        ([1, 2], "size_ne", "2", False),
        ([], "size_gt", 0, False),
        ([1, 2], "size_gte", 2, True),
        ([1], "size_lt", 2, True),
        ([1, 2, 3], "size_lte", 2, False),
    ],
)
def test_lists_are_searched_and_counted(left: JSON, op: str, right: JSON, expected: bool) -> None:
    assert holds(left, op, right) is expected


@pytest.mark.parametrize("op", sorted(OPERATORS.keys() - PRESENCE))
def test_null_compares_with_nothing(op: str) -> None:
    is_negative = op in ("is_not", "not_contains", "ne", "size_ne")

    assert holds(None, op, None) is is_negative
    if OPERATORS[op].right != "nothing":
        assert holds("x", op, None) is is_negative


@pytest.mark.parametrize(
    ("op", "empty", "false", "text", "null"),
    [
        ("exists", True, True, True, False),
        ("not_exists", False, False, False, True),
        ("is_empty", True, False, False, True),
        ("is_not_empty", False, True, True, False),
    ],
)
def test_presence(op: str, empty: bool, false: bool, text: bool, null: bool) -> None:
    assert holds("", op) is holds([], op) is holds({}, op) is empty
    assert holds(False, op) is holds(0, op) is false
    assert holds(" ", op) is text
    assert holds(None, op) is null


def one(left: JSON, op: str, right: JSON = None) -> Group:
    return Group(mode="all", rules=(Rule(left=left, op=op, right=right),))


@pytest.mark.parametrize(
    ("op", "expected"), [(op, op in ("not_exists", "is_empty")) for op in sorted(PRESENCE)]
)
def test_a_missing_key_counts_as_absent_where_that_is_the_question(op: str, expected: bool) -> None:
    known = given_values(steps={"look_up": {"output": {}}})

    assert rules.group_holds(one("{{ steps.look_up.output.total }}", op), known) is expected


@pytest.mark.parametrize("op", sorted(OPERATORS.keys() - PRESENCE))
def test_a_missing_key_is_an_error_everywhere_else(op: str) -> None:
    with pytest.raises(MissingValue, match=r"steps\.look_up"):
        rules.group_holds(one("{{ steps.look_up.output.total }}", op, "1"), given_values(steps={}))
    with pytest.raises(MissingValue):
        rules.group_holds(one("1", op, "{{ action.most }}"), given_values(action={}))


@pytest.mark.parametrize(
    ("left", "op", "right", "said"),
    [
        ("many", "gt", 100, "“is more than” needs a number, but it was given a text."),
        (10, "gt", "many", "“is more than” needs a number, but it was given a text."),
        ("", "eq", 0, "“equals” needs a number, but it was given a text."),
        (True, "eq", 1, "needs a number, but it was given true or false."),
        (float("inf"), "gt", 1, "too large"),
        (1, "between", [1], "needs two numbers"),
        (1, "between", "1-2", "needs two numbers"),
        ("soon", "before", "2026-11-25", "needs a date such as"),
        (20261125, "after", "2026-11-25", "needs a date such as"),
        ("2026-11-25", "on", "25.11.2026", "needs a date such as"),
        ("0001-01-01T00:00+05:00", "before", "2026-11-25", "needs a date such as"),
        ("2026-11-25", "in_last", {"amount": 3, "unit": "fortnights"}, "a unit of time"),
        ("2026-11-25", "in_last", 3, "a unit of time"),
        ("2026-11-25", "in_next", {"amount": -1, "unit": "days"}, "not negative"),
        ("2026-11-25", "in_next", {"unit": "days"}, "needs a number, but it was given nothing"),
        ("abc", "size_gt", 1, "needs a list, but it was given a text"),
        ([1], "size_gt", "few", "needs a number"),
        ({"a": 1}, "is", "a", "needs a text, but it was given an object"),
        (["a"], "is", "a", "needs a text, but it was given a list"),
        ("a", "contains", ["a"], "needs a text, but it was given a list"),
        ("yes", "is_true", None, "needs true or false"),
        ("abc", "matches", "(", "The pattern cannot be read"),
        ("abc", "matches", "a" * 1001, "at most 1,000 characters"),
        ("abc", "resembles", "a", "There is no operator “resembles”."),
    ],
)
def test_what_cannot_be_compared_is_said(left: JSON, op: str, right: JSON, said: str) -> None:
    with pytest.raises(RuleWrong) as refused:
        holds(left, op, right)

    assert said in str(refused.value)


def test_a_number_that_cannot_be_written_is_no_text() -> None:
    with pytest.raises(NotRendered):
        holds(10**5000, "is", "1")


def test_messages_never_quote_a_value() -> None:
    with pytest.raises(RuleWrong) as refused:
        holds("sk_live_1234", "gt", 1)

    assert "sk_live" not in str(refused.value)


# --- Groups ------------------------------------------------------------------------------------------------
YES, NO = Rule(left="a", op="is", right="a"), Rule(left="a", op="is", right="b")
BROKEN = Rule(left="{{ action.gone }}", op="is", right="b")


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        (Group(mode="all"), False),
        (Group(mode="any"), False),
        (Group(mode="all", rules=(YES, YES)), True),
        (Group(mode="all", rules=(YES, NO)), False),
        (Group(mode="any", rules=(NO, YES)), True),
        (Group(mode="any", rules=(NO, NO)), False),
        (Group(mode="all", rules=(YES, Group(mode="any", rules=(NO, YES)))), True),
        (Group(mode="any", rules=(NO, Group(mode="all", rules=(YES, NO)))), False),
        (Group(mode="all", rules=(YES, Group(mode="all"))), False),
        (Group(mode="any", rules=(YES, Group(mode="any"))), True),
    ],
)
def test_groups(group: Group, expected: bool) -> None:
    assert rules.group_holds(group, given_values()) is expected


def test_a_rule_may_guard_the_ones_after_it() -> None:
    guard = Rule(left="{{ action.gone }}", op="exists")

    assert not rules.group_holds(Group(mode="all", rules=(guard, BROKEN)), given_values(action={}))
    assert rules.group_holds(Group(mode="any", rules=(YES, BROKEN)), given_values(action={}))
    with pytest.raises(MissingValue):
        rules.group_holds(Group(mode="all", rules=(YES, BROKEN)), given_values(action={}))


def test_the_zone_is_asked_only_for_dates() -> None:
    def no_zone() -> ZoneInfo:
        raise AssertionError("nobody should ask")

    known = rules.Given(values={}, now=NOW, zone=no_zone)

    assert rules.group_holds(Group(mode="all", rules=(YES,)), known)


# --- Whatever the values are ------------------------------------------------------------------------------
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from(
        ["12", "1e400", "2026-11-25", "2026-11-25T02:30", "9999-12-31T23:59:59-12:00", "(", "true"]
    )
)
ANY_VALUE = st.recursive(
    PLAIN
    | st.builds(lambda amount, unit: {"amount": amount, "unit": unit}, PLAIN, st.sampled_from([*UNITS, "x"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
ZONES = st.sampled_from(["UTC", "Europe/Madrid", "America/Santiago", "Pacific/Kiritimati"])


@given(ANY_VALUE, st.sampled_from(sorted(OPERATORS)), ANY_VALUE, ZONES)
@settings(max_examples=600)
def test_any_two_values_give_an_answer_or_a_reason(left: JSON, op: str, right: JSON, zone: str) -> None:
    try:
        assert isinstance(rules.compare(left, op, right, given_values(zone)), bool)
    except (RuleWrong, TemplatingError) as reason:
        assert str(reason)


@given(ANY_VALUE, st.sampled_from(sorted(NEGATED)), ANY_VALUE)
@settings(max_examples=400)
def test_what_is_not_so_is_otherwise(left: JSON, op: str, right: JSON) -> None:
    try:
        positive = rules.compare(left, op, right, given_values())
    except (RuleWrong, TemplatingError) as reason:
        with pytest.raises(type(reason)):
            rules.compare(left, NEGATED[op], right, given_values())
    else:
        assert rules.compare(left, NEGATED[op], right, given_values()) is not positive


RULES = st.builds(
    Rule,
    left=st.sampled_from(["{{ action.a }}", "{{ action.gone }}", "{{", "a", 1, None, ["{{ action.a }}"]]),
    op=st.sampled_from([*OPERATORS, "resembles"]),
    right=ANY_VALUE,
)
GROUPS = st.recursive(
    st.builds(Group, mode=st.sampled_from(["all", "any"]), rules=st.lists(RULES, max_size=3).map(tuple)),
    lambda inner: st.builds(
        Group,
        mode=st.sampled_from(["all", "any"]),
        rules=st.lists(RULES | inner, max_size=3).map(tuple),
    ),
    max_leaves=4,
)


@given(GROUPS, ANY_VALUE)
@settings(max_examples=400)
def test_any_group_gives_an_answer_or_a_reason(group: Group, value: JSON) -> None:
    try:
        answer = rules.group_holds(group, given_values(action={"a": value}))
    except (RuleWrong, TemplatingError) as reason:
        assert str(reason)
    else:
        assert answer is False or group.rules
