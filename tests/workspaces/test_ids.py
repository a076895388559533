"""Ids of rows rise, also within a millisecond: what is listed or goes in order goes by them."""

from datetime import UTC, datetime

from workspaces.ids import lowest_at, uuid7


def test_each_id_is_higher_than_the_one_before() -> None:
    made = [uuid7() for _ in range(10_000)]

    assert made == sorted(set(made))
    assert {one.version for one in made} == {7}
    assert {one.variant for one in made} == {"specified in RFC 4122"}


def test_a_moment_lies_below_the_ids_made_after_it() -> None:
    assert lowest_at(datetime.now(UTC)) < uuid7()
