"""A split takes the branches whose rules hold, and *Otherwise* when none does."""

from datetime import UTC, datetime

import pytest

from connectors.declare import JSON
from workflows.definition.shapes import Branch, Group, Rule
from workflows.engine.flow import split
from workflows.engine.flow.rules import RuleWrong
from workflows.templating.errors import MissingValue, TokenSyntax


def branch(name: str, left: JSON, op: str = "gt", right: JSON = 10) -> Branch:
    group = Group(mode="all", rules=(Rule(left=left, op=op, right=right),))
    return Branch(id=f"b_{name}0000000", label=name.capitalize(), when=group)


OTHERWISE = Branch(id="b_otherwise", label="Otherwise", otherwise=True)
BY_AMOUNT = (
    branch("huge", "{{ action.total }}", "gt", 1000),
    branch("large", "{{ action.total }}", "gt", 100),
    branch("small", "{{ action.total }}", "gt", 0),
    OTHERWISE,
)


def labels(branches: tuple[Branch, ...], total: JSON = 0, *, mode: str = "first") -> list[str]:
    found = split.taken(
        branches,
        mode=mode,
        values={"action": {"total": total}},
        now=datetime(2026, 11, 25, tzinfo=UTC),
        zone=lambda: UTC,
    )
    return [one.label for one in found]


@pytest.mark.parametrize(
    ("total", "first", "every"),
    [
        (5000, ["Huge"], ["Huge", "Large", "Small"]),
        (500, ["Large"], ["Large", "Small"]),
        (5, ["Small"], ["Small"]),
        (0, ["Otherwise"], ["Otherwise"]),
        (None, ["Otherwise"], ["Otherwise"]),
    ],
)
def test_branches_are_tried_from_left_to_right(total: JSON, first: list[str], every: list[str]) -> None:
    assert labels(BY_AMOUNT, total) == first
    assert labels(BY_AMOUNT, total, mode="every") == every


def test_without_otherwise_a_run_may_pass_by() -> None:
    assert labels(BY_AMOUNT[:3], 0) == []
    assert labels(BY_AMOUNT[:3], 0, mode="every") == []


def test_a_branch_without_rules_is_never_taken() -> None:
    empty = Branch(id="b_empty0000", label="Empty", when=Group(mode="any"))
    unset = Branch(id="b_unset0000", label="Unset")

    assert labels((empty, unset, OTHERWISE)) == ["Otherwise"]


def test_the_error_branch_is_not_one_of_them() -> None:
    on_error = Branch(id="b_onerror00", label="On error", on_error=True, otherwise=True)

    assert labels((on_error,)) == []


def test_the_first_match_asks_no_further() -> None:
    broken = branch("broken", "{{ action.gone }}")

    assert labels((BY_AMOUNT[2], broken, OTHERWISE), 5) == ["Small"]
    with pytest.raises(MissingValue):
        labels((BY_AMOUNT[2], broken, OTHERWISE), 5, mode="every")
    with pytest.raises(MissingValue):
        labels((broken, BY_AMOUNT[2], OTHERWISE), 5)


def test_what_cannot_be_decided_names_its_branch() -> None:
    with pytest.raises(RuleWrong, match="In the branch “Huge”: “is more than” needs a number"):
        labels(BY_AMOUNT, "a lot")
    with pytest.raises(TokenSyntax):
        labels((branch("broken", "{{ action."),))


def test_what_was_taken_is_the_output() -> None:
    assert split.output((BY_AMOUNT[1], OTHERWISE)) == {
        "taken": ["b_large0000000", "b_otherwise"],
        "labels": ["Large", "Otherwise"],
    }
    assert split.output(()) == {"taken": [], "labels": []}
