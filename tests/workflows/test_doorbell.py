"""A flood of runs needs few hints, and the last of it is rung for like the first."""

import time
from collections.abc import Iterator

import pytest

from workflows import doorbell, valkey
from workspaces.ids import uuid7

PATIENCE_S = 10


@pytest.fixture(autouse=True)
def _empty_queue() -> Iterator[None]:
    valkey.client().delete("background")
    yield
    time.sleep(2 * doorbell.GATHERED_S)
    valkey.client().delete("background")


def hints(at_least: int) -> int:
    until = time.monotonic() + PATIENCE_S
    while (held := doorbell.waiting("background") or 0) < at_least and time.monotonic() < until:
        time.sleep(0.01)
    return held


def ring(times: int) -> None:
    for _ in range(times):
        assert doorbell.celery(uuid7(), "background", reply_to="", countdown=None)


def test_a_few_runs_get_a_hint_each() -> None:
    ring(4)

    assert hints(at_least=4) == 4


def test_a_flood_gets_enough_and_no_more() -> None:
    ring(200)
    hints(at_least=doorbell.ENOUGH_HINTS)
    time.sleep(2 * doorbell.GATHERED_S)

    assert hints(at_least=doorbell.ENOUGH_HINTS) == doorbell.ENOUGH_HINTS


def test_what_follows_a_moment_later_is_rung_for_too() -> None:
    ring(1)
    time.sleep(doorbell.GATHERED_S / 2)
    ring(1)

    assert hints(at_least=2) == 2
