"""The line that joins the columns of a split."""

import pytest

from builder.presenters import bus


def tails(*joins: bool) -> list[str]:
    return [piece.tail for piece in bus.arms(joins)]


def test_columns_that_go_on_are_collected() -> None:
    assert tails(True, True) == ["first", "last"]
    assert tails(True, True, True) == ["first", "mid", "last"]


def test_a_column_that_ends_is_left_out() -> None:
    assert tails(True, True, False) == ["first", "mid-end", "none"]
    assert tails(False, True, True) == ["none", "mid-start", "last"]
    assert tails(False, True, False) == ["none", "only", "none"]


def test_the_line_reaches_the_middle_where_the_chain_goes_on() -> None:
    assert tails(True, False) == ["first", "none"]
    assert tails(True, False, False) == ["first", "pass-left", "none"]
    assert tails(True, False, True) == ["first", "pass", "last"]
    assert tails(False, False, True) == ["none", "pass-right", "last"]


def test_many_columns_scroll_so_the_line_runs_below_all_of_them() -> None:
    assert tails(False, True, False, False) == ["pass-right", "mid", "pass", "pass-left"]


def test_nothing_is_collected_when_every_column_ends() -> None:
    assert tails(False, False) == ["none", "none"]


@pytest.mark.parametrize(
    ("count", "tops"), [(1, ["only"]), (2, ["first", "last"]), (3, ["first", "mid", "last"])]
)
def test_a_line_leads_to_every_column(count: int, tops: list[str]) -> None:
    assert [piece.top for piece in bus.arms([True] * count)] == tops
