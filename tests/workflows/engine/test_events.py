"""A run that waits for an event: by its signed address, once, in time or not at all."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from connectors.declare import JSON
from tests.support.probe import Probe, note
from tests.support.runs import Rung, error_of, make_version, output_of, start_run, step, step_id
from tests.workflows.engine.test_splits import branch
from workflows.engine import shown, waking
from workflows.engine.advancing import advance
from workflows.models import Run, RunEvent
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db


def wait(slug: str = "wait", timeout: JSON = 3, unit: str = "days", **over: JSON) -> dict[str, JSON]:
    return step(slug, "flow.wait_for_event@1", {"timeout": timeout, "unit": unit}, **over)


def started(workspace: Workspace, *steps: dict[str, JSON]) -> Run:
    run_id = start_run(make_version(workspace, *steps, kind="post_conversation"))
    advance(run_id, "background")
    return Run.objects.get(pk=run_id)


def post(url: str, body: Any, **headers: str) -> Any:
    path = "/api/v1/events/" + url.rpartition("/")[2]
    return Client().post(path, json.dumps(body), content_type="application/json", headers=headers)


def asked(workspace: Workspace, probe: Probe) -> tuple[Run, str]:
    """A run that told its address before it began to wait."""
    run = started(
        workspace,
        note("ask", "{{ run.event_url }}"),
        wait(),
        note("after", "{{ steps.wait.output.event.answer }}"),
    )
    return run, probe.calls[0][0]


def test_an_event_resumes_the_run_with_its_body(workspace: Workspace, probe: Probe, bell: Rung) -> None:
    run, url = asked(workspace, probe)
    assert (run.status, run.wait_reason) == ("queued", "event")
    assert shown.run_state(run) == "waiting"
    bell.hints.clear()

    answer = post(url, {"answer": "yes"})

    assert (answer.status_code, answer.json()) == (200, {"status": "received"})
    advance(run.pk, "background")
    run.refresh_from_db()
    assert run.status == "succeeded"
    assert probe.calls[-1][0] == "yes"


def test_the_same_answer_twice_counts_once(workspace: Workspace, probe: Probe) -> None:
    run, url = asked(workspace, probe)

    assert [post(url, {"answer": text}).status_code for text in ("first", "second")] == [200, 200]

    advance(run.pk, "background")
    assert probe.calls[-1][0] == "first"
    assert RunEvent.objects.count() == 1
    assert post(url, {"answer": "third"}).status_code == 409


def test_an_event_may_come_before_its_step(workspace: Workspace, probe: Probe) -> None:
    run_id = start_run(make_version(workspace, wait(), note("after"), kind="post_conversation"))
    assert post(waking.url(run_id), {"early": True}).status_code == 200

    advance(run_id, "background")

    run = Run.objects.get(pk=run_id)
    assert run.status == "succeeded"
    assert output_of(run, step_id("wait"))["event"] == {"early": True}


def over(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(next_at=timezone.now() - timedelta(seconds=1))
    advance(run.pk, "background")
    run.refresh_from_db()


def test_without_an_event_in_time_the_step_fails(workspace: Workspace, probe: Probe) -> None:
    run, url = asked(workspace, probe)

    over(run)

    assert (run.status, error_of(run)["code"]) == ("failed", "timed_out")
    assert post(url, {"answer": "late"}).status_code == 409


def test_its_error_branch_is_the_time_out_branch(workspace: Workspace, probe: Probe) -> None:
    late = branch("late", note("reminder"), on_error=True)
    run = started(workspace, wait(policy={"on_error": "branch"}, branches=[late]), note("after"))

    over(run)

    assert run.status == "succeeded"
    assert [text for text, _, _ in probe.calls] == ["reminder", "after"]


def test_each_wait_takes_its_own_event(workspace: Workspace, probe: Probe) -> None:
    run = started(workspace, wait("first"), wait("second"), note("after", "{{ steps.second.output.event }}"))
    url = waking.url(run.pk)

    for number in (1, 2):
        assert post(url, number).status_code == 200
        advance(run.pk, "background")

    run.refresh_from_db()
    assert run.status == "succeeded"
    assert probe.calls[-1][0] == "2"


@pytest.mark.parametrize("token", ["nonsense", "0" * 32, "0" * 32 + ".AAAA", "%00", "é"])
def test_a_made_up_address_leads_nowhere(workspace: Workspace, token: str) -> None:
    assert post(f"/{token}", {}).status_code == 404


def test_a_large_event_is_refused(workspace: Workspace, probe: Probe) -> None:
    _, url = asked(workspace, probe)

    assert post(url, {"answer": "x" * 70_000}).status_code == 413
    assert RunEvent.objects.count() == 0


def test_a_wait_of_nothing_sensible_fails(workspace: Workspace, probe: Probe) -> None:
    run = started(workspace, wait(timeout="soon"))

    assert (run.status, error_of(run)["code"]) == ("failed", "delay")


@pytest.mark.parametrize(
    ("body", "media_type", "status"),
    [
        (b"{", "application/json", 422),
        (b"\xff", "application/json", 422),
        (b'{"a": NaN}', "application/json", 422),
        (b'"a\\u0000b"', "application/json", 422),
        (b"[" * 100 + b"]" * 100, "application/json", 422),
        (b"{}", "text/plain", 415),
    ],
)
def test_a_body_that_cannot_be_kept_is_refused(
    workspace: Workspace, probe: Probe, body: bytes, media_type: str, status: int
) -> None:
    _, url = asked(workspace, probe)

    answer = Client().post("/api/v1/events/" + url.rpartition("/")[2], body, content_type=media_type)

    assert answer.status_code == status
    assert RunEvent.objects.count() == 0
