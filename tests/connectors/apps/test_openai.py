"""A step asks a model one thing: what is sent, and what comes of each answer."""

import json
import time
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from connectors import calls
from connectors.apps.openai import APP
from connectors.apps.openai.ask import ASK
from connectors.declare import Call
from connectors.errors import ConnectorError, NeedsReconnect, Rejected
from tests.connectors.outside import WORKSPACE, connected
from tests.support.sink import HttpSink
from workspaces.vault import Secret

SAYS = b'{"choices": [{"message": {"role": "assistant", "content": " It broke. "}}]}'


@pytest.fixture
def call(settings: Settings, http_sink: HttpSink) -> Call:
    settings.OUTBOUND_ALLOW = [http_sink.address.replace(":", "/32:")]
    http_sink.answer = SAYS
    assert APP.connection
    resolved = connected(
        "openai",
        settings={"base_url": f"{http_sink.url}/v1", "model": "gpt-test"},
        credentials={"api_key": Secret("sk-test-key")},
        base_url=f"{http_sink.url}/v1",
        hosts=frozenset({"127.0.0.1"}),
        authorize=APP.connection.authorize,
    )
    return calls.make_call(
        workspace_slug="acme",
        workspace_id=WORKSPACE,
        resolved=resolved,
        idempotency_key="k",
        attempt=1,
        deadline=time.monotonic() + 5,
    )


def ask(call: Call, **over: Any) -> Any:
    assert ASK.perform
    return ASK.perform({"text": "What happened?", "temperature": 0.3, **over}, call)


def test_a_model_is_asked_and_its_answer_given_back(call: Call, http_sink: HttpSink) -> None:
    assert ask(call, instructions="Be brief.") == {"text": "It broke."}

    sent = http_sink.requests.all()[0]
    body = json.loads(sent.body)
    assert (sent.path, sent.headers["authorization"]) == ("/v1/chat/completions", "Bearer sk-test-key")
    assert body["model"] == "gpt-test"
    assert [message["content"] for message in body["messages"]] == ["Be brief.", "What happened?"]


def test_a_step_may_name_another_model(call: Call, http_sink: HttpSink) -> None:
    ask(call, model="gpt-other")

    assert json.loads(http_sink.requests.all()[0].body)["model"] == "gpt-other"


@pytest.mark.parametrize(
    "answer", [b"{}", b'{"choices": []}', b'{"choices": [{"message": {"content": null}}]}']
)
def test_an_answer_without_a_text_is_an_error(answer: bytes, call: Call, http_sink: HttpSink) -> None:
    http_sink.answer = answer

    with pytest.raises(Rejected, match="without a text"):
        ask(call)


def test_a_provider_in_trouble_is_asked_again_later(call: Call, http_sink: HttpSink) -> None:
    http_sink.mode = "500"

    with pytest.raises(ConnectorError) as failed:
        ask(call)

    assert (failed.value.code, isinstance(failed.value, NeedsReconnect)) == ("unavailable", False)
