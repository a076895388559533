"""Runs over the API: let go on now or later, tried again on either version, one or many."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.support.make import (
    make_agent,
    make_conversation,
    make_document,
    make_published_workflow,
    make_step,
)
from tests.support.program import Program, error, paths
from workflows.engine import advancing
from workflows.models import Agent, Run, Workflow
from workflows.services import drafting
from workspaces.models import Workspace
from workspaces.services import audit

WAIT = make_step("wait", action="flow.delay@1", inputs={"mode": "for", "amount": 1, "unit": "days"})
STOP = make_step("stop", action="flow.stop@1", inputs={"result": "failed", "message": "no stock"})
FINE = make_step("stop", action="flow.stop@1", inputs={"result": "succeeded"})


@pytest.fixture
def agent(workspace: Workspace) -> Agent:
    return make_agent(workspace)


@pytest.fixture
def waiting(agent: Agent, program: Program) -> Run:
    make_published_workflow(agent, "After", "post_conversation", enabled=True, steps=[make_step(), WAIT])
    conversation = make_conversation(agent)
    program.post(f"/conversations/{conversation.pk}/end")
    advancing.advance_one(Run.objects.get().pk)
    return Run.objects.get()


@pytest.fixture
def failing(agent: Agent) -> Workflow:
    return make_published_workflow(agent, steps=[make_step(), STOP])


def failed(program: Program, workflow: Workflow) -> str:
    run: str = program.post(f"/workflows/{workflow.pk}/runs", {"input": {}}).json()["id"]
    advancing.advance_one(Run.objects.get(pk=run).pk)
    return run


def change(workflow: Workflow, *steps: dict[str, Any]) -> int:
    workflow.refresh_from_db()
    content = make_document(workflow.name, *steps, enabled=workflow.kind == "post_conversation")
    if workflow.kind == "action":
        del content["settings"]["enabled"]
    by = audit.system("test")
    return drafting.replace(workflow, content, revision=workflow.draft_revision, by=by).draft_revision


def test_a_waiting_run_goes_on_now(program: Program, waiting: Run) -> None:
    answer = program.post(f"/runs/{waiting.pk}/run-now")

    assert (answer.status_code, answer.json()["status"]) == (200, "waiting")
    advancing.advance_one(waiting.pk)
    assert program.get(f"/runs/{waiting.pk}").json()["status"] == "succeeded"


def test_a_waiting_run_is_put_off(program: Program, waiting: Run) -> None:
    answer = program.post(f"/runs/{waiting.pk}/postpone", {"until": "2030-01-02T09:00:00+01:00"})

    assert (answer.status_code, answer.json()["due_at"]) == (200, "2030-01-02T08:00:00Z")


def test_putting_off_wants_a_time_that_lies_ahead(program: Program, waiting: Run) -> None:
    past = (timezone.now() - timedelta(hours=1)).isoformat()

    for body in ({"until": past}, {}, {"until": "tomorrow"}, {"until": 7}):
        refused = program.post(f"/runs/{waiting.pk}/postpone", body)
        assert (refused.status_code, paths(refused)) == (422, ["until"]), body


def test_a_run_that_has_ended_does_not_wait_any_more(program: Program, failing: Workflow) -> None:
    run = failed(program, failing)

    for path, body in (("run-now", {}), ("postpone", {"until": "2030-01-01T00:00:00Z"})):
        refused = program.post(f"/runs/{run}/{path}", body)
        assert (refused.status_code, error(refused)["code"]) == (409, "not_waiting"), path
    assert error(program.post(f"/runs/{run}/resume"))["code"] == "not_retryable"


def test_a_run_goes_on_in_the_repaired_version(program: Program, failing: Workflow) -> None:
    run = failed(program, failing)
    program.post(f"/workflows/{failing.pk}/publish", {"revision": change(failing, make_step(), FINE)})

    again = program.post(f"/runs/{run}/retry", {"version": "live"})

    assert (again.status_code, again.json()["version"]) == (201, 2)
    assert [step["slug"] for step in again.json()["steps"]] == ["prepare"]
    advancing.advance_one(Run.objects.get(pk=again.json()["id"]).pk)
    assert program.get(f"/runs/{again.json()['id']}").json()["status"] == "succeeded"


def test_a_step_that_is_gone_is_named_with_the_one_in_its_place(program: Program, failing: Workflow) -> None:
    run = failed(program, failing)
    other = make_step("other")
    program.post(f"/workflows/{failing.pk}/publish", {"revision": change(failing, make_step(), other)})

    refused = program.post(f"/runs/{run}/retry", {"version": "live"})

    assert (refused.status_code, error(refused)["code"]) == (409, "step_gone")
    offered = error(refused)["problems"][0]["message"]
    assert offered == other["id"]
    assert program.post(f"/runs/{run}/retry", {"version": "live", "instead": offered}).status_code == 201


def test_a_version_that_is_neither_is_refused(program: Program, failing: Workflow) -> None:
    refused = program.post(f"/runs/{failed(program, failing)}/retry", {"version": "newest"})

    assert (refused.status_code, paths(refused)) == (422, ["version"])


def test_many_are_tried_again_batch_by_batch(program: Program, failing: Workflow) -> None:
    for _ in range(3):
        failed(program, failing)

    first = program.post("/runs/retry", {"workflow": str(failing.pk), "limit": 2}).json()
    rest = program.post("/runs/retry", {"cursor": first["next_cursor"], "limit": 2}).json()

    assert (len(first["runs"]), first["left"]) == (2, 1)
    assert (len(rest["runs"]), rest["left"], rest["next_cursor"]) == (1, 0, None)
    assert program.post("/runs/retry", {"error": "stopped"}).json()["runs"] == []


def test_the_list_is_narrowed_by_version_error_and_time(program: Program, failing: Workflow) -> None:
    run = failed(program, failing)

    for good in ({"error": "stopped"}, {"version": "1"}, {"since": "2020-01-01T00:00:00Z"}):
        assert [item["id"] for item in program.get("/runs", **good).json()["items"]] == [run], good
    for other in ({"error": "timed_out"}, {"version": "2"}, {"until": "2020-01-01T00:00:00Z"}):
        assert program.get("/runs", **other).json()["items"] == [], other
    assert program.get("/runs", version="0").status_code == 422


def test_publishing_says_what_became_of_the_runs_that_wait(program: Program, waiting: Run) -> None:
    workflow = waiting.workflow
    after = make_step("after")

    moved = program.post(
        f"/workflows/{workflow.pk}/publish",
        {"revision": change(workflow, make_step(), WAIT, after), "waiting": "move"},
    )
    stayed = program.post(
        f"/workflows/{workflow.pk}/publish", {"revision": change(workflow, after), "waiting": "move"}
    )

    nothing = {"kept": 0, "moved": 0, "stayed": 0, "cancelled": 0}
    assert moved.json() == {"version": 2, "waiting": {**nothing, "moved": 1}}
    assert stayed.json() == {"version": 3, "waiting": {**nothing, "stayed": 1}}


def test_a_choice_that_is_none_is_refused(program: Program, failing: Workflow) -> None:
    refused = program.post(f"/workflows/{failing.pk}/publish", {"revision": 2, "waiting": "drop"})

    assert (refused.status_code, paths(refused)) == (422, ["waiting"])
