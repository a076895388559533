"""Each promise of the engine, broken on purpose: the check names it, the run, and why."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import InternalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from tests.support.probe import Probe, note
from tests.support.runs import make_version, set_values, start_run, step_id
from workflows.engine import invariants
from workflows.engine.advancing import advance
from workflows.engine.invariants import Arrival, Broken, Scope, outside
from workflows.engine.invariants.broken import ask
from workflows.models import Outbox, Run, StepRun, Workflow, WorkflowVersion
from workflows.models.run import WorkspaceLane
from workflows.services import outbox
from workspaces.ids import uuid7
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(workspace: Workspace, probe: Probe) -> WorkflowVersion:
    return make_version(workspace, set_values("before", a=1), note("call", action="noted"), note("after"))


@pytest.fixture
def run(version: WorkflowVersion) -> Run:
    """Succeeded, with three steps."""
    run_id = start_run(version)
    advance(run_id, "background")
    return Run.objects.get(pk=run_id, status="succeeded")


@pytest.fixture
def queued(version: WorkflowVersion) -> Run:
    return Run.objects.get(pk=start_run(version))


def _said(found: list[Broken], invariant: str, run: Run | None) -> list[str]:
    """Why it is broken; and nothing else is."""
    assert {broken.invariant for broken in found} == {invariant}, found
    assert {broken.run for broken in found} == {run and run.pk}, found
    return [broken.why for broken in found]


def _change(definition: str) -> None:
    """Of a table; the test's transaction takes it back."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(definition)


def test_everything_holds_of_runs_as_the_engine_makes_them(run: Run, queued: Run) -> None:
    assert run.pk != queued.pk
    assert invariants.check() == []


# --- Of what is stored -------------------------------------------------------------------------------------
def test_i1_a_trigger_that_fired_twice(run: Run) -> None:
    twin_id = start_run(run.version)
    _change("ALTER TABLE run DROP CONSTRAINT run_trigger_once")
    Run.objects.filter(pk=twin_id).update(trigger_key=run.trigger_key)

    (why,) = _said(invariants.check(), "I1", run)

    assert why == f"trigger {run.trigger_key} fired 2 times"


def test_i1_a_run_that_nothing_will_wake(queued: Run) -> None:
    WorkspaceLane.objects.all().delete()

    assert _said(invariants.check(), "I1", queued) == ["is queued, and nothing will ever wake it"]


def test_i1_a_run_that_nobody_may_claim_any_more(queued: Run) -> None:
    Run.objects.filter(pk=queued.pk).update(crash_count=5)

    assert _said(invariants.check(), "I1", queued) == ["is queued, and nothing will ever wake it"]


def test_i1_a_run_that_is_left_when_all_is_quiet(queued: Run) -> None:
    assert invariants.check() == []
    (why,) = _said(invariants.check(is_quiet=True), "I1", queued)
    assert why == "is still queued (start) although nothing is under way"

    Run.objects.update(next_at=F("next_at") + timedelta(hours=1))
    assert invariants.check(is_quiet=True) == []


def test_i2_a_step_that_is_committed_twice(run: Run) -> None:
    _change("DROP INDEX step_run_committed_once")
    _again(run, "call", attempt=2)

    assert Broken("I2", run.pk, f"step {step_id('call')} is committed 2 times") in invariants.check()


def _again(run: Run, slug: str, **over: object) -> None:
    row = StepRun.objects.get(run=run, path=step_id(slug), attempt=1)
    row.pk = uuid7()
    row._state.adding = True
    for name, value in over.items():
        setattr(row, name, value)
    row.save(force_insert=True)


def test_i3_a_number_that_is_missing(run: Run) -> None:
    StepRun.objects.filter(run=run, seq=3).update(seq=4)

    assert _said(invariants.check(), "I3", run) == ["holds 3 steps up to number 4, and its own count is 3"]


def test_i3_a_step_that_was_left_out(run: Run) -> None:
    StepRun.objects.filter(run=run, path=step_id("call")).delete()

    found = _said(invariants.check(), "I3", run)

    assert f"succeeded, although step {step_id('call')} has no outcome" in found
    assert f"step {step_id('after')} has an outcome, and the way never came to it" in found


def test_i7_a_claim_that_wrote_after_a_later_one(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(epoch=2)
    StepRun.objects.filter(run=run, seq=2).update(epoch=2)

    (why,) = _said(invariants.check(), "I7", run)

    assert why == f"step {step_id('after')} was written by claim 1 after a later one"


def test_i7_a_claim_that_never_was(run: Run) -> None:
    StepRun.objects.filter(run=run, seq=3).update(epoch=5)

    assert _said(invariants.check(), "I7", run) == [f"step {step_id('after')} was written by claim 5 of 1"]


def test_i8_a_run_that_is_due_and_nobody_comes(queued: Run) -> None:
    long_ago = timezone.now() - timedelta(minutes=2)
    Run.objects.filter(pk=queued.pk).update(next_at=long_ago)
    assert invariants.check() == []  # its lane has just served somebody

    WorkspaceLane.objects.update(last_served_at=long_ago)

    (why,) = _said(invariants.check(), "I8", queued)
    assert why.startswith("has been due for 00:02:00")
    assert invariants.check(stuck_after_s=300) == []


@pytest.mark.parametrize(
    "excuse",
    [
        lambda: Workflow.objects.update(paused_at=timezone.now()),
        lambda: WorkspaceLane.objects.update(paused=True),
    ],
    ids=["workflow paused", "lane paused"],
)
def test_i8_a_run_that_is_paused_may_be_late(queued: Run, excuse: Callable[[], None]) -> None:
    long_ago = timezone.now() - timedelta(minutes=2)
    Run.objects.filter(pk=queued.pk).update(next_at=long_ago)
    WorkspaceLane.objects.update(last_served_at=long_ago)
    assert invariants.check() != []

    excuse()

    assert invariants.check() == []


def test_i8_a_run_whose_holder_is_gone_and_nobody_comes(queued: Run) -> None:
    long_ago = timezone.now() - timedelta(minutes=2)
    Run.objects.filter(pk=queued.pk).update(status="running", lease_until=long_ago)

    (why,) = _said(invariants.check(), "I8", queued)

    assert why.startswith("lost its holder 00:02:00")


def test_i9_a_run_that_ended_and_yet_waits(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(wait_reason="delay")

    assert _said(invariants.check(), "I9", run) == ["is succeeded, and yet waits"]


def test_i9_a_step_that_began_after_the_end(run: Run) -> None:
    StepRun.objects.filter(run=run, seq=3).update(started_at=F("started_at") + timedelta(hours=1))

    (why,) = _said(invariants.check(), "I9", run)

    assert why.startswith(f"step {step_id('after')} began 00:59:59")


def test_i10_a_version_that_is_not_the_text_that_was_published(run: Run) -> None:
    _change("ALTER TABLE workflow_version DISABLE TRIGGER USER")
    WorkflowVersion.objects.update(sha256="0" * 64)

    (why,) = _said(invariants.check(), "I10", None)

    assert why == f"version 1 ({run.version_id}) is not the text that was published"


def test_i10_a_version_of_another_workflow(run: Run, workspace: Workspace) -> None:
    other = make_version(workspace, set_values("before", a=1), note("call", action="noted"), note("after"))
    Run.objects.filter(pk=run.pk).update(version=other)

    (why,) = _said(invariants.check(), "I10", run)

    assert why == f"belongs to workflow {run.workflow_id}, its version to {other.workflow_id}"


def test_i11_another_attempt_after_a_success(run: Run) -> None:
    _again(run, "call", attempt=2, status="failed", error_class="unavailable")

    why = f"step {step_id('call')} was attempted again after it had succeeded"
    assert Broken("I11", run.pk, why) in invariants.check()


def test_i11_another_attempt_after_a_failure_that_is_final(run: Run) -> None:
    _again(run, "call", attempt=0, status="failed", error_class="unavailable")
    assert invariants.check() == []

    StepRun.objects.filter(run=run, attempt=0).update(error_class="rejected")

    (why,) = _said(invariants.check(), "I11", run)
    assert why == f"step {step_id('call')} was attempted again after it had failed"


def test_i11_more_attempts_than_any_step_may_have(run: Run) -> None:
    for attempt in range(-6, 0):
        _again(run, "call", attempt=attempt, status="failed", error_class="unavailable")

    (why,) = _said(invariants.check(), "I11", run)

    assert why == f"step {step_id('call')} failed 6 times, and may 5 times"
    StepRun.objects.filter(run=run, attempt__lt=0).update(status="unknown", error_class="outcome_unknown")
    assert invariants.check() == []  # its holders were lost: that is not its fault


def test_i11_a_wait_for_another_attempt_that_is_too_long(queued: Run) -> None:
    Run.objects.filter(pk=queued.pk).update(wait_reason="retry", next_at=F("next_at") + timedelta(minutes=59))
    assert invariants.check() == []

    Run.objects.filter(pk=queued.pk).update(next_at=F("next_at") + timedelta(minutes=59))

    (why,) = _said(invariants.check(), "I11", queued)
    assert why.startswith("waits 01:57:")


def test_i12_an_outward_event_that_nobody_sends(run: Run) -> None:
    outbox.post("run.failed", run.workspace_id, "once", {"run": str(run.pk)})
    Outbox.objects.update(available_at=F("available_at") - timedelta(minutes=9))
    assert invariants.check() == []

    Outbox.objects.update(available_at=F("available_at") - timedelta(minutes=2))

    (why,) = _said(invariants.check(), "I12", run)
    assert why.startswith("run.failed")
    Outbox.objects.update(sent_at=timezone.now())
    assert invariants.check() == []


def test_only_runs_made_since_then_are_asked_about(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(wait_reason="delay")

    assert invariants.check(since=timezone.now() - timedelta(minutes=1)) != []
    assert invariants.check(since=timezone.now() + timedelta(minutes=1)) == []


# --- Of what the world saw ---------------------------------------------------------------------------------
def _seen(run: Run, *, late: timedelta = timedelta(0), body: str = "") -> list[Arrival]:
    """As the world should have seen it: each step once, right after its intent."""
    return [
        Arrival(row.idem_key, (row.started_at + late).timestamp() + 0.0001, body)
        for row in run.steps.exclude(action="flow.set_values@1").order_by("seq")
    ]


def _check(arrivals: list[Arrival]) -> list[Broken]:
    scope = Scope(since=None, stuck_after_s=60, is_quiet=True)
    return list(outside.broken(scope, arrivals, ["probe.noted@1", "probe.note@1"]))


def test_the_world_may_have_seen_what_the_journal_says(run: Run) -> None:
    assert _check(_seen(run)) == []


def test_i4_a_request_that_no_step_made(run: Run) -> None:
    (broken,) = _check([*_seen(run), Arrival("stranger", 0)])

    assert (broken.invariant, broken.why) == ("I4", "the world saw key stranger, which no step has")


def test_i4_a_success_that_never_reached_the_world(run: Run) -> None:
    (why,) = _said(_check(_seen(run)[:1]), "I4", run)

    assert why == f"step {step_id('after')} succeeded, and the world never saw it"


def test_i5_more_requests_than_attempts(run: Run) -> None:
    first, second = _seen(run)

    (why,) = _said(_check([first, first, second]), "I5", run)

    assert why == f"step {step_id('call')} was attempted 1 times, and the world saw 2"


def test_i5_an_attempt_that_is_known_to_be_lost_accounts_for_a_request(run: Run) -> None:
    _again(run, "call", attempt=0, status="unknown")
    first, second = _seen(run)[1:]

    assert _check([first, first, second]) == []


def test_i5_two_bodies_with_one_key(run: Run) -> None:
    _again(run, "call", attempt=0, status="unknown")
    first, second = _seen(run)[1:]

    (why,) = _said(_check([Arrival(first.key, first.at, "other"), first, second]), "I5", run)

    assert why == f"step {step_id('call')} sent different bodies with one key"


def test_i6_a_request_before_its_intent(run: Run) -> None:
    first, second = _seen(run)

    found = _said(_check([Arrival(first.key, first.at - 1), second]), "I6", run)

    assert found == [f"step {step_id('call')} reached the world before it was written down"]


def test_i6_a_request_before_that_of_an_earlier_step(run: Run) -> None:
    first, second = _seen(run)
    StepRun.objects.filter(run=run).update(started_at=F("started_at") - timedelta(seconds=1))

    (why,) = _said(_check([Arrival(first.key, second.at), Arrival(second.key, first.at)]), "I6", run)

    assert why == f"step {step_id('after')} reached the world before {step_id('call')}"


def test_i9_a_request_after_the_end(run: Run) -> None:
    first, second = _seen(run)

    (why,) = _said(_check([first, Arrival(second.key, second.at + 60)]), "I9", run)

    assert why.startswith(f"step {step_id('after')} reached the world 0:00:59")


# --- How it asks -------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_the_check_cannot_write() -> None:
    with pytest.raises(InternalError, match="read-only"), invariants.read_only():
        Workspace.objects.create(slug="never", name="Never")


@pytest.mark.django_db(transaction=True)
def test_the_check_reads_one_state_of_the_database() -> None:
    with invariants.read_only():
        assert ask("SHOW transaction_isolation", {}) == [("repeatable read",)]


def test_the_first_run_of_a_time_sorts_before_every_run_made_then() -> None:
    now = datetime.now(UTC)
    first = Scope(since=now - timedelta(milliseconds=2), stuck_after_s=1, is_quiet=False).first_run

    assert first < uuid7()
    assert first > UUID(int=0)
    with transaction.atomic():
        assert ask("SELECT %(a)s < %(b)s", {"a": first, "b": uuid7()}) == [(True,)]
