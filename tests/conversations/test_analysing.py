"""A conversation that is over is analysed, typed and checked, and then followed up once."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from conversations.models import Conversation, ModelCall, ToolCall
from conversations.services import analysing, ending
from conversations.transcripts import Entry
from tests.support.llm import Answer, Call, LlmServer
from tests.support.make import make_agent, make_conversation, make_published_workflow
from workflows.models import Agent, Run
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db(transaction=True)

ANALYSIS: list[dict[str, Any]] = [
    {"name": "Intent", "key": "intent", "type": "enum", "choices": ["order_status", "refund", "other"]},
    {"name": "Order number", "key": "order_number", "type": "number"},
    {
        "name": "Resolved",
        "key": "resolved",
        "type": "boolean",
        "description": "Was the person's question answered?",
    },
]
SAID = [
    Entry(role="user", text="My lamp arrived broken, I want my money back for order 1043."),
    Entry(role="agent", text="It is on its way."),
]


def agent_with(workspace: Workspace, provider: str) -> Agent:
    agent = make_agent(workspace, analysis=ANALYSIS, model={"provider": provider})
    make_published_workflow(agent, "After", kind="post_conversation", enabled=True)
    return agent


def ended(agent: Agent, **over: Any) -> Conversation:
    return ending.end(make_conversation(agent), by="api", transcript=SAID, **over)


def answers(**values: Any) -> Answer:
    return Answer(calls=[Call(name="record_analysis", arguments=values)])


def test_the_demo_rules_read_what_they_can_at_once(workspace: Workspace) -> None:
    conversation = ended(agent_with(workspace, "demo"))

    assert conversation.analysis == {"intent": "refund", "order_number": 1043, "resolved": None}
    assert Run.objects.get().input["analysis"] == conversation.analysis


def test_whether_it_is_resolved_is_read_from_what_the_last_call_gave(workspace: Workspace) -> None:
    conversation = make_conversation(agent_with(workspace, "demo"))
    result = {"ok": True, "data": {}, "message": "", "error_code": None}
    ToolCall.objects.create(
        workspace=workspace,
        conversation=conversation,
        tool_call_id="c1",
        name="refund_order",
        arguments={"order_number": 1043},
        result=result,
    )

    found = ending.end(conversation, by="person").analysis

    assert found == {"intent": "refund", "order_number": 1043, "resolved": True}


def test_what_was_given_counts(workspace: Workspace) -> None:
    conversation = ended(agent_with(workspace, "openai"), analysis={"intent": "other"})

    assert conversation.analysis == {"intent": "other", "order_number": None, "resolved": None}
    assert Run.objects.count() == 1


def test_a_model_stands_between_the_end_and_the_follow_up(workspace: Workspace, llm: LlmServer) -> None:
    llm.plays(answers(intent="refund", order_number=1043, resolved=True))
    conversation = ended(agent_with(workspace, "openai"))
    assert not Run.objects.exists()

    for _ in range(2):
        analysing.analyse(conversation.pk)

    conversation.refresh_from_db()
    assert conversation.analysis == {"intent": "refund", "order_number": 1043, "resolved": True}
    assert Run.objects.get().input["analysis"] == conversation.analysis
    assert [call.purpose for call in ModelCall.objects.all()] == ["analysis"]


def test_an_answer_of_the_wrong_type_is_asked_for_again(workspace: Workspace, llm: LlmServer) -> None:
    llm.plays(
        answers(intent="money", order_number="many", resolved=True),
        Answer(text='```json\n{"intent": "refund", "order_number": "many", "resolved": true}\n```'),
    )
    conversation = ended(agent_with(workspace, "openai"))

    analysing.analyse(conversation.pk)

    conversation.refresh_from_db()
    assert conversation.analysis == {"intent": "refund", "order_number": None, "resolved": True}
    assert "intent must be one of" in llm.requests[1]["messages"][-1]["content"]


def test_a_model_that_stays_away_does_not_keep_the_follow_up_away(
    workspace: Workspace, llm: LlmServer
) -> None:
    llm.plays(*[Answer(status=400)] * 9)
    conversation = ended(agent_with(workspace, "openai"))

    for _ in range(3):
        assert not Run.objects.exists()
        Conversation.objects.update(analysis_due_at=timezone.now() - timedelta(seconds=1))
        analysing.analyse(conversation.pk)

    conversation.refresh_from_db()
    assert conversation.analysis["intent"] == "refund"  # the rules stand in
    assert Run.objects.count() == 1
