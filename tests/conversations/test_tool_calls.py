"""A tool call is answered exactly once: by its run, by its deadline, or by what is wrong with it."""

import threading
import time
from typing import Any

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from conversations.models import ToolCall
from conversations.services import ending
from tests.support.make import (
    make_agent,
    make_conversation,
    make_published_workflow,
    make_step,
    make_workflow,
)
from tests.support.program import Program, error
from tests.support.runs import rung
from workflows.models import Agent, Run
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db(transaction=True)

ORDER = {"name": "order_number", "type": "integer", "required": True}
CUSTOMER = {"name": "customer", "type": "string", "source": "trusted", "from": "secure.customer_id"}
PLAN = {"name": "plan", "type": "string", "source": "trusted", "from": "variables.plan", "required": True}


@pytest.fixture(autouse=True)
def _inline(settings: Settings) -> None:
    settings.LIVE_EXECUTOR = "inline"


@pytest.fixture
def agent(workspace: Workspace) -> Agent:
    return make_agent(workspace)


def greet(agent: Agent, name: str = "greet", **settings: Any) -> None:
    """Answers with the order number and a greeting."""
    values = [
        {"name": "number", "type": "integer", "value": "{{ action.order_number }}"},
        {"name": "greeting", "type": "string", "value": "{{ steps.prepare.output.greeting }}"},
    ]
    make_published_workflow(agent, name, **{"variables": [ORDER], "response": values, **settings})


def call(program: Program, conversation: Any, **over: Any) -> Any:
    body = {"tool_call_id": "call-1", "name": "greet", "arguments": {"order_number": 7}, **over}
    return program.post(f"/conversations/{conversation.pk}/tool-calls", body)


def test_a_call_runs_the_workflow_and_answers_with_its_response_fields(
    program: Program, agent: Agent
) -> None:
    greet(agent)
    conversation = make_conversation(agent)

    answer = call(program, conversation)

    run = Run.objects.get()
    assert answer.status_code == 200
    assert answer.json() == {
        "ok": True,
        "data": {"number": 7, "greeting": "hello"},
        "message": "",
        "error_code": None,
        "run": str(run.pk),
    }
    assert (run.trigger, run.lane, run.context_id) == ("tool_call", "live", conversation.pk)
    assert program.get(f"/conversations/{conversation.pk}").json()["tool_calls"][0]["result"]["ok"] is True


def test_the_same_call_again_gets_the_same_answer_and_no_second_run(program: Program, agent: Agent) -> None:
    greet(agent)
    conversation = make_conversation(agent)

    answers = [call(program, conversation).json() for _ in range(2)]

    assert answers[0] == answers[1]
    assert Run.objects.count() == ToolCall.objects.count() == 1


def test_the_same_call_at_once_is_one_run(program: Program, agent: Agent) -> None:
    greet(agent)
    conversation = make_conversation(agent)
    barrier, answers = threading.Barrier(3), []

    def ask() -> None:
        barrier.wait(timeout=10)
        answers.append(call(program, conversation).json())
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)

    assert len(answers) == 3
    assert all(answer == answers[0] for answer in answers)
    assert Run.objects.count() == 1


@pytest.mark.parametrize(
    "other", [{"name": "else"}, {"arguments": {"order_number": 8}}], ids=["name", "arguments"]
)
def test_the_id_of_a_call_cannot_be_used_for_another(
    other: dict[str, Any], program: Program, agent: Agent
) -> None:
    greet(agent)
    conversation = make_conversation(agent)
    call(program, conversation)

    refused = call(program, conversation, **other)

    assert (refused.status_code, error(refused)["code"]) == (409, "tool_call_differs")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"order_number": "seven"}, "order_number must be an integer"),
        ({"order_number": 7.5}, "order_number must be an integer"),
        ({"order_number": True}, "order_number must be an integer"),
        ({}, "order_number is missing"),
        ({"order_number": 7, "colour": 1}, "colour is not one of the values this takes"),
    ],
)
def test_a_wrong_argument_is_told_to_the_model_in_plain_words(
    arguments: dict[str, Any], message: str, program: Program, agent: Agent
) -> None:
    greet(agent)

    answer = call(program, make_conversation(agent), arguments=arguments)

    assert answer.status_code == 200
    assert answer.json() == {
        "ok": False,
        "data": None,
        "message": message,
        "error_code": "bad_arguments",
        "run": None,
    }
    assert not Run.objects.exists()


def test_a_whole_number_with_a_point_is_an_integer(program: Program, agent: Agent) -> None:
    greet(agent)

    answer = call(program, make_conversation(agent), arguments={"order_number": 7.0}).json()

    assert answer["data"]["number"] == 7


def test_trusted_variables_are_filled_by_the_platform_and_not_by_the_model(
    program: Program, agent: Agent
) -> None:
    greet(agent, variables=[CUSTOMER, PLAN], response=[{"name": "plan", "value": "{{ action.plan }}"}])
    secure, variables = {"customer_id": "cus-CANARY"}, {"plan": "gold"}
    conversation = make_conversation(agent, secure_metadata=secure, variables=variables)

    answer = call(program, conversation, arguments={})
    forged = call(program, conversation, tool_call_id="call-2", arguments={"customer": "cus_other"})

    assert answer.json()["data"] == {"plan": "gold"}
    run = Run.objects.get()
    assert run.input["action"] == {"customer": {"$secure": "customer_id"}, "plan": "gold"}
    assert forged.json()["error_code"] == "bad_arguments"
    shown = program.get(f"/runs/{run.pk}")
    assert shown.json()["input"]["action"]["customer"] == "•••"
    assert b"CANARY" not in shown.content


def test_what_the_agent_does_not_have_or_has_not_published_is_told(program: Program, agent: Agent) -> None:
    make_workflow(agent, "draft")
    greet(make_agent(agent.workspace), "of_another_agent")
    conversation = make_conversation(agent)

    codes = [
        call(program, conversation, tool_call_id=name, name=name).json()["error_code"]
        for name in ("nothing", "draft", "of_another_agent")
    ]

    assert codes == ["unknown_tool", "not_live", "unknown_tool"]


def test_a_run_that_fails_is_told_with_the_words_of_the_author(program: Program, agent: Agent) -> None:
    stop = make_step("stop", action="flow.stop@1", inputs={"result": "failed", "message": "no stock"})
    message = {"mode": "default", "failure": "The refund did not work."}
    make_published_workflow(agent, "greet", steps=[stop], message=message)

    answer = call(program, make_conversation(agent), arguments={}).json()

    assert (answer["ok"], answer["error_code"], answer["message"]) == (
        False,
        "failed",
        "The refund did not work.",
    )


def test_when_the_deadline_passes_the_agent_is_told_and_goes_on(
    program: Program, agent: Agent, settings: Settings
) -> None:
    settings.LIVE_EXECUTOR = "celery"
    greet(agent, deadline_s=1, message={"mode": "default", "timeout": "I will follow up."})
    # A worker that was told of the run, and sleeps: its lease keeps everybody else away.
    conversation = make_conversation(agent)
    with rung():
        timer = threading.Timer(0, _hold_every_run)
        timer.start()
        answer = call(program, conversation).json()
        timer.join()

    assert (answer["ok"], answer["error_code"], answer["message"]) == (
        False,
        "timed_out",
        "I will follow up.",
    )
    assert call(program, conversation).json() == answer


def _hold_every_run() -> None:
    """As soon as there is one."""
    until = time.monotonic() + 10
    held = 0
    while not held and time.monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE run SET status = 'running', wait_reason = NULL, lease_owner = 'asleep',"
                " lease_until = clock_timestamp() + interval '1 minute'"
            )
            held = cursor.rowcount
        time.sleep(0.01)
    connection.close()


def test_after_the_end_nothing_is_called(program: Program, agent: Agent) -> None:
    greet(agent)
    conversation = make_conversation(agent)
    ending.end(conversation, by="api")

    answer = call(program, conversation)

    assert (answer.status_code, answer.json()["error_code"]) == (200, "failed")
    assert not Run.objects.exists()
