"""The REST step against a real server: what it sends, what it gives back, and what each answer means."""

import json
import socket
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from pytest_django import Settings

from connectors import calls, inputs, registry
from connectors.apps.rest.connection import CONNECTION
from connectors.declare import JSON, Call, Repeat, Resolved
from connectors.errors import Misconfigured, NeedsReconnect, Rejected, Unavailable
from tests.connectors.outside import WORKSPACE, answering, connected, read_request, response, serving
from tests.support.sink import HttpSink
from workspaces.vault import Secret

REQUEST = registry.default().actions["rest.request@1"].action
KEY = "k3v9x2m4q7abcdefghijklmnopqrstuv"


@pytest.fixture(autouse=True)
def _local_servers_are_open(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1/32"]


def perform(connection: Resolved | None = None, sent: list[str] | None = None, **given: JSON) -> Any:
    assert REQUEST.perform is not None
    typed = inputs.typed(REQUEST.fields, given, connected=connection is not None)
    return REQUEST.perform(typed, a_call(connection, sent))


def a_call(connection: Resolved | None, sent: list[str] | None = None) -> Call:
    return calls.make_call(
        workspace_slug="acme",
        workspace_id=WORKSPACE,
        resolved=connection,
        idempotency_key=KEY,
        attempt=1,
        deadline=time.monotonic() + 5,
        credential_sent=([] if sent is None else sent).append,
    )


def shop(base_url: str, credentials: dict[str, str] | None = None, **settings: JSON) -> Resolved:
    settings = {"base_url": base_url, **settings}
    return connected(
        settings=settings,
        credentials={name: Secret(value) for name, value in (credentials or {}).items()},
        base_url=base_url,
        hosts=frozenset(CONNECTION.hosts(settings)),
        authorize=CONNECTION.authorize,
    )


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_a_request_carries_what_the_step_says(method: str, http_sink: HttpSink) -> None:
    output = perform(
        shop(http_sink.url),
        method=method,
        path="/orders/1042",
        query=[{"name": "expand", "value": "items"}],
        headers=[{"name": "X-Shop", "value": "north"}],
        body={"kind": "json", "value": {"total": 64.9, "note": "é"}},
    )

    [request] = http_sink.requests.expect(1)
    assert (request.method, request.path) == (method, "/orders/1042?expand=items")
    assert request.headers["x-shop"] == "north"
    assert request.headers["content-type"] == "application/json"
    assert request.headers["idempotency-key"] == KEY
    assert json.loads(request.body) == {"total": 64.9, "note": "é"}
    assert output["status"] == 200
    assert output["headers"]["content-type"] == "application/json"
    assert output["body"] == {"ok": True}


def test_without_a_connection_it_takes_a_whole_address(http_sink: HttpSink) -> None:
    assert perform(url=f"{http_sink.url}/ping")["status"] == 200


@pytest.mark.parametrize(
    ("body", "content_type", "sent"),
    [
        (
            {"kind": "form", "value": [{"name": "a", "value": "1 & 2"}]},
            "application/x-www-form-urlencoded",
            b"a=1+%26+2",
        ),
        ({"kind": "text", "value": "hé"}, "text/plain; charset=utf-8", "hé".encode()),
        ({"kind": "json", "value": None}, "application/json", b"null"),
        (None, None, b""),
    ],
)
def test_a_body_goes_out_in_its_kind(
    body: JSON, content_type: str | None, sent: bytes, http_sink: HttpSink
) -> None:
    perform(method="POST", url=http_sink.url, body=body)

    [request] = http_sink.requests.expect(1)
    assert request.headers.get("content-type") == content_type
    assert request.body == sent


def test_the_steps_own_headers_win_over_the_usual_ones(http_sink: HttpSink) -> None:
    own: JSON = [
        {"name": "content-type", "value": "application/vnd.x+json"},
        {"name": "Idempotency-Key", "value": "mine"},
    ]
    perform(method="POST", url=http_sink.url, headers=own, body={"kind": "json", "value": 1})

    [request] = http_sink.requests.expect(1)
    assert request.headers["content-type"] == "application/vnd.x+json"
    assert request.headers["idempotency-key"] == "mine"


def test_an_address_and_a_connection_together_are_a_problem(http_sink: HttpSink) -> None:
    with pytest.raises(Misconfigured) as both:
        perform(shop(http_sink.url), url=http_sink.url)
    with pytest.raises(Misconfigured) as pathless:
        perform(path="/orders", url=http_sink.url)

    assert (both.value.field, pathless.value.field) == ("url", "path")
    assert len(http_sink.requests) == 0


# --- Answers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "content_type", "becomes"),
    [
        (b'{"a": [1, 2.5, null]}', "application/json", {"a": [1, 2.5, None]}),
        (b'{"a": 1}', "application/vnd.api+json; charset=utf-8", {"a": 1}),
        (b'{"a": 1}', "text/plain", '{"a": 1}'),
        (b"hello", "application/json", "hello"),
        (b"", "application/json", ""),
        ("héllo".encode("latin-1"), "text/plain; charset=iso-8859-1", "héllo"),
        (b"caf\xe9", "text/plain; charset=unicode_escape", "caf\ufffd"),
        (b"a\x00b", "text/plain", "a\ufffdb"),
        (b'{"a\\u0000": "\\ud800"}', "application/json", {"a\ufffd": "\ufffd"}),
        (b'{"a": NaN}', "application/json", '{"a": NaN}'),
        (b'{"a": 1e999}', "application/json", '{"a": 1e999}'),
        (b"9" * 5000, "application/json", "9" * 5000),
        (b"[" * 50_000, "application/json", "[" * 50_000),
    ],
)
def test_an_answer_is_json_when_it_says_so_and_fit_to_be_stored(
    body: bytes, content_type: str, becomes: JSON, http_sink: HttpSink
) -> None:
    http_sink.answer, http_sink.content_type = body, content_type

    assert perform(url=http_sink.url)["body"] == becomes


def test_headers_that_could_sign_somebody_in_are_not_given_back() -> None:
    answer = response(
        b"{}", "Set-Cookie: session=canary", "WWW-Authenticate: Basic", "X-Rate: 1", "X-Rate: 2"
    )
    with serving(answering(answer)) as server:
        headers = perform(url=server.url)["headers"]

    assert headers["x-rate"] == "1, 2"
    assert not {"set-cookie", "www-authenticate"} & set(headers)


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_an_answer_that_may_change_is_worth_another_try(status: int) -> None:
    answer = response(b"{}", "Retry-After: 7", status=f"{status} X")
    with serving(answering(answer)) as server, pytest.raises(Unavailable) as refused:
        perform(url=server.url)

    assert refused.value.http_status == status
    assert refused.value.retry_after_s == 7
    assert not refused.value.maybe_done


def test_retry_after_may_be_a_date() -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    answer = response(b"{}", f"Retry-After: {later}", status="503 X")
    with serving(answering(answer)) as server, pytest.raises(Unavailable) as refused:
        perform(url=server.url)

    assert 50 < (refused.value.retry_after_s or 0) <= 60


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422, 451, 499])
def test_an_answer_that_will_not_change_is_final_and_says_why(status: int) -> None:
    answer = response(b'{"error": "no\nsuch order"}', status=f"{status} X")
    with serving(answering(answer)) as server, pytest.raises(Rejected) as refused:
        perform(url=server.url)

    assert refused.value.http_status == status
    assert str(status) in str(refused.value)
    assert "no such order" in str(refused.value)
    assert len(str(refused.value)) < 300


@pytest.mark.parametrize(("threshold", "status"), [(600, 503), (500, 404), (405, 404)])
def test_the_author_says_from_which_status_on_it_fails(threshold: int, status: int) -> None:
    with serving(answering(response(b"{}", status=f"{status} X"))) as server:
        assert perform(url=server.url, fail_on_status=threshold)["status"] == status


@pytest.mark.parametrize(
    ("method", "repeat"),
    [
        ("GET", Repeat.SAFE),
        ("HEAD", Repeat.SAFE),
        ("PUT", Repeat.SAFE),
        ("DELETE", Repeat.SAFE),
        ("POST", Repeat.NEVER),
        ("PATCH", Repeat.NEVER),
    ],
)
def test_the_method_says_whether_it_may_happen_twice(method: str, repeat: Repeat) -> None:
    assert REQUEST.repeat_of({"method": method}) is repeat
    assert REQUEST.repeat_of({}) is Repeat.SAFE


# --- Who is asking -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declared", "credentials", "header", "value"),
    [
        ({"auth_kind": "api_key", "header": "X-Key"}, {"key": "canary"}, "x-key", "canary"),
        ({"auth_kind": "api_key"}, {"key": "canary"}, "x-api-key", "canary"),
        ({"auth_kind": "bearer"}, {"token": "canary"}, "authorization", "Bearer canary"),
        (
            {"auth_kind": "basic", "username": "mia"},
            {"password": "canary"},
            "authorization",
            "Basic bWlhOmNhbmFyeQ==",
        ),
        ({"auth_kind": "none"}, {}, "authorization", None),
    ],
)
def test_a_connection_signs_its_requests(
    declared: dict[str, JSON],
    credentials: dict[str, str],
    header: str,
    value: str | None,
    http_sink: HttpSink,
) -> None:
    output = perform(shop(http_sink.url, credentials, **declared))

    [request] = http_sink.requests.expect(1)
    assert request.headers.get(header) == value
    assert "canary" not in str(output)


def test_a_step_cannot_replace_the_connections_credentials(http_sink: HttpSink) -> None:
    connection = shop(http_sink.url, {"token": "canary"}, auth_kind="bearer")

    with pytest.raises(Misconfigured, match="set by the connection"):
        perform(connection, headers=[{"name": "authorization", "value": "Bearer other"}])


@pytest.mark.parametrize("ending", ["\r\nX-Evil: 1", "é", "\x00"])
def test_a_credential_that_cannot_be_sent_sends_nothing(ending: str, http_sink: HttpSink) -> None:
    connection = shop(http_sink.url, {"token": f"canary{ending}"}, auth_kind="bearer")

    with pytest.raises(NeedsReconnect) as refused:
        perform(connection)

    assert "canary" not in str(refused.value)
    assert len(http_sink.requests) == 0


def test_a_missing_credential_asks_to_reconnect(http_sink: HttpSink) -> None:
    with pytest.raises(NeedsReconnect):
        perform(shop(http_sink.url, auth_kind="bearer"))


def oauth(token_url: str, base_url: str) -> Resolved:
    return shop(
        base_url,
        {"client_secret": "canary"},
        auth_kind="oauth2_client",
        token_url=token_url,
        client_id="parley",
        scope="orders",
    )


def test_a_token_is_fetched_once_and_used_until_it_ends(http_sink: HttpSink) -> None:
    heard = []

    def grants(visitor: socket.socket) -> None:
        heard.append(read_request(visitor))
        visitor.sendall(response(b'{"access_token": "granted", "expires_in": 3600}'))

    with serving(grants) as tokens:
        connection = oauth(f"{tokens.url}/token", http_sink.url)
        perform(connection)
        perform(connection)

    assert [request.headers["authorization"] for request in http_sink.requests.expect(2)] == [
        "Bearer granted"
    ] * 2
    assert len(heard) == 1
    assert b"grant_type=client_credentials&client_id=parley&client_secret=canary&scope=orders" in heard[0]


def test_a_granted_token_is_told_so_that_no_output_shows_it(http_sink: HttpSink) -> None:
    def grants(visitor: socket.socket) -> None:
        read_request(visitor)
        visitor.sendall(response(b'{"access_token": "granted-token", "expires_in": 3600}'))

    sent: list[str] = []
    with serving(grants) as tokens:
        perform(oauth(tokens.url, http_sink.url), sent)

    assert "granted-token" in sent


def test_a_token_that_is_refused_is_fetched_anew() -> None:
    granted = iter(["first", "second"])
    heard = []

    def grants(visitor: socket.socket) -> None:
        read_request(visitor)
        visitor.sendall(response(json.dumps({"access_token": next(granted), "expires_in": 3600}).encode()))

    def service(visitor: socket.socket) -> None:
        heard.append(read_request(visitor))
        visitor.sendall(response(b"{}", status="200 OK" if b"second" in heard[-1] else "401 No"))

    with serving(grants) as tokens, serving(service) as server:
        connection = oauth(tokens.url, server.url)
        with pytest.raises(Rejected):
            perform(connection)

        assert perform(connection)["status"] == 200


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (response(b'{"error": "invalid_client"}', status="401 No"), NeedsReconnect),
        (response(b'{"error": "invalid_client"}', status="400 No"), NeedsReconnect),
        (response(b"<html>", status="200 OK"), Rejected),
        (response(b"[]", status="200 OK"), NeedsReconnect),
        (response(b"{}", status="503 Later"), Unavailable),
        (response(b"{}", status="429 Later"), Unavailable),
    ],
)
def test_a_token_that_is_not_granted_is_told_apart(
    answer: bytes, error: type[Exception], http_sink: HttpSink
) -> None:
    with serving(answering(answer)) as tokens, pytest.raises(error) as refused:
        perform(oauth(tokens.url, http_sink.url))

    assert "canary" not in str(refused.value)
    assert len(http_sink.requests) == 0


def test_the_token_address_is_guarded_too(http_sink: HttpSink) -> None:
    with pytest.raises(Exception, match="Could not reach"):
        perform(oauth("http://169.254.169.254/token", http_sink.url))


# --- Trying a connection -----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 204, 301, 404, 405])
def test_a_service_that_answers_is_connected(status: int) -> None:
    with serving(answering(response(b"", status=f"{status} X"))) as server:
        assert CONNECTION.check is not None
        CONNECTION.check(a_call(shop(server.url)))


@pytest.mark.parametrize(
    ("status", "error"), [(401, NeedsReconnect), (403, NeedsReconnect), (503, Unavailable)]
)
def test_a_service_that_turns_away_is_not(status: int, error: type[Exception]) -> None:
    with serving(answering(response(b"", status=f"{status} X"))) as server, pytest.raises(error):
        assert CONNECTION.check is not None
        CONNECTION.check(a_call(shop(server.url)))


def test_a_token_that_never_came_leaves_no_doubt_about_the_step(http_sink: HttpSink) -> None:
    def vanishes(visitor: socket.socket) -> None:
        read_request(visitor)

    with serving(vanishes) as tokens, pytest.raises(Unavailable) as refused:
        perform(oauth(tokens.url, http_sink.url), method="POST")

    assert not refused.value.maybe_done
