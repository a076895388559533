"""Somebody is told when runs fail: at once of the first, once of many, and never of what a run held."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db.models import F
from django.utils import timezone
from pytest_django.fixtures import Settings

from connectors.declare import Inputs
from connectors.errors import NeedsReconnect, Rejected
from tests.support.dying import lease_ends
from tests.support.probe import Probe, note
from tests.support.runs import Rung, apps, make_version, rung, start_run
from workflows.engine import claiming, sweeping
from workflows.engine.advancing import advance
from workflows.models import AlertGroup, AlertSettings, Outbox, Run, WorkflowVersion
from workflows.services import alert_settings, alert_texts, alerts, sending
from workspaces.models import Workspace
from workspaces.services import audit

pytestmark = pytest.mark.django_db
BY = audit.system("test")
CANARY = "canary-4711"


@pytest.fixture(autouse=True)
def bell() -> Iterator[Rung]:
    with rung() as bell:
        yield bell


@pytest.fixture(autouse=True)
def base_url(settings: Settings) -> None:
    settings.BASE_URL = "https://parley.example"


@pytest.fixture
def probe() -> Iterator[Probe]:
    """It fails, with something secret in its message."""
    probe = Probe()

    def refuse(_: Inputs) -> Any:
        raise Rejected(f"No order {CANARY}.")

    probe.then = refuse
    with apps(probe.app()):
        yield probe


@pytest.fixture
def told(workspace: Workspace) -> AlertSettings:
    return turn_on(workspace)


@pytest.fixture
def version(workspace: Workspace, probe: Probe) -> WorkflowVersion:
    return make_version(workspace, note("look_up", label="Look up the order"))


def turn_on(workspace: Workspace, **over: Any) -> AlertSettings:
    given = {"is_on": True, "emails": "ada@example.com", "webhook_url": "", "window_minutes": 60, **over}
    return alert_settings.save(workspace, **given, by=BY).settings


def fail(version: WorkflowVersion, **over: Any) -> UUID:
    run_id = start_run(version, input={"action": {"order": CANARY}}, **over)
    advance(run_id, "background")
    return run_id


def notices() -> list[dict[str, Any]]:
    rows = Outbox.objects.filter(topic__in=sending.SENDERS).order_by("created_at", "id")
    return [row.payload["notice"] for row in rows]


def an_hour_passes() -> None:
    hour = timedelta(hours=1, seconds=1)
    AlertGroup.objects.update(closes_at=F("closes_at") - hour)
    Outbox.objects.filter(sent_at=None, topic=alerts.WINDOW).update(available_at=timezone.now())


def test_a_run_that_fails_is_written_down_with_its_end(version: WorkflowVersion) -> None:
    run_id = fail(version)

    row = Outbox.objects.get()
    assert (row.topic, row.dedupe_key) == ("run.failed", f"run.failed:{run_id}")
    assert row.payload == {
        "run": str(run_id),
        "workflow": str(version.workflow_id),
        "code": "rejected",
        "path": "s_lookup00",
    }


def test_runs_that_succeed_and_tests_that_fail_are_not(
    workspace: Workspace, version: WorkflowVersion, probe: Probe
) -> None:
    fail(version, kind="test", trigger="test")
    probe.then = lambda _: {}
    fail(version)

    assert not Outbox.objects.exists()


def test_the_first_failure_is_told_at_once(version: WorkflowVersion, told: AlertSettings) -> None:
    run_id = fail(version)

    alerts.take()

    [notice] = notices()
    assert notice["type"] == "run.failed"
    assert notice["data"]["workflow"]["name"] == version.workflow.name
    assert notice["data"]["step"] == "1. Look up the order"
    assert notice["data"]["what"] == "The other side refused"
    assert notice["data"]["run"]["url"] == f"https://parley.example/runs/{run_id}/"
    text = alert_texts.text(notice)
    for part in ("Look up the order", "The other side refused", f"/runs/{run_id}/", "What is safe to do"):
        assert part in text


def test_further_ones_are_counted_and_told_together(version: WorkflowVersion, told: AlertSettings) -> None:
    for _ in range(3):
        fail(version)
        alerts.take()
    assert [notice["type"] for notice in notices()] == ["run.failed"]

    an_hour_passes()
    alerts.take()

    [_, summary] = notices()
    assert summary["type"] == "run.failed_more"
    assert summary["data"]["count"] == 2
    assert "failed 2 more times" in alert_texts.text(summary)
    assert "2 more times" in alert_texts.subject(summary)


def test_an_hour_in_which_nothing_more_happened_is_not_told(
    version: WorkflowVersion, told: AlertSettings
) -> None:
    fail(version)
    alerts.take()
    an_hour_passes()
    alerts.take()
    assert len(notices()) == 1

    fail(version)
    alerts.take()

    assert [notice["type"] for notice in notices()] == ["run.failed", "run.failed"]


def test_a_failure_after_the_hour_does_not_hide_what_was_counted(
    version: WorkflowVersion, told: AlertSettings
) -> None:
    fail(version)
    fail(version)
    alerts.take()
    AlertGroup.objects.update(closes_at=timezone.now())  # but its row in the outbox is not due yet

    fail(version)
    alerts.take()
    an_hour_passes()
    alerts.take()

    assert [notice["type"] for notice in notices()] == ["run.failed", "run.failed_more", "run.failed"]


def test_another_error_is_another_group(version: WorkflowVersion, told: AlertSettings, probe: Probe) -> None:
    fail(version)

    def refuse(_: Inputs) -> Any:
        raise NeedsReconnect("The token is old.")

    probe.then = refuse
    fail(version)
    alerts.take()

    assert sorted(notice["data"]["code"] for notice in notices()) == ["needs_reconnect", "rejected"]


def test_many_at_once_are_one_alert_and_a_count(version: WorkflowVersion, told: AlertSettings) -> None:
    for _ in range(4):
        fail(version)

    alerts.take()

    assert len(notices()) == 1
    assert AlertGroup.objects.get().further == 3


def test_nothing_is_told_twice_however_often_it_is_taken(
    version: WorkflowVersion, told: AlertSettings
) -> None:
    fail(version)

    assert [alerts.take(), alerts.take()] == [1, 0]
    assert len(notices()) == 1


def test_everybody_who_is_named_gets_a_row_and_the_webhook_another(
    workspace: Workspace, version: WorkflowVersion
) -> None:
    turn_on(workspace, emails="ada@example.com, bob@example.com", webhook_url="https://hooks.example.com/x")
    fail(version)

    alerts.take()

    rows = Outbox.objects.filter(topic__in=sending.SENDERS)
    assert sorted((row.topic, row.payload.get("to", "")) for row in rows) == [
        ("alert.email", "ada@example.com"),
        ("alert.email", "bob@example.com"),
        ("alert.webhook", ""),
    ]


def test_a_workspace_that_did_not_ask_is_not_told(workspace: Workspace, version: WorkflowVersion) -> None:
    turn_on(workspace, is_on=False)
    fail(version)

    alerts.take()

    assert notices() == []
    assert not Outbox.objects.filter(sent_at=None).exists()


def test_no_value_of_the_run_is_in_what_is_told(version: WorkflowVersion, told: AlertSettings) -> None:
    fail(version)
    fail(version)
    alerts.take()
    an_hour_passes()
    alerts.take()

    assert len(notices()) == 2
    for notice in notices():
        everything = json.dumps(notice) + alert_texts.subject(notice) + alert_texts.text(notice)
        assert CANARY not in everything


def test_a_run_that_is_held_back_is_told_too(version: WorkflowVersion, told: AlertSettings) -> None:
    run_id = start_run(version)
    claiming.claim(run_id)
    Run.objects.update(crash_count=5)
    lease_ends(run_id)

    sweeping.sweep()
    alerts.take()

    [notice] = notices()
    assert notice["type"] == "run.quarantined"
    assert "held back" in alert_texts.subject(notice)
    assert str(run_id) in alert_texts.text(notice)


def test_a_workflow_that_is_gone_is_passed_over(version: WorkflowVersion, told: AlertSettings) -> None:
    fail(version)
    row = Outbox.objects.get()
    Outbox.objects.update(payload={**row.payload, "workflow": "01890000-0000-7000-8000-000000000001"})

    assert alerts.take() == 1
    assert notices() == []
