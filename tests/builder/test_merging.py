"""Two people in one step: different fields merge, the same field is a conflict."""

from builder.forms.merging import merge


def test_different_fields_merge() -> None:
    merged = merge({"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 1, "b": 3})

    assert merged.values == {"a": 2, "b": 3}
    assert merged.theirs == ("b",)
    assert merged.conflicts == ()


def test_the_same_field_is_a_conflict_and_keeps_mine_in_hand() -> None:
    merged = merge({"a": 1}, {"a": 2}, {"a": 3})

    assert merged.values == {"a": 2}
    assert merged.conflicts == ("a",)


def test_both_coming_to_the_same_value_is_no_conflict() -> None:
    assert merge({"a": 1}, {"a": 2}, {"a": 2}).conflicts == ()


def test_a_field_they_emptied_is_emptied_here_too() -> None:
    merged = merge({"a": 1, "b": 1}, {"a": 1, "b": 2}, {"b": 1})

    assert merged.values == {"b": 2}
    assert merged.theirs == ("a",)


def test_a_field_they_emptied_and_i_changed_is_a_conflict() -> None:
    assert merge({"a": 1}, {"a": 2}, {}).conflicts == ("a",)
