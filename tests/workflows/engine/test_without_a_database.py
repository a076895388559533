"""The database goes away in the middle of a step: that is never the step's own failure."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.db.models import F

from connectors import connections
from tests.support.make import make_connection, make_workspace
from tests.support.runs import make_version, start_run, step, step_id, steps_of
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
    service = make_connection(workspace, base_url=http_sink.url)
    call = step("call", "rest.request@1", {"method": "PUT", "path": "/x"}, connection=str(service.pk))
    return Run.objects.get(pk=start_run(make_version(workspace, call)))


def test_before_the_effect_the_run_is_left_to_whoever_comes_next(
    run: Run, http_sink: HttpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as away, pytest.raises(OperationalError):
        away.setattr(connections, "resolve", _gone)
        advance(run.pk, "background")
    assert len(http_sink.requests) == 0

    _is_due(run)
    advance(run.pk, "background")

    assert [status for _, _, status in steps_of(run.pk)] == ["unknown", "succeeded"]


def _is_due(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(next_at=F("next_at") - timedelta(minutes=1))


@pytest.fixture
def full_disk() -> Iterator[None]:
    """Rows can be changed and none be added."""
    with connection.cursor() as cursor:
        cursor.execute("""
            CREATE FUNCTION is_full() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'no space left' USING ERRCODE = '53100'; END $$;
            CREATE TRIGGER is_full BEFORE INSERT ON step_run FOR EACH ROW EXECUTE FUNCTION is_full()""")
    yield
    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION IF EXISTS is_full() CASCADE")


def test_a_database_that_cannot_store_more_is_no_crash_of_the_run(
    run: Run, http_sink: HttpSink, full_disk: None
) -> None:
    """It is let go of and tried again until there is room, and its effect is not repeated before that."""
    for _ in range(7):
        with pytest.raises(OperationalError):
            advance(run.pk, "background")
        run.refresh_from_db()
        assert (run.status, run.crash_count, run.lease_until) == ("queued", 0, None)
        _is_due(run)
    assert len(http_sink.requests) == 1

    with connection.cursor() as cursor:
        cursor.execute("DROP FUNCTION is_full() CASCADE")
    advance(run.pk, "background")

    assert [status for _, _, status in steps_of(run.pk)] == ["unknown", "succeeded"]
    assert len({request.headers["idempotency-key"] for request in http_sink.requests}) == 1
    assert len(http_sink.requests) == 2


def test_after_the_effect_its_outcome_is_kept(
    run: Run, http_sink: HttpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "note_that_it_works", _gone)

    advance(run.pk, "background")

    assert steps_of(run.pk) == [(step_id("call"), 1, "succeeded")]
    assert len(http_sink.requests) == 1
