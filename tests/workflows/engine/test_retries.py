"""What passes is tried again; what does not is not; what nobody knows follows the step's policy."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from connectors.declare import JSON
from connectors.errors import Rejected, TimedOut, Unavailable
from tests.support.probe import Probe, note
from tests.support.runs import Rung, error_of, make_version, start_run, step_id, steps_of
from workflows.definition.document import Policy, Step
from workflows.engine import claiming, perform, retry
from workflows.engine.advancing import advance
from workflows.engine.moves import StepError
from workflows.models import Run
from workspaces.models import Workspace

BUSY = StepError(code="unavailable", message="Busy.", may_pass=True)


def step(**policy: Any) -> Step:
    return Step(id="s_00000000", slug="s", action="probe.read@1", policy=Policy(**policy))


def tried(failures: int = 1, **over: Any) -> retry.Tried:
    given = {"lane": "background", "elapsed_s": 0.0, "left_s": None, **over}
    return retry.Tried(failures=failures, **given)


def wait(step: Step, tried: retry.Tried, *, after: float | None = None, jitter: float = 0.5) -> float | None:
    return retry.wait_s(step, BUSY, tried, retry_after_s=after, jitter=jitter)


@pytest.mark.parametrize(("failures", "most"), [(1, 1), (2, 2), (3, 4), (4, 8)])
def test_waits_double_and_are_spread_over_their_whole_length(failures: int, most: float) -> None:
    assert wait(step(), tried(failures), jitter=0) == 0
    assert wait(step(), tried(failures), jitter=0.5) == most / 2


def test_a_wait_is_never_longer_than_a_quarter_of_an_hour() -> None:
    assert wait(step(retries=10), tried(10), jitter=0.999) < 900  # type: ignore[operator]
    assert wait(step(retries=300), tried(200), jitter=0.999) < 900  # type: ignore[operator]


@pytest.mark.parametrize(("lane", "attempts"), [("background", 5), ("live", 2)])
def test_a_step_is_tried_as_often_as_its_lane_allows(lane: str, attempts: int) -> None:
    assert wait(step(), tried(attempts - 1, lane=lane)) is not None
    assert wait(step(), tried(attempts, lane=lane)) is None


def test_the_author_may_say_how_often() -> None:
    assert wait(step(retries=0), tried(1)) is None
    assert wait(step(retries=1), tried(1)) is not None
    assert wait(step(retries=1), tried(2)) is None


def test_what_the_other_side_asks_for_is_kept_to_up_to_an_hour() -> None:
    assert wait(step(), tried(), after=120) == 120
    assert wait(step(), tried(), after=86_400) == 3_600


def test_nothing_is_tried_again_after_a_day() -> None:
    assert wait(step(), tried(elapsed_s=86_399)) == 0.5
    assert wait(step(), tried(elapsed_s=86_400)) is None


def test_who_waits_does_not_wait_past_the_deadline_for_another_attempt() -> None:
    assert wait(step(), tried(lane="live", left_s=5.0)) == 0.5
    assert wait(step(), tried(lane="live", left_s=0.4)) is None


def test_what_was_refused_is_not_tried_again() -> None:
    refused = StepError(code="rejected", message="No.")

    assert retry.wait_s(step(retries=5), refused, tried(), retry_after_s=None, jitter=0) is None


# --- In a run ----------------------------------------------------------------------------------------------
def failing(probe: Probe, *errors: Exception) -> None:
    left = list(errors)

    def then(_: Any) -> JSON:
        if left:
            raise left.pop(0)
        return {"ok": True}

    probe.then = then


def started(workspace: Workspace, *steps: dict[str, JSON], **over: Any) -> Run:
    run_id = start_run(make_version(workspace, *steps), **over)
    advance(run_id, "background")
    return Run.objects.get(pk=run_id)


@pytest.mark.django_db
def test_a_long_wait_gives_the_slot_up_and_the_run_comes_back_for_the_next_attempt(
    workspace: Workspace, probe: Probe, bell: Rung
) -> None:
    failing(probe, Unavailable("Busy.", http_status=429, retry_after_s=600))
    run = started(workspace, note("call", action="noted"), note("after"))

    assert (run.status, run.wait_reason, run.attempt) == ("queued", "retry", 2)
    assert run.next_at
    assert timedelta(minutes=9) < run.next_at - timezone.now() <= timedelta(minutes=10)
    assert steps_of(run) == [(step_id("call"), 1, "failed")]

    Run.objects.update(next_at=F("next_at") - timedelta(minutes=10))
    advance(run.pk, "background")

    run.refresh_from_db()
    assert run.status == "succeeded"
    assert steps_of(run)[:2] == [(step_id("call"), 1, "failed"), (step_id("call"), 2, "succeeded")]
    assert len(set(probe.keys("call"))) == 1
    assert [attempt for _, _, attempt in probe.calls] == [1, 2, 1]


@pytest.mark.django_db
def test_a_run_that_gives_its_slot_up_before_another_attempt_still_counts_those_it_made(
    workspace: Workspace, probe: Probe, bell: Rung
) -> None:
    """Counted anew, the next attempt would be done, and its outcome refused as the first's."""
    failing(probe, Unavailable("Busy.", retry_after_s=600))
    run = started(workspace, note("call", action="noted"))
    Run.objects.update(next_at=F("next_at") - timedelta(minutes=10))

    claim = claiming.claim(run.pk)
    assert claim
    assert perform.work(claim, may_go_on=lambda: False) == "queued"
    advance(run.pk, "background")

    run.refresh_from_db()
    assert run.status == "succeeded"
    assert steps_of(run) == [(step_id("call"), 1, "failed"), (step_id("call"), 2, "succeeded")]


@pytest.mark.django_db
def test_after_its_last_attempt_a_step_has_failed(workspace: Workspace, probe: Probe) -> None:
    failing(probe, *(Unavailable("Busy.", retry_after_s=600) for _ in range(9)))
    run = started(workspace, {**note("call", action="noted"), "policy": {"retries": 2}})

    for _ in range(5):
        Run.objects.filter(status="queued").update(next_at=timezone.now() - timedelta(seconds=1))
        advance(run.pk, "background")

    run.refresh_from_db()
    assert (run.status, error_of(run)["code"]) == ("failed", "unavailable")
    assert steps_of(run) == [(step_id("call"), attempt, "failed") for attempt in (1, 2, 3)]


@pytest.mark.django_db
def test_a_refusal_is_final_at_once(workspace: Workspace, probe: Probe) -> None:
    failing(probe, Rejected("No.", http_status=422))

    run = started(workspace, note("call", action="noted"))

    assert run.status == "failed"
    assert len(probe.calls) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("policy", "status", "steps"),
    [
        ({}, "failed", [(1, "unknown")]),
        ({"on_unknown": "fail"}, "failed", [(1, "unknown")]),
        ({"on_unknown": "skip"}, "succeeded", [(1, "unknown"), (2, "skipped")]),
        ({"on_unknown": "retry"}, "succeeded", [(1, "unknown"), (2, "succeeded")]),
    ],
)
def test_a_lost_answer_of_what_cannot_be_repeated_follows_the_policy(
    workspace: Workspace,
    probe: Probe,
    policy: dict[str, JSON],
    status: str,
    steps: list[tuple[int, str]],
) -> None:
    failing(probe, TimedOut("No answer.", maybe_done=True))

    run = started(workspace, {**note("call"), "policy": policy})
    Run.objects.filter(status="queued").update(next_at=timezone.now() - timedelta(seconds=1))
    advance(run.pk, "background")

    run.refresh_from_db()
    assert run.status == status
    assert [(attempt, state) for _, attempt, state in steps_of(run)] == steps
    assert run.error is None or run.error["maybe_done"] is True


@pytest.mark.django_db
def test_a_step_keeps_to_the_deadline_of_who_waits_and_is_done_again_after_it(
    workspace: Workspace, probe: Probe
) -> None:
    """The caller is told at its deadline; the run goes on, and ends as it should."""
    import time

    def slow(inputs: Any) -> JSON:
        if len(probe.calls) == 1:
            time.sleep(0.6)
            raise TimedOut("No answer.", maybe_done=True)
        return {"ok": True}

    probe.then = slow
    run_id = start_run(make_version(workspace, note("call", action="read")), lane="live", deadline_s=0.5)
    advance(run_id, "live")

    run = Run.objects.get(pk=run_id)
    assert run.status == "succeeded"
    assert [row.error_class for row in run.steps.order_by("attempt")] == ["deadline", None]
