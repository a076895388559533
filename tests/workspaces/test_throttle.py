"""Guessing passwords is slowed down, with Valkey and without it."""

import pytest
import redis
from django.core.cache import cache
from pytest_django.fixtures import Settings

from workspaces import throttle

IP = "203.0.113.9"


@pytest.fixture(autouse=True, params=["with Valkey", "without Valkey"])
def _counters(request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "_local", throttle._Counters())
    if request.param == "with Valkey":
        cache.clear()
        return
    settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": "unix:///nowhere/valkey.sock"}}
    with pytest.raises(redis.RedisError):
        cache.clear()


def tries(count: int, email: str = "ada@example.com", ip: str | None = IP) -> list[bool]:
    return [throttle.may_try(email, ip) for _ in range(count)]


def test_five_tries_and_then_no_more() -> None:
    assert tries(7) == [True] * 5 + [False] * 2


def test_the_spelling_of_the_address_makes_no_difference() -> None:
    tries(5)

    assert tries(1, email=" ADA@example.com ") == [False]


def test_another_address_or_another_place_is_counted_for_itself() -> None:
    tries(5)

    assert tries(1, email="tom@example.com") == [True]
    assert tries(1, ip="203.0.113.10") == [True]


def test_one_place_cannot_try_many_addresses() -> None:
    allowed = [throttle.may_try(f"person-{number}@example.com", IP) for number in range(60)]

    assert allowed == [True] * 50 + [False] * 10


def test_many_places_cannot_try_one_address() -> None:
    allowed = [throttle.may_try("ada@example.com", f"203.0.113.{number}") for number in range(110)]

    assert allowed == [True] * 100 + [False] * 10


def test_someone_who_knows_the_password_starts_anew() -> None:
    tries(4)
    throttle.succeeded("ada@example.com", IP)

    assert tries(5) == [True] * 5


def test_a_peer_without_an_address_is_slowed_down_too() -> None:
    assert tries(6, ip=None) == [True] * 5 + [False]
