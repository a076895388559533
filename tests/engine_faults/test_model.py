"""Fault test 20: claims, steps, parks, cancels, retries and lost holders in any order, against a model of a
page.

PostgreSQL is real. Time passes only when the model says so: every stored moment is moved back by as much.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest
from django.db import transaction
from django.db.models import F
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from connectors.errors import Rejected, Unavailable
from tests.support.make import make_workspace
from tests.support.probe import Died, Probe, note
from tests.support.runs import apps, make_version, rung, set_values, start_run, step, step_id
from workflows.engine import claiming, invariants, perform, sweeping
from workflows.engine.claiming import ISOLATED_FROM, QUARANTINED_FROM, Claim
from workflows.engine.journal import LeaseLost
from workflows.errors import NotRetryable
from workflows.models import Run
from workflows.services import operating
from workspaces.services import audit

BY = audit.system("test")
LONG = timedelta(hours=2)
ENDED = ("succeeded", "failed", "cancelled")
STEPS = ("one", "two")
"""The effects of the workflow, in order; between them it sleeps for an hour."""
WAYS = st.sampled_from(["well", "well", "refused", "later", "dies", "busy"])
"""What becomes of the effect that a holder begins."""


@dataclass
class Model:
    """What a run should look like."""

    status: str = "queued"
    is_due: bool = True
    epoch: int = 0
    crashes: int = 0
    is_cancelled: bool = False
    done: list[str] = field(default_factory=list)
    """Steps that have their outcome."""
    in_doubt: str = ""
    """A step whose holder was lost in the middle of it."""
    asleep: bool = False


@dataclass
class Holder:
    """A worker that has claimed and not acted yet."""

    claim: Claim
    run: UUID


class Engine(RuleBasedStateMachine):
    workspace: ClassVar[Any]
    version: ClassVar[Any]
    probe: ClassVar[Probe]
    overtaken: ClassVar[set[str]] = set()
    """How those wanted to act whom another holder had overtaken."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: dict[UUID, Model] = {}
        self.holders: list[Holder] = []

    @initialize()
    def begin(self) -> None:
        self.before = transaction.savepoint_create()
        self.probe.calls.clear()

    def teardown(self) -> None:
        """The next order of events begins with nothing, even if this one broke a rule of the database."""
        transaction.set_rollback(False)
        transaction.savepoint_rollback(self.before)

    # --- What people do ------------------------------------------------------------------------------------
    @precondition(lambda self: len(self.runs) < 4)
    @rule()
    def start(self) -> None:
        self.runs[start_run(self.version)] = Model()

    @precondition(lambda self: self.runs)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        run_id = data.draw(st.sampled_from(sorted(self.runs)))
        model = self.runs[run_id]
        operating.cancel(Run.objects.get(pk=run_id), BY)
        if model.status in ("queued", "quarantined"):
            model.status, model.is_cancelled = "cancelled", True
        elif model.status == "running":
            model.is_cancelled = True

    @precondition(lambda self: len(self.runs) < 6 and any(m.status in ENDED for m in self.runs.values()))
    @rule(data=st.data())
    def retry(self, data: st.DataObject) -> None:
        """A successor that takes over what is done; of a success there is none."""
        run_id = data.draw(st.sampled_from(sorted(r for r, m in self.runs.items() if m.status in ENDED)))
        model = self.runs[run_id]
        try:
            successor = operating.retry(Run.objects.get(pk=run_id), BY)
        except NotRetryable:
            assert model.status == "succeeded"
            return
        assert model.status in ("failed", "cancelled")
        self.runs.setdefault(successor.pk, Model(done=list(model.done)))

    @precondition(lambda self: any(m.status == "quarantined" for m in self.runs.values()))
    @rule(data=st.data())
    def resume(self, data: st.DataObject) -> None:
        held = sorted(run_id for run_id, model in self.runs.items() if model.status == "quarantined")
        run_id = data.draw(st.sampled_from(held))
        operating.resume(Run.objects.get(pk=run_id), BY)
        model = self.runs[run_id]
        model.status, model.is_due, model.crashes = "queued", True, 0

    # --- What workers do -----------------------------------------------------------------------------------
    @precondition(lambda self: self.runs and len(self.holders) < 3)
    @rule(data=st.data(), isolated=st.booleans())
    def claim(self, data: st.DataObject, isolated: bool) -> None:
        run_id = data.draw(st.sampled_from(sorted(self.runs)))
        model = self.runs[run_id]
        found = claiming.claim(run_id, isolated=isolated)
        may = (model.status == "queued" or model.status == "running") and model.is_due
        may = may and model.crashes < QUARANTINED_FROM and (isolated or model.crashes < ISOLATED_FROM)
        assert (found is not None) == may, model
        if found:
            self._is_taken(found, model)

    @precondition(lambda self: self.runs and len(self.holders) < 3)
    @rule(isolated=st.booleans())
    def claim_next(self, isolated: bool) -> None:
        lane = "system" if isolated else "background"
        found = claiming.claim_next(lane, isolated=isolated)
        able = [m for m in self.runs.values() if m.is_due and self._is_for(m, isolated)]
        assert (found is not None) == bool(able), (able, found)
        if found:
            model = self.runs[found.run_id]
            lost = any(m.status == "running" for m in able)
            assert not lost or model.status == "running", "who lost their holder come first"
            self._is_taken(found, model)

    @staticmethod
    def _is_for(model: Model, isolated: bool) -> bool:
        if model.crashes >= QUARANTINED_FROM or model.status not in ("queued", "running"):
            return False
        return (model.crashes >= ISOLATED_FROM) == isolated

    def _is_taken(self, found: Claim, model: Model) -> None:
        model.crashes += model.status == "running"
        model.status, model.is_due, model.epoch = "running", False, model.epoch + 1
        assert found.epoch == model.epoch
        self.holders.append(Holder(found, found.run_id))

    @precondition(lambda self: self.holders)
    @rule(data=st.data(), what=WAYS)
    def work(self, data: st.DataObject, what: str) -> None:
        """A holder acts on what it claimed, be it its own still or not."""
        self._work(self.holders.pop(data.draw(st.integers(0, len(self.holders) - 1))), what)

    @precondition(lambda self: any(self._is_own(holder) for holder in self.holders))
    @rule(data=st.data(), what=WAYS, also=WAYS)
    def work_too_late(self, data: st.DataObject, what: str, also: str) -> None:
        """A holder sleeps past its lease, and acts while another has the run and after that one acted."""
        late = data.draw(st.sampled_from([holder for holder in self.holders if self._is_own(holder)]))
        self.holders.remove(late)
        self.time_passes()
        model = self.runs[late.run]
        found = claiming.claim(late.run, isolated=True)
        assert (found is not None) == (model.crashes < QUARANTINED_FROM)
        if found is None:
            return
        self._is_taken(found, model)
        self._work(late, what)
        self._work(self.holders.pop(), also)
        self._work(late, what)
        self.overtaken.add(what)

    def _is_own(self, holder: Holder) -> bool:
        model = self.runs[holder.run]
        return model.status == "running" and model.epoch == holder.claim.epoch

    def _work(self, holder: Holder, what: str) -> None:
        model = self.runs[holder.run]
        is_own = self._is_own(holder)
        began = len(self.probe.calls)
        self.probe.then = {"refused": _refuse, "later": _later, "dies": _die}.get(what, _well)
        try:
            perform.work(holder.claim, may_go_on=lambda: what != "busy")
        except LeaseLost:
            assert not is_own
            assert len(self.probe.calls) == began, "who has lost the run begins nothing"
            return
        except Died:
            self._died(holder, model, is_own, began)
            return
        assert is_own
        self._acted(holder, model, what)

    def _died(self, holder: Holder, model: Model, is_own: bool, began: int) -> None:
        """In the middle of an effect; what was committed before it stays."""
        assert is_own
        assert [text for text, _, _ in self.probe.calls[began:]] == [self._next(model)]
        row = Run.objects.get(pk=holder.run)
        assert (row.cur_path, row.cur_state) == (step_id(self._next(model)), "started")
        model.crashes = row.crash_count

    def _next(self, model: Model) -> str:
        return next(name for name in STEPS if name not in model.done)

    def _acted(self, holder: Holder, model: Model, what: str) -> None:
        run = Run.objects.get(pk=holder.run)
        model.status = run.status
        assert run.status in ("queued", *ENDED)
        model.is_due = run.status == "queued" and (run.wait_reason == "yield" or model.is_cancelled)
        if model.is_cancelled:
            assert run.status in ("cancelled", "queued", "succeeded", "failed")
        if run.status == "cancelled":
            assert model.is_cancelled
        if what == "refused" and run.status == "failed":
            assert run.error
        model.done = [
            name
            for name in STEPS
            if run.steps.filter(path=step_id(name), status__in=("succeeded", "skipped")).exists()
        ]
        if run.status == "succeeded":
            assert model.done == list(STEPS)
        model.crashes = run.crash_count

    # --- What time does ------------------------------------------------------------------------------------
    @rule()
    def time_passes(self) -> None:
        """Two hours: leases end, whatever slept is due."""
        for column in ("lease_until", "next_at", "hinted_at"):
            Run.objects.exclude(status__in=ENDED).update(**{column: F(column) - LONG})
        for model in self.runs.values():
            model.is_due = model.status in ("queued", "running")

    @rule()
    def sweep(self) -> None:
        sweeping.sweep()
        for model in self.runs.values():
            if model.status == "running" and model.is_due and model.crashes >= QUARANTINED_FROM:
                model.status, model.is_due = "quarantined", False

    # --- What always holds ---------------------------------------------------------------------------------
    @invariant()
    def rows_are_as_the_model_says(self) -> None:
        rows = {run.pk: run for run in Run.objects.all()}
        for run_id, model in self.runs.items():
            row = rows[run_id]
            assert (row.status, row.epoch, row.crash_count) == (model.status, model.epoch, model.crashes), (
                run_id
            )
            assert (row.lease_until is not None) == (model.status == "running")

    @invariant()
    def promises_hold(self) -> None:
        assert invariants.check(stuck_after_s=1e8) == []

    @invariant()
    def keys_are_one_per_step(self) -> None:
        """All attempts of a step, in a run and in those that follow it, carry one key."""
        roots = {run.pk: run.root_run_id for run in Run.objects.all()}
        assert len({key for _, key, _ in self.probe.calls}) <= len(set(roots.values())) * len(STEPS)


def _well(_: Any) -> Any:
    return {"ok": True}


def _refuse(_: Any) -> Any:
    raise Rejected("No.")


def _later(_: Any) -> Any:
    raise Unavailable("Not now.", retry_after_s=600)


def _die(_: Any) -> Any:
    raise Died


@pytest.mark.django_db
@pytest.mark.parametrize(("examples", "steps"), [(25, 25), pytest.param(300, 60, marks=pytest.mark.long)])
def test_no_order_of_events_leads_to_a_transition_that_the_model_does_not_have(
    examples: int, steps: int
) -> None:
    probe = Probe()
    with apps(probe.app()), rung():
        Engine.probe = probe
        Engine.workspace = make_workspace("model")
        Engine.version = make_version(
            Engine.workspace,
            set_values("before", a=1),
            note("one", action="noted"),
            step("nap", "flow.delay@1", {"mode": "for", "amount": 1, "unit": "hours"}),
            note("two", action="noted"),
            kind="post_conversation",
        )
        run_state_machine_as_test(
            Engine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=steps,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    assert Engine.overtaken, "no order of events had two holders of one run"
