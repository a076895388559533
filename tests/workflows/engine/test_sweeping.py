"""What hints missed is rung again."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from tests.support.dying import lease_ends
from tests.support.runs import Rung, make_version, start_run
from workflows.engine import claiming, sweeping
from workflows.engine.advancing import advance
from workflows.models import Run
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db


def _hinted(ago: float) -> None:
    Run.objects.update(hinted_at=timezone.now() - timedelta(seconds=ago))


def test_a_due_run_whose_hint_was_lost_is_rung_again(workspace: Workspace, bell: Rung) -> None:
    run_id = start_run(make_version(workspace), lane="live")
    _hinted(ago=16)

    sweeping.sweep()
    sweeping.sweep()

    assert bell.hints == [(run_id, "live")]


def test_a_hint_gets_time_to_arrive(workspace: Workspace, bell: Rung) -> None:
    start_run(make_version(workspace))

    sweeping.sweep()

    assert bell.hints == []


def test_a_run_whose_holder_is_gone_is_rung_for_at_once(workspace: Workspace, bell: Rung) -> None:
    run_id = start_run(make_version(workspace))
    claiming.claim(run_id)
    Run.objects.update(hinted_at=F("hinted_at") - timedelta(hours=2))
    lease_ends(run_id)

    sweeping.sweep()

    assert bell.hints == [(run_id, "background")]


def test_ended_and_sleeping_runs_are_left_alone(workspace: Workspace, bell: Rung) -> None:
    version = make_version(workspace)
    advance(start_run(version), "background")
    start_run(version)
    Run.objects.filter(status="queued").update(next_at=timezone.now() + timedelta(hours=1))
    _hinted(ago=60)
    before = list(Run.objects.order_by("id").values())

    sweeping.sweep()

    assert bell.hints == []
    assert list(Run.objects.order_by("id").values()) == before


def test_a_paused_workflow_is_not_rung_for(workspace: Workspace, bell: Rung) -> None:
    version = make_version(workspace)
    start_run(version)
    _hinted(ago=60)
    type(version.workflow).objects.update(paused_at=timezone.now())

    sweeping.sweep()

    assert bell.hints == []
