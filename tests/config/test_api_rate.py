import pytest
from pytest_django.fixtures import Settings

from tests.support.make import make_workspace
from tests.support.program import Program, error
from workspaces.api import rate
from workspaces.models import Workspace


def statuses(program: Program, calls: int) -> list[int]:
    return [program.get("/agents").status_code for _ in range(calls)]


def test_a_key_that_calls_too_often_is_told_to_wait(program: Program, settings: Settings) -> None:
    settings.API_RATE = 1

    assert statuses(program, 2) == [200, 200]
    refused = program.get("/agents")
    assert (refused.status_code, error(refused)["code"], refused["Retry-After"]) == (429, "rate_limited", "1")


def test_other_keys_are_not_slowed_down(program: Program, settings: Settings) -> None:
    settings.API_RATE = 1
    statuses(program, 3)

    assert statuses(Program(make_workspace()), 1) == [200]


def test_while_valkey_is_away_each_process_keeps_count_itself(
    workspace: Workspace, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.API_RATE, settings.REDIS_URL = 1, "redis://127.0.0.1:1/0"
    rate._script.cache_clear()
    monkeypatch.setattr(rate._away, "until", 0.0)
    try:
        assert statuses(Program(workspace), 3) == [200, 200, 429]
    finally:
        rate._script.cache_clear()
