"""Whatever a program sends, the API answers with what is wrong and where, and stores nothing of it.

Every write of the API stands in WRITES with a body that is right but for the test's change.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.make import (
    make_agent,
    make_connection,
    make_conversation,
    make_document,
    make_published_workflow,
    make_step,
)
from tests.support.program import Program, error, paths
from tests.support.routes import API
from tests.support.rows import fingerprint
from workspaces.ids import uuid7
from workspaces.models import Workspace

AGENT, DOCUMENT = {"schema": 1, "name": "Mia"}, make_document("greet", make_step())
ENTRY = {"role": "user", "text": "Hi", "at": "2026-11-22T10:00:00Z"}

WRITES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "agents"): {
        "name": "Mia",
        "persona": "Brief.",
        "language": "en",
        "time_zone": "Europe/Berlin",
        "channels": ["chat"],
        "variables": [{"name": "plan", "type": "string", "required": True}],
        "secure_metadata": [{"name": "customer_id"}],
        "analysis": [{"name": "Intent", "key": "intent", "type": "enum", "choices": ["refund"]}],
        "model": {"provider": "demo", "temperature": 0.2},
        "rules": {"shared": "Be kind."},
    },
    ("POST", "agents/import"): {
        "format": "parley.agent",
        "schema": 1,
        "agent": AGENT,
        "workflows": [{"id": str(uuid7()), "kind": "action", "document": DOCUMENT}],
    },
    ("PUT", "agents/<agent_id>/draft"): {"revision": 1, "document": AGENT},
    ("POST", "agents/<agent_id>/publish"): {"revision": 1, "note": "First"},
    ("POST", "agents/<agent_id>/workflows"): {"kind": "action", "name": "other", "description": "x"},
    ("PUT", "workflows/<workflow_id>/draft"): {"revision": 2, "document": DOCUMENT},
    ("POST", "workflows/<workflow_id>/publish"): {"revision": 2, "note": "First"},
    ("POST", "workflows/<workflow_id>/undo"): {"revision": 2},
    ("POST", "workflows/<workflow_id>/runs"): {"input": {}, "conversation": str(uuid7()), "wait": 0},
    ("POST", "runs/<run_id>/cancel"): {},
    ("POST", "runs/<run_id>/retry"): {"version": "same", "instead": ""},
    ("POST", "runs/<run_id>/run-now"): {},
    ("POST", "runs/<run_id>/postpone"): {"until": "2030-01-01T09:00:00Z"},
    ("POST", "runs/<run_id>/resume"): {},
    ("POST", "runs/retry"): {
        "version": "live",
        "workflow": "0190aaaa-0000-7000-8000-000000000001",
        "number": 1,
        "error": "rejected",
        "since": "2026-01-01T00:00:00Z",
        "limit": 1,
    },
    ("POST", "conversations"): {
        "agent": str(uuid7()),
        "channel": "chat",
        "direction": "inbound",
        "customer": {"name": "Jonas", "email": "jonas@example.com"},
        "variables": {"plan": "gold"},
        "session": {"cart": 1},
        "metadata": {"campaign": "spring"},
        "secure_metadata": {"customer_id": "cus_1"},
        "external_id": "ext-1",
        "transcript": [ENTRY],
    },
    ("POST", "conversations/<conversation_id>/end"): {
        "reason": "done",
        "transcript": [ENTRY],
        "analysis": {"intent": "refund"},
    },
    ("POST", "conversations/<conversation_id>/messages"): {"text": "Where is my order?"},
    ("POST", "conversations/<conversation_id>/tool-calls"): {
        "tool_call_id": "call-1",
        "name": "greet",
        "arguments": {"order_number": 1},
    },
    ("POST", "personalization"): {"phone_number": "+4930901820", "variables": {"plan": "gold"}},
    ("POST", "connections"): {"app": "rest", "name": "CRM", "settings": {"base_url": "https://example.com"}},
    ("POST", "connections/<connection_id>/test"): {},
}
EVERY_WRITE = pytest.mark.parametrize(("method", "route"), list(WRITES), ids=lambda part: str(part))
DEEP = b'{"name":' + b"[" * 100_000 + b"]" * 100_000 + b"}"

HOSTILE = {
    "not JSON": b"{",
    "not an object": b"[]",
    "a text": b'"x"',
    "a number": b"1",
    "null": b"null",
    "not UTF-8": b'{"name": "\xff"}',
    "two of one key": b'{"name": "a", "name": "b"}',
    "NaN": b'{"name": NaN}',
    "Infinity": b'{"name": -Infinity}',
    "an infinite exponent": b'{"name": 1e999999}',
    "ten thousand digits": b'{"name": ' + b"9" * 10_000 + b"}",
    "deeper than Python goes": DEEP,
    "deeper than we go": b'{"name":' + b"[" * 100 + b"]" * 100 + b"}",
    "NUL in a text": b'{"name": "a\\u0000b"}',
    "NUL in a key": b'{"a\\u0000b": 1}',
    "half a surrogate pair": b'{"name": {"deep": ["\\ud800"]}}',
}


@pytest.fixture
def place(workspace: Workspace) -> dict[str, str]:
    """One of everything that a path can name."""
    agent = make_agent(workspace)
    workflow = make_published_workflow(agent, "greet")
    conversation = make_conversation(agent)
    run = Program(workspace).post(f"/workflows/{workflow.pk}/runs", {"input": {}}).json()
    return {
        "<agent_id>": str(agent.pk),
        "<workflow_id>": str(workflow.pk),
        "<run_id>": run["id"],
        "<conversation_id>": str(conversation.pk),
        "<connection_id>": str(make_connection(workspace).pk),
    }


def path_to(route: str, place: dict[str, str]) -> str:
    for parameter, value in place.items():
        route = route.replace(parameter, value)
    return f"/{route}"


def test_every_write_of_the_api_is_tested_here() -> None:
    writes = {(method, route) for route, methods in API.items() for method in methods if method != "GET"}
    writes -= {("POST", "events/<token>")}  # its body may be any JSON: tests/workflows/engine/test_events.py

    assert set(WRITES) == writes


@EVERY_WRITE
@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_a_body_that_is_no_plain_json_object_is_refused(
    method: str, route: str, body: bytes, program: Program, place: dict[str, str]
) -> None:
    before = fingerprint()

    refused = program.send(method, path_to(route, place), body)

    assert refused.status_code == 422
    assert error(refused)["code"] in {"malformed", "invalid"}
    assert fingerprint() == before


@EVERY_WRITE
def test_a_body_of_more_than_a_megabyte_is_refused(
    method: str, route: str, program: Program, place: dict[str, str]
) -> None:
    before = fingerprint()

    for size in (1024 * 1024, 5 * 1024 * 1024):
        refused = program.send(method, path_to(route, place), b'{"name": "' + b"x" * size + b'"}')
        assert (refused.status_code, error(refused)["code"]) == (413, "too_large")
    assert fingerprint() == before


@EVERY_WRITE
@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "application/xml",
        "",
    ],
)
def test_a_body_that_is_not_called_json_is_refused(
    method: str, route: str, content_type: str, program: Program, place: dict[str, str]
) -> None:
    before = fingerprint()

    body = json.dumps(WRITES[method, route]).encode()
    refused = program.send(method, path_to(route, place), body, content_type=content_type)

    assert (refused.status_code, error(refused)["code"]) == (415, "unsupported_media_type")
    assert fingerprint() == before


@EVERY_WRITE
def test_an_unknown_field_is_refused_with_its_path(
    method: str, route: str, program: Program, place: dict[str, str]
) -> None:
    before = fingerprint()

    refused = program.send(method, path_to(route, place), {**WRITES[method, route], "colour": "red"})

    assert (refused.status_code, paths(refused)) == (422, ["colour"])
    assert fingerprint() == before


@EVERY_WRITE
def test_a_value_of_a_wrong_type_is_refused_with_its_path(
    method: str, route: str, program: Program, place: dict[str, str]
) -> None:
    before = fingerprint()

    for path, body in _wrong_types(WRITES[method, route]):
        refused = program.send(method, path_to(route, place), body)
        assert refused.status_code == 422, (path, body)
        assert any(found.startswith(path) for found in paths(refused)), (path, refused.json())
    assert fingerprint() == before


def _wrong_types(body: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The body with one of its values replaced by each kind of value that it is not."""
    free = {"input", "variables", "session", "metadata", "arguments", "analysis", "document", "settings"}
    for name, value in body.items():
        for wrong in (True, 17, "wrong", [17], {"wrong": 17}, 1.5):
            is_alike = type(wrong) is type(value) or {type(wrong), type(value)} <= {int, float}
            is_text_of_it = isinstance(value, str) and isinstance(wrong, str)
            if not is_alike and not is_text_of_it:
                yield name, {**body, name: wrong}
        if isinstance(value, dict) and name not in free:
            for path, inner in _wrong_types(value):
                yield f"{name}.{path}", {**body, name: inner}
        if isinstance(value, list) and value and isinstance(value[0], dict):
            for path, inner in _wrong_types(value[0]):
                yield f"{name}[0].{path}", {**body, name: [inner]}


@EVERY_WRITE
def test_what_belongs_to_somebody_else_does_not_exist(
    method: str, route: str, workspace: Workspace, place: dict[str, str]
) -> None:
    stranger = Program(make_agent().workspace)
    if "<" not in route:
        return
    before = fingerprint()

    theirs = stranger.send(method, path_to(route, place), WRITES[method, route])
    nothing = stranger.send(method, path_to(route, dict.fromkeys(place, str(uuid7()))), WRITES[method, route])
    no_id = stranger.send(method, path_to(route, dict.fromkeys(place, "17")), WRITES[method, route])

    assert theirs.status_code == nothing.status_code == no_id.status_code == 404
    assert theirs.content == nothing.content == no_id.content
    assert fingerprint() == before


@pytest.mark.parametrize(
    ("route", "name"), [("conversations", "agent"), ("workflows/<workflow_id>/runs", "conversation")]
)
def test_an_id_in_a_body_that_is_not_ours_is_refused_like_one_that_does_not_exist(
    route: str, name: str, program: Program, place: dict[str, str]
) -> None:
    foreign = make_conversation()
    ids = {"agent": foreign.agent_id, "conversation": foreign.pk}
    before = fingerprint()

    answers = [
        program.post(path_to(route, place), {**WRITES["POST", route], name: str(given)})
        for given in (ids[name], uuid7())
    ]

    assert [(answer.status_code, paths(answer)) for answer in answers] == [(404, [name])] * 2
    assert answers[0].content == answers[1].content
    assert fingerprint() == before


@pytest.mark.parametrize("route", [route for route, methods in API.items() if "GET" in methods])
@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "201"},
        {"limit": "many"},
        {"cursor": "\0"},
        {"cursor": "x"},
        {"colour": "red"},
    ],
    ids=str,
)
def test_a_wrong_filter_is_refused_with_its_name(
    route: str, query: dict[str, str], program: Program, place: dict[str, str]
) -> None:
    response = program.get(path_to(route, place), **query)

    if "next_cursor" in program.get(path_to(route, place)).json():
        assert (response.status_code, paths(response)) == (422, list(query))
    else:
        assert response.status_code == 200
