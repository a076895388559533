"""What somebody should look at is in /readyz and in the metrics."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from config import health, metrics
from tests.support.runs import make_version, start_run
from workflows.models import Run
from workflows.services import outbox
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db


def test_late_runs_held_back_runs_and_unsent_rows_are_told(
    workspace: Workspace, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_reached", {"tables"})
    quiet = client.get("/readyz").json()["alarms"]
    assert quiet == {"oldest_due_s": 0, "quarantined": 0, "outbox_late_s": 0}

    version = make_version(workspace)
    late, held = start_run(version), start_run(version)
    Run.objects.filter(pk=late).update(next_at=timezone.now() - timedelta(seconds=90))
    Run.objects.filter(pk=held).update(status="quarantined")
    ago = timezone.now() - timedelta(seconds=60)
    outbox.post("alert.email", workspace.pk, "1", {}, available_at=ago)

    alarms = client.get("/readyz").json()["alarms"]
    assert alarms["oldest_due_s"] >= 90
    assert alarms["quarantined"] == 1
    assert alarms["outbox_late_s"] >= 60
    told = client.get("/metrics").text
    assert "parley_runs_quarantined 1.0" in told
    assert "parley_outbox_given_up 0.0" in told
    assert "parley_outbox_late_seconds" in told


def test_a_paused_workflow_s_runs_are_no_alarm(workspace: Workspace, client: Client) -> None:
    version = make_version(workspace)
    start_run(version)
    Run.objects.update(next_at=timezone.now() - timedelta(seconds=90))
    type(version.workflow).objects.update(paused_at=timezone.now())

    assert metrics.alarms()["oldest_due_s"] == 0
