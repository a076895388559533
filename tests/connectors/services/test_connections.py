"""Connections: made, changed, tested and removed; their credentials go in and never come out."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection as database
from pytest_django import Settings

from connectors import connections, selectors
from connectors.declare import JSON
from connectors.errors import ConnectionInvalid, Misconfigured, NeedsReconnect
from connectors.models import Connection
from connectors.services import connections as services
from tests.connectors.outside import answering, response, serving
from tests.support.make import make_connection, make_workspace
from tests.support.sink import HttpSink, SmtpSink
from workspaces.models import AuditEntry, Workspace
from workspaces.services import audit

BY = audit.system("test")
CANARY = "canary-5d41402abc4b"
BEARER: dict[str, Any] = {
    "base_url": "https://api.example.com/v1",
    "auth": {"kind": "bearer", "token": CANARY},
}


def make(workspace: Workspace, settings: dict[str, Any] | None = None, app: str = "rest") -> Connection:
    return services.create(workspace, app, "Northwind shop API", settings or BEARER, by=BY)


def problems(refused: pytest.ExceptionInfo[ConnectionInvalid]) -> set[tuple[str, str]]:
    return {(problem.path, problem.code) for problem in refused.value.problems}


def test_a_connection_opens_to_what_was_put_in(workspace: Workspace) -> None:
    connection = make(workspace)

    resolved = connections.resolve(workspace.pk, connection.pk)
    assert resolved.base_url == "https://api.example.com/v1"
    assert resolved.hosts == {"api.example.com"}
    assert resolved.credentials["token"].reveal() == CANARY
    assert connection.status == "untested"


def test_credentials_are_in_no_column_but_their_ciphertext(workspace: Workspace) -> None:
    connection = make(workspace)

    with database.cursor() as cursor:
        cursor.execute("SELECT row_to_json(c)::text FROM connectors_connection c")
        assert CANARY not in cursor.fetchone()[0]
    assert CANARY not in str(AuditEntry.objects.in_workspace(workspace).values())
    assert CANARY not in repr(connections.resolve(workspace.pk, connection.pk))
    assert CANARY not in str(selectors.shown_settings(connection))


def test_settings_come_back_in_the_shape_they_went_in(workspace: Workspace) -> None:
    assert selectors.shown_settings(make(workspace)) == {
        "base_url": "https://api.example.com/v1",
        "auth": {"kind": "bearer"},
    }


def test_a_mail_server_needs_little(workspace: Workspace) -> None:
    connection = make(workspace, {"host": "smtp.example.com", "from": "Shop <shop@example.com>"}, app="email")

    assert connection.settings == {
        "host": "smtp.example.com",
        "port": 587,
        "security": "starttls",
        "from": "Shop <shop@example.com>",
    }
    assert connection.credentials == ""


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ({}, {("settings.base_url", "required")}),
        ({"base_url": "api.example.com"}, {("settings.base_url", "invalid")}),
        ({"base_url": "ftp://api.example.com"}, {("settings.base_url", "invalid")}),
        ({"base_url": "https://mia:pass@api.example.com"}, {("settings.base_url", "invalid")}),
        ({"base_url": "https://api.example.com?a=1"}, {("settings.base_url", "invalid")}),
        ({"base_url": 7}, {("settings.base_url", "invalid")}),
        ({"base_url": ["https://api.example.com"]}, {("settings.base_url", "invalid")}),
        ({"base_url": "https://api.example.com\nX"}, {("settings.base_url", "invalid")}),
        ({"base_url": "https://a.example", "auth": {"kind": "magic"}}, {("settings.auth.kind", "invalid")}),
        (
            {"base_url": "https://a.example", "auth": {"kind": "bearer"}},
            {("settings.auth.token", "required")},
        ),
        (
            {"base_url": "https://a.example", "auth": {"kind": "bearer", "token": "a\r\nb"}},
            {("settings.auth.token", "invalid")},
        ),
        (
            {"base_url": "https://a.example", "auth": {"kind": "none", "extra": 1}},
            {("settings.auth.extra", "unknown_field")},
        ),
        ({"base_url": "https://a.example", "auth": "bearer"}, {("settings.auth", "wrong_type")}),
        ({"base_url": "https://a.example", "token": "x"}, {("settings.token", "unknown_field")}),
        (
            {"base_url": "https://a.example", "auth": {"kind": "oauth2_client", "client_id": "x"}},
            {("settings.auth.token_url", "required"), ("settings.auth.client_secret", "required")},
        ),
    ],
)
def test_every_problem_is_told_with_its_place(
    settings: dict[str, Any], found: set[tuple[str, str]], workspace: Workspace
) -> None:
    with pytest.raises(ConnectionInvalid) as refused:
        services.create(workspace, "rest", "API", settings, by=BY)

    assert problems(refused) == found
    assert not Connection.objects.in_workspace(workspace).exists()


@pytest.mark.parametrize("app", ["", "nowhere", "flow", "demo_store"])
def test_an_app_without_connections_has_none(app: str, workspace: Workspace) -> None:
    with pytest.raises(ConnectionInvalid) as refused:
        services.create(workspace, app, "API", {}, by=BY)

    assert problems(refused) == {("app", "unknown_app")}


@pytest.mark.parametrize("name", ["", "  ", "x" * 121, "two\nlines", "null\x00"])
def test_a_name_is_one_short_line(name: str, workspace: Workspace) -> None:
    with pytest.raises(ConnectionInvalid) as refused:
        services.create(workspace, "rest", name, BEARER, by=BY)

    assert problems(refused) == {("name", "invalid")}


def test_a_name_is_used_once_in_a_workspace(workspace: Workspace) -> None:
    make(workspace)
    make(make_workspace())

    with pytest.raises(ConnectionInvalid) as refused:
        make(workspace)

    assert problems(refused) == {("name", "taken")}


# --- Changing ----------------------------------------------------------------------------------------------


def test_a_credential_that_is_left_out_stays(workspace: Workspace) -> None:
    connection = make(workspace)
    settings: dict[str, JSON] = {
        "base_url": "https://api.example.com/v2",
        "auth": {"kind": "bearer", "token": ""},
    }

    changed = services.change(connection, "Renamed", settings, by=BY)

    resolved = connections.resolve(workspace.pk, connection.pk)
    assert (resolved.name, resolved.version) == ("Renamed", 2)
    assert resolved.credentials["token"].reveal() == CANARY
    assert changed.status == "untested"


def test_another_host_does_not_get_the_stored_credentials(workspace: Workspace) -> None:
    connection = make(workspace)
    settings: dict[str, JSON] = {"base_url": "https://evil.example/v1", "auth": {"kind": "bearer"}}

    with pytest.raises(ConnectionInvalid) as refused:
        services.change(connection, "Same", settings, by=BY)

    assert problems(refused) == {("settings.auth.token", "enter_again")}
    assert connections.resolve(workspace.pk, connection.pk).hosts == {"api.example.com"}


def test_another_host_with_new_credentials_is_a_change_like_any_other(workspace: Workspace) -> None:
    connection = make(workspace)
    settings: dict[str, JSON] = {
        "base_url": "https://new.example",
        "auth": {"kind": "bearer", "token": "new-token"},
    }

    services.change(connection, "Same", settings, by=BY)

    assert connections.resolve(workspace.pk, connection.pk).credentials["token"].reveal() == "new-token"


def test_another_way_to_sign_in_forgets_the_old_credentials(workspace: Workspace) -> None:
    connection = make(workspace)

    services.change(connection, "Same", {"base_url": "https://api.example.com"}, by=BY)

    assert connections.resolve(workspace.pk, connection.pk).credentials == {}


def test_a_ciphertext_of_another_row_or_version_does_not_open(workspace: Workspace) -> None:
    mine, other = make(workspace), make_connection(workspace, **BEARER)
    Connection.objects.filter(pk=mine.pk).update(credentials=other.credentials)

    with pytest.raises(NeedsReconnect):
        connections.resolve(workspace.pk, mine.pk)

    Connection.objects.filter(pk=other.pk).update(version=7)
    with pytest.raises(NeedsReconnect):
        connections.resolve(workspace.pk, other.pk)


def test_credentials_that_cannot_be_opened_can_be_entered_again(workspace: Workspace) -> None:
    connection = make(workspace)
    Connection.objects.filter(pk=connection.pk).update(credentials="v1:garbage")

    services.change(connection, "Same", BEARER, by=BY)

    assert connections.resolve(workspace.pk, connection.pk).credentials["token"].reveal() == CANARY


# --- Reaching and removing ---------------------------------------------------------------------------------


def test_a_connection_of_another_workspace_and_a_removed_one_are_both_gone(workspace: Workspace) -> None:
    removed = make(workspace)
    services.remove(removed, by=BY)
    for workspace_id, connection_id in (
        (workspace.pk, make(make_workspace()).pk),
        (workspace.pk, removed.pk or uuid4()),
        (workspace.pk, uuid4()),
    ):
        with pytest.raises(Misconfigured) as gone:
            connections.resolve(workspace_id, connection_id)
        assert gone.value.field == "connection"


def test_everything_that_happens_to_a_connection_is_audited(workspace: Workspace) -> None:
    connection = make(workspace)
    services.change(connection, "Renamed", BEARER, by=BY)
    services.remove(connection, by=BY)

    verbs = AuditEntry.objects.in_workspace(workspace).order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["connection.created", "connection.changed", "connection.removed"]


# --- Testing -----------------------------------------------------------------------------------------------


def test_a_connection_that_answers_is_ok(
    workspace: Workspace, http_sink: HttpSink, smtp_sink: SmtpSink, settings: Settings
) -> None:
    settings.OUTBOUND_ALLOW = [http_sink.address, smtp_sink.address]
    web = make_connection(workspace, base_url=http_sink.url)
    mail = make_connection(workspace, "email", port=smtp_sink.port, security="none")

    for connection in (web, mail):
        services.test(connection)
        assert (connection.status, connection.status_message) == ("ok", "")
        assert connection.tested_at is not None


def test_a_connection_that_does_not_is_saved_with_what_is_wrong(
    workspace: Workspace, settings: Settings
) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1/32"]
    with serving(answering(response(b"no", status="401 No"))) as server:
        connection = services.test(make_connection(workspace, base_url=server.url))

    assert connection.status == "failed"
    assert "401" in connection.status_message


def test_a_private_address_fails_the_test_like_a_closed_one(workspace: Workspace) -> None:
    connection = services.test(make_connection(workspace, base_url="http://169.254.169.254"))

    assert connection.status == "failed"
    assert "Could not reach" in connection.status_message


def test_another_host_without_sign_in_needs_no_credentials(workspace: Workspace) -> None:
    connection = make(workspace)

    services.change(connection, "Same", {"base_url": "https://new.example"}, by=BY)

    assert connections.resolve(workspace.pk, connection.pk).credentials == {}
