"""A customer's server is asked before a conversation begins; whatever it does, the conversation begins."""

import json
from typing import Any

import pytest
from django.test import Client

from connectors import webhooks
from conversations.models import Conversation
from conversations.services import inquiring
from tests.support.make import make_agent, make_conversation
from tests.support.sink import HttpSink
from workflows.models import Agent
from workspaces.errors import Invalid
from workspaces.models import User, Workspace
from workspaces.services import audit

pytestmark = pytest.mark.django_db(transaction=True)
BY = audit.system("test")


@pytest.fixture
def agent(workspace: Workspace) -> Agent:
    return make_agent(workspace, variables=[{"name": "plan"}, {"name": "age", "type": "number"}])


@pytest.fixture
def secret(agent: Agent, http_sink: HttpSink, settings: Any) -> str:
    settings.OUTBOUND_ALLOW = [http_sink.address.replace(":", "/32:")]
    return inquiring.save(agent, f"http://{http_sink.address}/who", by=BY)


def begin(agent: Agent, **opening: Any) -> Conversation:
    return make_conversation(agent, channel="call", customer={"phone": "+4915112345678"}, **opening)


def test_what_the_server_says_is_known_from_the_start(agent: Agent, secret: str, http_sink: HttpSink) -> None:
    http_sink.answer = json.dumps({"variables": {"plan": "gold", "age": 40}}).encode()

    held = begin(agent, variables={"age": 41})

    (asked,) = http_sink.requests
    names = asked.headers
    signed = webhooks.headers(
        [secret], webhook_id=names["webhook-id"], timestamp=int(names["webhook-timestamp"]), body=asked.body
    )
    assert held.variables == {"plan": "gold", "age": 41}
    assert "gave 2 variables" in held.inquiry_note
    assert json.loads(asked.body)["customer"] == {"phone": "+4915112345678"}
    assert names["webhook-signature"] == dict(signed)["webhook-signature"]


@pytest.mark.parametrize(
    ("mode", "answer"),
    [
        ("500", "{}"),
        ("ok", "[1]"),
        ("ok", "not JSON"),
        ("ok", '{"variables": 5}'),
        ("ok", json.dumps({"variables": {f"v{number}": 1 for number in range(300)}})),
    ],
)
def test_when_it_fails_the_conversation_begins_without(
    agent: Agent, secret: str, http_sink: HttpSink, mode: Any, answer: str
) -> None:
    http_sink.mode, http_sink.answer = mode, answer.encode()

    held = begin(agent)

    assert (held.status, held.variables) == ("open", {})
    assert "began without" in held.inquiry_note


def test_a_server_that_is_silent_is_not_waited_for(
    agent: Agent, secret: str, http_sink: HttpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inquiring, "WAITS_S", 0.2)
    http_sink.mode = "hang"

    held = begin(agent)
    http_sink.release()

    assert "began without" in held.inquiry_note


def test_a_value_of_another_type_is_left_out_and_named(
    agent: Agent, secret: str, http_sink: HttpSink
) -> None:
    http_sink.answer = b'{"variables": {"plan": "gold", "age": "old"}}'

    held = begin(agent)

    assert held.variables == {"plan": "gold"}
    assert "Left out, of another type: age." in held.inquiry_note


def test_a_test_asks_nobody(agent: Agent, secret: str, http_sink: HttpSink) -> None:
    assert begin(agent, kind="test").inquiry_note == ""
    assert len(http_sink.requests) == 0


def test_private_addresses_are_not_asked(agent: Agent, http_sink: HttpSink) -> None:
    inquiring.save(agent, http_sink.url, by=BY)

    held = begin(agent)

    assert "began without" in held.inquiry_note
    assert len(http_sink.requests) == 0


@pytest.mark.parametrize("url", ["ftp://example.com", "example.com", "https://user:word@example.com"])
def test_what_is_no_address_is_refused(agent: Agent, url: str) -> None:
    with pytest.raises(Invalid):
        inquiring.save(agent, url, by=BY)


def test_an_admin_names_the_address_and_the_timeline_says_how_it_went(
    client: Client, admin: User, agent: Agent, http_sink: HttpSink
) -> None:
    client.force_login(admin)
    path = f"/agents/{agent.pk}/channels/"

    shown = client.post(f"{path}inquiry/", {"inquiry-url": http_sink.url})
    wrong = client.post(f"{path}inquiry/", {"inquiry-url": "nowhere"})
    held = begin(agent)

    assert (shown.status_code, "whsec_" in shown.text) == (201, True)
    assert "whsec_" not in client.get(path).text
    assert wrong.status_code == 422
    assert "Asked beforehand" in client.get(f"/conversations/{held.pk}/").text
