"""The database goes away in the middle of a step: that is never the step's own failure."""

from typing import Any

import pytest
from django.db import OperationalError

from connectors import connections
from tests.support.dying import lease_ends
from tests.support.make import make_connection, make_workspace
from tests.support.runs import make_version, rung, start_run, step, step_id, steps_of
from tests.support.sink import HttpSink
from workflows.engine.advancing import advance
from workflows.models import Run
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db(transaction=True)


def _gone(*_: Any) -> Any:
    raise OperationalError("the connection is closed")


@pytest.fixture
def workspace() -> Workspace:
    return make_workspace("gone")


@pytest.fixture
def run(workspace: Workspace, http_sink: HttpSink, settings: Any) -> Run:
    settings.OUTBOUND_ALLOW = ["127.0.0.1/32"]
    connection = make_connection(workspace, base_url=http_sink.url)
    call = step("call", "rest.request@1", {"method": "PUT", "path": "/x"}, connection=str(connection.pk))
    return Run.objects.get(pk=start_run(make_version(workspace, call)))


def test_before_the_effect_the_run_is_left_to_whoever_comes_next(
    run: Run, http_sink: HttpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as away, pytest.raises(OperationalError):
        away.setattr(connections, "resolve", _gone)
        advance(run.pk, "background")
    assert len(http_sink.requests) == 0

    lease_ends(run.pk)
    with rung():
        advance(run.pk, "background")

    assert steps_of(run.pk) == [(step_id("call"), 1, "unknown"), (step_id("call"), 2, "succeeded")]


def test_after_the_effect_its_outcome_is_kept(
    run: Run, http_sink: HttpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "note_that_it_works", _gone)

    advance(run.pk, "background")

    assert steps_of(run.pk) == [(step_id("call"), 1, "succeeded")]
    assert len(http_sink.requests) == 1
