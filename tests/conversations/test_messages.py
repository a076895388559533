"""A chat over the API with the demo model, on the demo's own agent: one message in, the reply out."""

from typing import Any

import pytest
from pytest_django.fixtures import Settings

from config.demo import mia
from conversations.models import Conversation
from tests.support.make import make_agent, make_conversation, make_flow, make_published
from tests.support.program import Program
from workflows.models import Agent, Run
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _inline(settings: Settings) -> None:
    settings.LIVE_EXECUTOR = "inline"


@pytest.fixture
def agent(workspace: Workspace) -> Agent:
    """Mia, as the demo has her."""
    fields = {name: value for name, value in mia.AGENT.items() if name != "name"}
    agent = make_agent(workspace, str(mia.AGENT["name"]), **fields)
    look_up = make_published(agent, mia.LOOK_UP_ORDER)
    refund = make_published(agent, mia.REFUND_ORDER)
    make_flow(agent, mia.flow(look_up=str(look_up.pk), refund=str(refund.pk)))
    return agent


@pytest.fixture
def chat(agent: Agent) -> Conversation:
    return make_conversation(agent, variables={"first_name": "Jonas"})


def say(program: Program, conversation: Conversation, text: str, **headers: str) -> Any:
    return program.post(f"/conversations/{conversation.pk}/messages", {"text": text}, **headers)


def test_the_demo_conversation_from_the_first_question_to_the_end(
    program: Program, chat: Conversation
) -> None:
    where = say(program, chat, "Where is my order 1042?").json()
    assert "Order 1042 is in transit" in where["reply"]
    assert where["tool_calls"][0]["arguments"] == {"order_number": 1042}
    assert where["tool_calls"][0]["result"]["data"]["status"] == "in transit"

    ask = say(program, chat, "Yes, I want my money back for order 1034").json()
    assert (ask["reply"], ask["tool_calls"]) == ("Shall I refund order 1034?", [])
    right = say(program, chat, "no, 1043").json()
    assert right["reply"] == "Shall I refund order 1043?"
    done = say(program, chat, "yes please").json()
    assert [call["name"] for call in done["tool_calls"]] == ["refund_order"]
    assert "The amount paid back is 104.00 euros." in done["reply"]

    bye = say(program, chat, "No, that is all. Thank you!").json()
    assert bye["ended"] is True
    chat.refresh_from_db()
    assert (chat.status, chat.ended_by) == ("ended", "agent")
    assert [run.result and run.result.get("amount") for run in Run.objects.order_by("id")] == [None, 104.0]
