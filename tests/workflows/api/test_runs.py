from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.support.make import (
    make_agent,
    make_conversation,
    make_published_workflow,
    make_step,
    make_workflow,
)
from tests.support.program import Program, error, paths
from workflows.engine import advancing
from workflows.models import Agent, Run
from workspaces.models import Workspace

ORDER = {"name": "order_number", "type": "integer", "required": True}
GREETING = [{"name": "greeting", "type": "string", "value": "{{ steps.prepare.output.greeting }}"}]


@pytest.fixture
def agent(workspace: Workspace) -> Agent:
    return make_agent(workspace)


def started(program: Program, workflow: Any, **body: Any) -> Any:
    return program.post(f"/workflows/{workflow.pk}/runs", {"input": {}, **body})


@pytest.mark.django_db(transaction=True)
def test_a_run_that_is_waited_for_answers_with_its_result(
    program: Program, agent: Agent, settings: Settings
) -> None:
    settings.LIVE_EXECUTOR = "inline"
    workflow = make_published_workflow(agent, "greet", variables=[ORDER], response=GREETING)

    answer = started(program, workflow, input={"order_number": 7}, wait=20)

    run = answer.json()
    assert answer.status_code == 200
    assert (
        run
        | {
            "workflow": str(workflow.pk),
            "version": 1,
            "kind": "production",
            "trigger": "api",
            "status": "succeeded",
            "wait_reason": None,
            "due_at": None,
            "result": {"greeting": "hello"},
            "error": None,
            "conversation": None,
        }
        == run
    )
    assert run["input"]["action"] == {"order_number": 7}
    assert run["created_at"].endswith("Z")
    step = run["steps"][0]
    assert (
        step
        | {
            "path": "s_prepare0",
            "step_id": "s_prepare0",
            "slug": "prepare",
            "action": "flow.set_values@1",
            "status": "succeeded",
            "attempt": 1,
            "output": {"greeting": "hello"},
            "error": None,
        }
        == step
    )
    assert program.get(f"/runs/{run['id']}").json() == run


@pytest.mark.django_db(transaction=True)
def test_a_run_that_failed_is_an_answer_too(program: Program, agent: Agent, settings: Settings) -> None:
    settings.LIVE_EXECUTOR = "inline"
    stop = make_step("stop", action="flow.stop@1", inputs={"result": "failed", "message": "no stock"})
    workflow = make_published_workflow(agent, "greet", steps=[stop])

    answer = started(program, workflow, wait=20)

    assert (answer.status_code, answer.json()["status"]) == (200, "failed")
    assert answer.json()["error"]["message"] == "no stock"


def test_a_run_that_is_not_waited_for_is_accepted(program: Program, agent: Agent) -> None:
    answer = started(program, make_published_workflow(agent))

    assert (answer.status_code, answer.json()["status"]) == (202, "queued")


def test_a_run_in_a_conversation_starts_with_its_values(program: Program, agent: Agent) -> None:
    conversation = make_conversation(agent, variables={"plan": "gold"}, secure_metadata={"id": "x-CANARY"})
    trusted = [
        {"name": "plan", "source": "trusted", "from": "variables.plan"},
        {"name": "customer", "source": "trusted", "from": "secure.id"},
    ]
    workflow = make_published_workflow(agent, variables=trusted)

    run = started(program, workflow, conversation=str(conversation.pk)).json()

    assert run["conversation"] == str(conversation.pk)
    assert run["input"]["action"] == {"plan": "gold", "customer": "•••"}
    assert run["input"]["variables"] == {"plan": "gold"}


def test_a_conversation_of_another_agent_is_refused(program: Program, agent: Agent) -> None:
    other = make_conversation(make_agent(agent.workspace))

    refused = started(program, make_published_workflow(agent), conversation=str(other.pk))

    assert (refused.status_code, paths(refused)) == (404, ["conversation"])


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({}, "input.order_number"),
        ({"order_number": "7"}, "input.order_number"),
        ({"order_number": 7, "colour": 1}, "input.colour"),
    ],
)
def test_wrong_input_makes_no_run(given: dict[str, Any], path: str, program: Program, agent: Agent) -> None:
    workflow = make_published_workflow(agent, variables=[ORDER])

    refused = started(program, workflow, input=given)

    assert (refused.status_code, paths(refused)) == (422, [path])
    assert not Run.objects.exists()


def test_only_live_action_workflows_are_started(program: Program, agent: Agent) -> None:
    draft = make_workflow(agent, "draft")
    paused = make_published_workflow(agent, "paused")
    paused.paused_at = timezone.now()
    paused.save()
    after = make_published_workflow(agent, "After", "post_conversation", enabled=True)

    answers = [started(program, workflow) for workflow in (draft, paused, after)]

    told = [(answer.status_code, error(answer)["code"]) for answer in answers]
    assert told == [(409, "not_live"), (409, "not_live"), (422, "wrong_kind")]


@pytest.mark.parametrize("wait", [-1, 120.5, "3", None, True])
def test_one_waits_two_minutes_at_most(wait: object, program: Program, agent: Agent) -> None:
    refused = started(program, make_published_workflow(agent), wait=wait)

    assert (refused.status_code, paths(refused)) == (422, ["wait"])


def test_runs_are_listed_newest_first_and_go_on_by_cursor(program: Program, agent: Agent) -> None:
    workflow = make_published_workflow(agent)
    made = [started(program, workflow).json()["id"] for _ in range(5)]
    seen: list[str] = []
    cursor: dict[str, str] = {}

    while True:
        page = program.get("/runs", limit="2", **cursor).json()
        seen += [item["id"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert sorted(seen) == sorted(made)
    assert seen == sorted(made, reverse=True)


def test_runs_are_filtered(program: Program, agent: Agent) -> None:
    conversation = make_conversation(agent)
    one, other = make_published_workflow(agent), make_published_workflow(agent)
    first = started(program, one, conversation=str(conversation.pk)).json()["id"]
    second = started(program, other).json()["id"]
    program.post(f"/runs/{second}/cancel")

    def ids(**filters: str) -> list[str]:
        return [item["id"] for item in program.get("/runs", **filters).json()["items"]]

    assert (
        ids(workflow=str(one.pk)) == ids(conversation=str(conversation.pk)) == ids(status="queued") == [first]
    )
    assert ids(workflow=str(other.pk)) == ids(status="cancelled") == [second]
    assert ids(status="waiting") == ids(workflow=str(one.pk), status="failed") == []


def test_a_filter_with_an_unknown_value_is_refused(program: Program) -> None:
    refused = program.get("/runs", status="sleeping")
    no_id = program.get("/runs", workflow="17")

    assert (refused.status_code, paths(refused)) == (422, ["status"])
    assert (no_id.status_code, paths(no_id)) == (422, ["workflow"])


def test_filtering_by_what_belongs_to_somebody_else_finds_nothing(program: Program) -> None:
    foreign = make_published_workflow()
    started(Program(foreign.workspace), foreign)

    assert program.get("/runs", workflow=str(foreign.pk)).json()["items"] == []


def test_a_list_of_many_runs_takes_as_many_queries_as_one(
    program: Program, agent: Agent, django_assert_num_queries: Any
) -> None:
    workflow = make_published_workflow(agent)
    for _ in range(3):
        started(program, workflow)

    with django_assert_num_queries(2):  # the key, the runs
        assert len(program.get("/runs").json()["items"]) == 3


def test_a_run_is_cancelled_before_its_next_step(program: Program, agent: Agent) -> None:
    run = started(program, make_published_workflow(agent)).json()["id"]

    answers = [program.post(f"/runs/{run}/cancel") for _ in range(2)]

    assert [(answer.status_code, answer.json()["status"]) for answer in answers] == [(200, "cancelled")] * 2


def test_a_delay_shows_as_a_waiting_step_with_its_due_time(program: Program, agent: Agent) -> None:
    wait = make_step("wait", action="flow.delay@1", inputs={"mode": "for", "amount": 1, "unit": "days"})
    make_published_workflow(agent, "After", "post_conversation", enabled=True, steps=[wait])
    conversation = make_conversation(agent)
    ended = program.post(f"/conversations/{conversation.pk}/end").json()
    advancing.advance_one(Run.objects.get().pk)

    run = program.get(f"/runs/{ended['runs'][0]['id']}").json()

    assert (run["status"], run["wait_reason"]) == ("waiting", "delay")
    assert run["due_at"].endswith("Z")
    assert [(step["slug"], step["status"]) for step in run["steps"]] == [("wait", "waiting")]


def test_a_failed_run_is_tried_again_from_where_it_failed(program: Program, agent: Agent) -> None:
    stop = make_step("stop", action="flow.stop@1", inputs={"result": "failed", "message": "no stock"})
    workflow = make_published_workflow(agent, steps=[make_step(), stop])
    run = started(program, workflow).json()["id"]
    too_early = program.post(f"/runs/{run}/retry")
    advancing.advance_one(Run.objects.get().pk)

    again = program.post(f"/runs/{run}/retry")

    assert (too_early.status_code, error(too_early)["code"]) == (409, "not_retryable")
    assert (again.status_code, again.json()["trigger"]) == (201, "retry")
    assert again.json()["steps"][0]["slug"] == "prepare"
