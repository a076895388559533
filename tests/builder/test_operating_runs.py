"""What people press on a run that stopped: safe things at once, the others after a question."""

from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from tests.support.make import make_document
from tests.support.runs import make_version, rung, set_values, start_run, step, step_id
from workflows.engine.advancing import advance
from workflows.models import Run, Workflow, WorkflowVersion
from workflows.services import drafting, operating, publishing
from workspaces.models import User, Workspace
from workspaces.services import audit

BY = audit.system("test")
STOP = step("stop", "flow.stop@1", {"result": "failed", "message": "The shop is closed"})
FINE = step("stop", "flow.stop@1", {"result": "succeeded"})
UNSURE = {"code": "outcome_unknown", "message": "Interrupted.", "maybe_done": True}
MAIL = step(
    "mail", "rest.request@1", {"method": "POST", "url": "https://shop.example/orders"}, label="Order it"
)


def failed(workspace: Workspace, *steps: dict[str, Any], **over: Any) -> Run:
    with rung():
        run_id = start_run(make_version(workspace, *steps), **over)
        advance(run_id, "background")
    return Run.objects.select_related("version").get(pk=run_id)


def unsure(workspace: Workspace) -> Run:
    """Nobody knows whether its order was placed."""
    version = make_version(workspace, MAIL)
    run_id = start_run(version)
    error = {**UNSURE, "step_id": MAIL["id"], "path": MAIL["id"], "action": MAIL["action"]}
    Run.objects.filter(pk=run_id).update(
        status="failed", error=error, wait_reason=None, next_at=None, finished_at=timezone.now()
    )
    return Run.objects.get(pk=run_id)


def repair(version: WorkflowVersion, *steps: dict[str, Any]) -> None:
    workflow = Workflow.objects.get(pk=version.workflow_id)
    document = make_document(workflow.name, *steps)
    draft = drafting.replace(workflow, document, revision=workflow.draft_revision, by=BY)
    publishing.publish(draft, revision=draft.draft_revision, by=BY)


def text(response: Any) -> str:
    return str(response.content.decode())


def test_a_repaired_workflow_is_offered_to_the_run_that_failed(client: Client, workspace: Workspace) -> None:
    run = failed(workspace, set_values("note", a=1), STOP)
    repair(run.version, set_values("note", a=1), FINE)

    assert "Continue on v2" in text(client.get(f"/runs/{run.pk}/"))
    with rung():
        response = client.post(f"/runs/{run.pk}/retry/", {"version": "live"})

    successor = Run.objects.get(parent_run_id=run.pk)
    assert response["Location"] == f"/runs/{successor.pk}/"
    assert successor.version.number == 2


def test_both_runs_show_their_history_and_the_first_offers_nothing_more(
    client: Client, workspace: Workspace
) -> None:
    run = failed(workspace, STOP)
    with rung():
        successor = operating.retry(run, by=BY)

    old, new = (text(client.get(f"/runs/{pk}/?step=")) for pk in (run.pk, successor.pk))

    assert "Its history" in old
    assert "Its history" in new
    assert f"/runs/{successor.pk}/" in old
    assert f"Run #{successor.number} went on in its place" in old
    assert "Retry from the failed step" not in old


def test_what_may_happen_twice_is_asked_first(client: Client, workspace: Workspace) -> None:
    run = unsure(workspace)

    page = text(client.get(f"/runs/{run.pk}/"))
    question = text(client.get(f"/runs/{run.pk}/retry/"))

    assert "Nobody knows whether it happened" in page
    assert f'href="/runs/{run.pk}/retry/?version=same" data-dialog' in page
    assert "“Order it” may have taken place. If it did, retrying does it a second time." in question
    assert not Run.objects.filter(parent_run_id=run.pk).exists()


def test_a_step_that_is_gone_is_asked_about(client: Client, workspace: Workspace) -> None:
    run = failed(workspace, set_values("note", a=1), STOP)
    repair(run.version, set_values("note", a=1), set_values("after", b=2))

    asked = client.post(f"/runs/{run.pk}/retry/", {"version": "live"})
    with rung():
        client.post(f"/runs/{run.pk}/retry/", {"version": "live", "instead": step_id("after")})

    assert asked.status_code == 409
    assert "That step is gone" in text(asked)
    assert Run.objects.get(parent_run_id=run.pk)


def test_a_run_that_is_held_back_is_let_go_after_a_question(client: Client, workspace: Workspace) -> None:
    run = unsure(workspace)
    Run.objects.filter(pk=run.pk).update(
        status="quarantined", error=None, cur_path=MAIL["id"], crash_count=5, finished_at=None
    )

    assert "held back" in text(client.get(f"/runs/{run.pk}/?step="))
    assert "may have taken place" in text(client.get(f"/runs/{run.pk}/resume/"))
    with rung() as bell:
        client.post(f"/runs/{run.pk}/resume/")

    assert Run.objects.get(pk=run.pk).status == "queued"
    assert bell.hints == [] or bell.hints == [(run.pk, "background")]


def test_letting_go_of_a_run_that_is_not_held_back_is_refused(client: Client, workspace: Workspace) -> None:
    run = failed(workspace, STOP)

    page = client.post(f"/runs/{run.pk}/resume/", follow=True)

    assert "Only a run that is held back" in text(page)


# --- The list ----------------------------------------------------------------------------------------------
@pytest.fixture
def both(workspace: Workspace) -> tuple[Run, Run]:
    """One that failed, and a test that failed."""
    return failed(workspace, STOP), failed(workspace, STOP, kind="test")


def is_listed(client: Client, run_id: UUID, query: str) -> bool:
    return f'id="open-{run_id}"' in text(client.get(f"/w/acme/runs/?{query}"))


def test_tests_are_shown_and_counted_apart(client: Client, both: tuple[Run, Run]) -> None:
    production, test = (run.pk for run in both)

    shown = {
        query: (is_listed(client, production, query), is_listed(client, test, query))
        for query in ("", "kind=production", "kind=test", "kind=both")
    }

    assert shown == {
        "": (True, False),
        "kind=production": (True, False),
        "kind=test": (False, True),
        "kind=both": (True, True),
    }


@pytest.mark.parametrize(
    ("query", "is_there"),
    [
        ("error=stopped", True),
        ("error=timed_out", False),
        ("version=1", True),
        ("version=v2", False),
        ("span=24h", True),
        ("since=2020-01-01&until=2020-02-01", False),
        ("since=2020-01-01", True),
        ("conversation=0190aaaa-0000-7000-8000-000000000001", False),
        ("customer=nobody", False),
        ("state=failed&error=stopped", True),
        ("error=%00&since=x&until=99-99&version=-1&span=x&conversation=x", True),
    ],
)
def test_each_filter_narrows_and_nonsense_leaves_nothing_out(
    client: Client, both: tuple[Run, Run], query: str, is_there: bool
) -> None:
    assert is_listed(client, both[0].pk, query) is is_there


def test_failed_runs_are_tried_again_from_the_list_a_batch_at_a_time(
    client: Client, workspace: Workspace
) -> None:
    runs = [failed(workspace, STOP).pk for _ in range(3)]

    assert "Retry all 3 failed runs like this" in text(client.get("/w/acme/runs/?state=failed"))
    assert "Retry 3 failed runs?" in text(client.get("/w/acme/runs/retry/?state=failed"))
    with rung():
        done = text(client.post("/w/acme/runs/retry/?state=failed", {"version": "same"}))
        again = text(client.post("/w/acme/runs/retry/?state=failed", {"version": "same"}))

    assert "3 of 3 go on" in done
    assert "0 of 0 go on" in again
    assert set(Run.objects.filter(trigger="retry").values_list("parent_run_id", flat=True)) == set(runs)


def test_without_a_version_nothing_is_tried_again(client: Client, workspace: Workspace) -> None:
    failed(workspace, STOP)

    assert client.post("/w/acme/runs/retry/", {"version": "newest"}).status_code == 422
    assert not Run.objects.filter(trigger="retry").exists()


def test_a_viewer_is_offered_nothing(viewer: User, workspace: Workspace) -> None:
    run = failed(workspace, STOP)
    client = Client()
    client.force_login(viewer)

    assert "Retry" not in text(client.get("/w/acme/runs/?state=failed"))
    assert "Retry from the failed step" not in text(client.get(f"/runs/{run.pk}/"))
