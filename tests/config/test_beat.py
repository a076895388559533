"""What Celery's beat does every few seconds it does whatever happens to its clock."""

from datetime import UTC, datetime, timedelta

import pytest

from config.beat import Every


@pytest.fixture
def every() -> Every:
    return Every(5)


@pytest.mark.parametrize("ago_s", [5, 3_600])
def test_it_is_due_when_its_time_has_passed(every: Every, ago_s: int) -> None:
    assert every.is_due(datetime.now(UTC) - timedelta(seconds=ago_s)) == (True, 5.0)


def test_it_is_not_due_before(every: Every) -> None:
    is_due, in_s = every.is_due(datetime.now(UTC))

    assert not is_due
    assert 0 < in_s <= 5


def test_a_clock_that_was_set_back_does_not_make_it_wait_until_then(every: Every) -> None:
    assert every.is_due(datetime.now(UTC) + timedelta(days=1)) == (True, 5.0)
