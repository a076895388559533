"""What is pushed before a call is there when it comes: once, the latest, for that number only."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from conversations.models import Conversation, PushedVariables
from conversations.services import erasing, personalizing, sweeping
from tests.support.make import make_agent, make_api_key, make_conversation
from workflows.errors import InputInvalid
from workflows.models import Agent
from workspaces.models import Workspace
from workspaces.services import audit

NUMBER = "+4915112345678"


@pytest.fixture
def agent(workspace: Workspace) -> Agent:
    return make_agent(workspace, variables=[{"name": "plan"}, {"name": "name"}])


def push(workspace: Workspace, **body: Any) -> Any:
    _row, key = make_api_key(workspace)
    headers = {"Authorization": f"Bearer {key}"}
    return Client().post("/api/v1/personalization", body, content_type="application/json", headers=headers)


def called_from(agent: Agent, number: str = NUMBER, **opening: Any) -> Conversation:
    return make_conversation(agent, **{"channel": "call", "customer": {"phone": number}, **opening})


@pytest.mark.django_db
def test_the_next_call_of_the_number_knows_what_was_pushed_and_the_one_after_does_not(
    workspace: Workspace, agent: Agent
) -> None:
    push(workspace, phone_number=NUMBER, variables={"plan": "silver"})
    answer = push(workspace, phone_number="+49 (151) 123-45678", variables={"plan": "gold", "name": "Ada"})

    first = called_from(agent, "+49 151 12345678", variables={"name": "Bo"})
    second = called_from(agent)

    assert (answer.status_code, answer.json()) == (200, {"phone_number": NUMBER})
    assert first.variables == {"plan": "gold", "name": "Bo"}
    assert second.variables == {}


@pytest.mark.django_db
@pytest.mark.parametrize("is_swept", [True, False], ids=["swept", "before the sweep"])
def test_what_was_pushed_a_month_ago_is_forgotten(workspace: Workspace, agent: Agent, is_swept: bool) -> None:
    now = timezone.now()
    for number, age in ((NUMBER, timedelta(days=31)), ("+4915112345679", timedelta(days=29))):
        personalizing.push(workspace, number, {"plan": "gold"})
        PushedVariables.objects.filter(phone_number=number).update(pushed_at=now - age)

    if is_swept:
        sweeping.sweep()
        assert [one.phone_number for one in PushedVariables.objects.all()] == ["+4915112345679"]

    assert called_from(agent).variables == {}
    assert called_from(agent, "+4915112345679").variables == {"plan": "gold"}
    assert not PushedVariables.objects.exists()


@pytest.mark.django_db
def test_it_is_kept_for_the_call_of_that_number_and_workspace(workspace: Workspace, agent: Agent) -> None:
    personalizing.push(workspace, NUMBER, {"plan": "gold"})

    others = [
        called_from(agent, "+4915112345679"),
        called_from(agent, channel="chat"),
        called_from(agent, "not a number"),
        called_from(make_agent()),
    ]

    assert [one.variables for one in others] == [{}, {}, {}, {}]
    assert PushedVariables.objects.count() == 1


@pytest.mark.django_db
def test_a_call_that_cannot_begin_uses_nothing_up(workspace: Workspace) -> None:
    agent = make_agent(workspace, variables=[{"name": "plan", "type": "number"}])
    personalizing.push(workspace, NUMBER, {"plan": "gold"})

    with pytest.raises(InputInvalid):
        called_from(agent)

    assert PushedVariables.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["0151 12345678", "hello", "+1", "+49151123456781234567890"])
def test_a_number_that_is_not_international_is_refused(workspace: Workspace, number: str) -> None:
    answer = push(workspace, phone_number=number, variables={})

    assert answer.status_code == 422
    assert answer.json()["error"]["problems"][0]["path"] == "phone_number"


@pytest.mark.django_db
def test_who_is_erased_leaves_nothing_that_was_pushed(workspace: Workspace) -> None:
    personalizing.push(workspace, NUMBER, {"plan": "gold"})

    erasing.erase(workspace, erasing.Wanted("phone", "0049 151 12345678"), by=audit.system("test"))

    assert not PushedVariables.objects.exists()
