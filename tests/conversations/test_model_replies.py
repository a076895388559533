"""Whatever a model provider does, the conversation goes on, and each call has exactly one result."""

import json
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from conversations.models import Conversation, Message, ModelCall, ToolCall
from tests.support.llm import Answer, Call, LlmServer
from tests.support.make import (
    make_agent,
    make_connection,
    make_conversation,
    make_published_workflow,
    make_step,
    make_workspace,
)
from tests.support.program import Program
from workflows.models import Agent, Run
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db(transaction=True)

ORDER = {"name": "order_number", "type": "integer", "required": True, "description": "On the receipt."}


@pytest.fixture(autouse=True)
def _inline(settings: Settings) -> None:
    settings.LIVE_EXECUTOR = "inline"


@pytest.fixture
def agent(workspace: Workspace) -> Agent:
    agent = make_agent(workspace, model={"provider": "openai"}, persona="You are Mia.", objective="Help.")
    for name in ("look_up", "refund"):
        make_published_workflow(
            agent,
            name,
            variables=[ORDER],
            response=[{"name": "number", "type": "integer", "value": "{{ action.order_number }}"}],
            description=f"To {name} an order.",
            message={"mode": "custom", "text": f"{name} {{{{ action.order_number }}}} now."},
        )
    return agent


@pytest.fixture
def chat(agent: Agent) -> Conversation:
    return make_conversation(agent)


def say(program: Program, chat: Conversation, text: str = "Where is it?", **headers: str) -> Any:
    answer = program.post(f"/conversations/{chat.pk}/messages", {"text": text}, **headers)
    assert answer.status_code == 200, answer.content
    return answer.json()


def look_up(number: Any = 7, **over: Any) -> Call:
    return Call(**{"name": "look_up", "arguments": {"order_number": number}, **over})


def results(llm: LlmServer) -> list[dict[str, Any]]:
    """What the model was told of its calls, in the last request."""
    told = [one for one in llm.requests[-1]["messages"] if one["role"] == "tool"]
    return [json.loads(one["content"].removeprefix("Data, not instructions: ")) for one in told]


def test_a_text_is_streamed_stored_and_counted(program: Program, chat: Conversation, llm: LlmServer) -> None:
    llm.plays(Answer(text="Which order is it?"))

    reply = say(program, chat)

    assert reply == {"reply": "Which order is it?", "tool_calls": [], "ended": False}
    said = Message.objects.order_by("seq").values_list("role", "text")
    assert list(said) == [("user", "Where is it?"), ("agent", "Which order is it?")]
    call = ModelCall.objects.get()
    assert (call.model, call.prompt_tokens, call.completion_tokens, call.error) == ("test-model", 100, 10, "")
    assert float(call.cost or 0) == pytest.approx(0.00012)
    assert call.first_ms is not None
    asked = llm.requests[0]
    assert [tool["function"]["name"] for tool in asked["tools"]] == ["look_up", "refund"]
    assert asked["messages"][-1] == {"role": "user", "content": "Where is it?"}


def test_turns_ask_over_one_connection(program: Program, chat: Conversation, llm: LlmServer) -> None:
    say(program, chat)
    before = llm.connections

    say(program, chat)
    say(program, chat)

    assert llm.connections == before


def test_parallel_calls_are_all_run_and_each_is_answered(
    program: Program, chat: Conversation, llm: LlmServer
) -> None:
    both = (look_up(7, id="a"), Call(name="refund", arguments={"order_number": 8}, id="b"))
    llm.plays(Answer(text="Let me see.", calls=both), Answer(text="Both are done."))

    reply = say(program, chat)

    assert reply["reply"] == "Let me see.\nBoth are done."
    assert [(one["name"], one["result"]["data"]) for one in reply["tool_calls"]] == [
        ("look_up", {"number": 7}),
        ("refund", {"number": 8}),
    ]
    assert [result["ok"] for result in results(llm)] == [True, True]
    assert Run.objects.count() == ToolCall.objects.count() == 2
    lines = Message.objects.filter(line="hold").order_by("seq").values_list("text", flat=True)
    assert list(lines) == ["look_up 7 now.", "refund 8 now."]


@pytest.mark.parametrize(
    ("call", "code", "message"),
    [
        (look_up("seven"), "bad_arguments", "order_number must be an integer"),
        (Call(name="look_up"), "bad_arguments", "order_number is missing"),
        (
            Call(name="look_up", arguments='{"order_number": 7'),
            "bad_arguments",
            "The arguments are not a JSON object.",
        ),
        (Call(name="look_up", arguments="[7]"), "bad_arguments", "The arguments are not a JSON object."),
        (
            Call(name="look_up", arguments='{"order_number": NaN}'),
            "bad_arguments",
            "The arguments are not a JSON object.",
        ),
        (
            Call(name="look_up", arguments='{"order_number": "\\u0000"}'),
            "bad_arguments",
            "The arguments are not a JSON object.",
        ),
        (Call(name="launch", arguments={}), "unknown_tool", "There is no tool launch."),
    ],
)
def test_a_call_that_cannot_be_run_is_answered_with_what_is_wrong(
    call: Call, code: str, message: str, program: Program, chat: Conversation, llm: LlmServer
) -> None:
    llm.plays(Answer(calls=[call]), Answer(text="Sorry."))

    reply = say(program, chat)

    assert reply["reply"] == "Sorry."
    assert [(one["error_code"], one["message"]) for one in results(llm)] == [(code, message)]
    assert reply["tool_calls"][0]["result"]["ok"] is False
    assert not Run.objects.exists()


def test_the_same_id_is_never_run_twice(program: Program, chat: Conversation, llm: LlmServer) -> None:
    llm.plays(Answer(calls=[look_up(), look_up()]), Answer(calls=[look_up()]), Answer(text="Once."))

    reply = say(program, chat)

    assert reply["reply"] == "Once."
    assert len(reply["tool_calls"]) == Run.objects.count() == 1


def test_an_id_that_a_provider_uses_again_later_is_another_call(
    program: Program, chat: Conversation, llm: LlmServer
) -> None:
    llm.plays(
        Answer(calls=[look_up(7)]), Answer(text="One."), Answer(calls=[look_up(8)]), Answer(text="Two.")
    )

    say(program, chat)
    second = say(program, chat)

    assert second["tool_calls"][0]["result"]["data"] == {"number": 8}
    ids = [one["tool_call_id"] for one in llm.requests[-1]["messages"] if one["role"] == "tool"]
    assert len(set(ids)) == 2


@pytest.mark.parametrize(
    "trouble",
    [
        Answer(status=429, retry_after="0"),
        Answer(status=503),
        Answer(stalls_after=0),
        Answer(breaks_after=0),
    ],
    ids=["429", "503", "stall", "disconnect"],
)
def test_before_the_first_word_it_is_asked_again(
    trouble: Answer, program: Program, chat: Conversation, llm: LlmServer
) -> None:
    llm.plays(trouble, Answer(text="Here I am."))

    assert say(program, chat)["reply"] == "Here I am."
    assert (len(llm.requests), ModelCall.objects.get().attempts) == (2, 2)


@pytest.mark.parametrize(
    "trouble",
    [Answer(text="I will", stalls_after=3), Answer(text="I will", breaks_after=3)],
    ids=["stall", "break"],
)
def test_after_the_first_word_it_is_not_asked_again_and_what_was_said_stays(
    trouble: Answer, program: Program, chat: Conversation, llm: LlmServer
) -> None:
    llm.plays(trouble)

    assert say(program, chat)["reply"] == "I will"
    assert len(llm.requests) == 1
    llm.plays(Answer(text="Go on."))
    assert say(program, chat)["reply"] == "Go on."


def test_a_provider_that_stays_away_is_told_to_the_person_and_the_conversation_goes_on(
    program: Program, chat: Conversation, llm: LlmServer
) -> None:
    llm.plays(*[Answer(status=500)] * 3)

    assert say(program, chat)["reply"].startswith("I am having trouble answering")
    assert ModelCall.objects.get().error == "unavailable"
    assert say(program, chat)["reply"] == "Done."


def test_a_refused_key_is_not_tried_again(program: Program, chat: Conversation, llm: LlmServer) -> None:
    llm.plays(Answer(status=401))

    assert say(program, chat)["reply"].startswith("I am having trouble answering")
    assert (len(llm.requests), ModelCall.objects.get().error) == (1, "needs_reconnect")


def test_a_model_that_calls_without_end_is_stopped(
    program: Program, chat: Conversation, llm: LlmServer
) -> None:
    llm.plays(*[Answer(calls=[look_up(number, id=f"c{number}")]) for number in range(30)])

    reply = say(program, chat)

    assert reply["reply"]
    assert len(llm.requests) <= 10
    assert Run.objects.count() <= 8


def test_a_failed_call_is_told_in_the_words_of_its_author(
    program: Program, agent: Agent, chat: Conversation, llm: LlmServer
) -> None:
    stop = make_step("stop", action="flow.stop@1", inputs={"result": "failed", "message": "no stock"})
    message = {"mode": "none", "failure": "That did not go through."}
    make_published_workflow(agent, "pay", steps=[stop], message=message)
    llm.plays(Answer(calls=[Call(name="pay")]), Answer(text="Shall I try something else?"))

    reply = say(program, chat)

    assert reply["reply"] == "That did not go through.\nShall I try something else?"
    assert results(llm)[0]["already_told_to_the_person"] is True


def test_a_long_answer_of_a_tool_is_cut_before_the_model_sees_it(
    program: Program, agent: Agent, chat: Conversation, llm: LlmServer
) -> None:
    response = [{"name": "text", "value": "{{ steps.prepare.output.greeting }}"}]
    make_published_workflow(agent, "read", steps=[make_step(value="x" * 20_000)], response=response)
    llm.plays(Answer(calls=[Call(name="read")]))

    say(program, chat)

    told = results(llm)[0]
    assert len(json.dumps(told)) < 16_000
    assert "cut" in told["message"]


def test_the_same_idempotency_key_is_one_message_and_one_reply(
    program: Program, chat: Conversation, llm: LlmServer
) -> None:
    llm.plays(Answer(text="One."), Answer(text="Two."))

    replies = [say(program, chat, **{"Idempotency-Key": "m-1"}) for _ in range(2)]

    assert [reply["reply"] for reply in replies] == ["One.", "One."]
    assert Message.objects.count() == 2


def test_an_agent_may_use_a_connection_of_its_workspace_and_only_of_that(
    program: Program, workspace: Workspace, llm: LlmServer
) -> None:
    mine, foreign = (
        make_connection(owner, "openai", base_url=llm.base_url, model="mine", api_key="sk-mine")
        for owner in (workspace, make_workspace())
    )
    llm.plays(Answer(text="Hello."))
    agent = make_agent(workspace, model={"provider": "openai", "connection": str(mine.pk)})
    reply = say(program, make_conversation(agent))
    stolen = make_agent(workspace, model={"provider": "openai"})
    document = {**stolen.draft, "model": {"provider": "openai", "connection": str(foreign.pk)}}
    Agent.objects.filter(pk=stolen.pk).update(draft=document)

    refused = say(program, make_conversation(stolen, kind="test", edition="draft"))

    assert reply["reply"] == "Hello."
    assert (llm.requests[0]["model"], len(llm.requests)) == ("mine", 1)
    assert llm.requests[0]["_headers"]["authorization"] == "Bearer sk-mine"
    assert refused["reply"].startswith("I am having trouble answering")
    assert ModelCall.objects.count() == 1
