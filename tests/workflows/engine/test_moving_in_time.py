"""A run that waits goes on now or later because somebody says so; a worker that is faster wins."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from tests.support.probe import Probe, note
from tests.support.runs import Rung, make_version, start_run, step
from workflows.engine import claiming
from workflows.engine.advancing import advance
from workflows.errors import BadMoment, NotRetryable, NotWaiting
from workflows.models import Run
from workflows.services import operating
from workspaces.models import AuditEntry, Workspace
from workspaces.services import audit

pytestmark = pytest.mark.django_db
BY = audit.system("test")
BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def waiting(workspace: Workspace, probe: Probe) -> UUID:
    wait = step("wait", "flow.delay@1", {"mode": "for", "amount": 2, "unit": "days"})
    run_id = start_run(make_version(workspace, wait, note("after"), kind="post_conversation"))
    advance(run_id, "background")
    return run_id


def get(run_id: UUID) -> Run:
    return Run.objects.get(pk=run_id)


def test_a_run_that_is_told_to_goes_on_at_once(
    waiting: UUID, probe: Probe, bell: Rung, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        operating.run_now(get(waiting), by=BY)
    advance(*bell.hints[-1])

    assert get(waiting).status == "succeeded"
    assert [text for text, _, _ in probe.calls] == ["after"]
    assert AuditEntry.objects.filter(verb="run.run_now").exists()


def test_a_postponed_run_is_due_then_and_not_before(waiting: UUID, probe: Probe) -> None:
    until = timezone.now() + timedelta(days=9)

    operating.postpone(get(waiting), until, by=BY)
    advance(waiting, "background")

    assert (get(waiting).status, get(waiting).next_at) == ("queued", until)
    assert probe.calls == []
    assert AuditEntry.objects.get(verb="run.postponed").details == {"until": until.isoformat()}


def test_a_day_later_is_the_same_hour_where_the_clocks_change(waiting: UUID) -> None:
    spring = datetime(2027, 3, 27, 8, 0, tzinfo=UTC)  # 09:00 in Berlin, the day before
    Run.objects.filter(pk=waiting).update(next_at=spring)

    operating.postpone_by(get(waiting), timedelta(days=1), BERLIN, by=BY)

    due = get(waiting).next_at
    assert due
    assert due.astimezone(BERLIN).hour == 9
    assert due == datetime(2027, 3, 28, 7, 0, tzinfo=UTC)


def test_a_late_run_is_postponed_from_now(waiting: UUID) -> None:
    Run.objects.filter(pk=waiting).update(next_at=timezone.now() - timedelta(days=3))

    operating.postpone_by(get(waiting), timedelta(hours=1), BERLIN, by=BY)

    due = get(waiting).next_at
    assert due
    assert timedelta(minutes=59) < due - timezone.now() <= timedelta(hours=1)


def test_a_time_that_has_passed_or_is_far_off_is_refused(waiting: UUID) -> None:
    due = get(waiting).next_at

    for until in (timezone.now() - timedelta(minutes=1), timezone.now() + timedelta(days=9999)):
        with pytest.raises(BadMoment):
            operating.postpone(get(waiting), until, by=BY)

    assert get(waiting).next_at == due


def test_a_worker_that_takes_the_run_in_between_wins(waiting: UUID) -> None:
    seen = get(waiting)
    Run.objects.filter(pk=waiting).update(next_at=timezone.now())
    claiming.claim(waiting)
    taken = Run.objects.values().get(pk=waiting)

    with pytest.raises(NotWaiting):
        operating.run_now(seen, by=BY)
    with pytest.raises(NotWaiting):
        operating.postpone(seen, timezone.now() + timedelta(days=1), by=BY)

    assert Run.objects.values().get(pk=waiting) == taken


def test_a_run_that_has_ended_stays_as_it_is(waiting: UUID) -> None:
    seen = get(waiting)
    operating.cancel(get(waiting), by=BY)
    ended = Run.objects.values().get(pk=waiting)

    with pytest.raises(NotWaiting):
        operating.run_now(seen, by=BY)
    with pytest.raises(NotWaiting):
        operating.postpone_by(seen, timedelta(hours=1), BERLIN, by=BY)
    with pytest.raises(NotRetryable):
        operating.resume(seen, by=BY)

    assert Run.objects.values().get(pk=waiting) == ended


@pytest.mark.parametrize("reason", ["event", "approval", "child"])
def test_a_run_that_waits_for_an_answer_is_not_hurried(waiting: UUID, reason: str) -> None:
    Run.objects.filter(pk=waiting).update(wait_reason=reason)
    due = get(waiting).next_at

    with pytest.raises(NotWaiting, match="waits for an answer"):
        operating.run_now(get(waiting), by=BY)

    assert get(waiting).next_at == due


def test_a_run_that_is_held_back_gets_another_start(waiting: UUID, probe: Probe) -> None:
    Run.objects.filter(pk=waiting).update(
        status="quarantined", crash_count=5, wait_reason=None, next_at=None, cur_state="started"
    )

    operating.resume(get(waiting), by=BY)

    resumed = get(waiting)
    assert (resumed.status, resumed.crash_count, resumed.wait_reason) == ("queued", 0, "retry")
    assert claiming.claim(waiting)
    assert AuditEntry.objects.filter(verb="run.resumed").exists()
