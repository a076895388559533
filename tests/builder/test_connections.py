"""Connections: made, changed, tested and deleted by admins; credentials go in and never come out."""

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from connectors import connections
from connectors.models import Connection
from tests.support.make import make_connection
from tests.support.sink import HttpSink
from workspaces.models import User, Workspace

NEW = "/w/acme/connections/new/rest/"


@pytest.fixture
def client(admin: User, settings: Settings, http_sink: HttpSink) -> Client:
    settings.OUTBOUND_ALLOW = [http_sink.address.replace(":", "/32:")]
    client = Client()
    client.force_login(admin)
    return client


def _fields(sink: HttpSink, **over: str) -> dict[str, str]:
    return {"name": "Shop", "base_url": sink.url, "auth_kind": "bearer", "token": "canary-token", **over}


def test_a_new_connection_is_saved_and_tested(
    client: Client, workspace: Workspace, http_sink: HttpSink
) -> None:
    page = client.post(NEW, _fields(http_sink), follow=True).content.decode()

    made = Connection.objects.in_workspace(workspace).get()
    assert made.status == "ok"
    assert "Shop works." in page
    assert "canary-token" not in page
    assert connections.opened(made).credentials["token"].reveal() == "canary-token"


def test_a_test_that_fails_does_not_undo_the_saving(
    client: Client, workspace: Workspace, http_sink: HttpSink
) -> None:
    http_sink.mode = "500"

    page = client.post(NEW, _fields(http_sink), follow=True).content.decode()

    assert "its test failed" in page
    assert Connection.objects.in_workspace(workspace).get().status == "failed"


def test_wrong_fields_are_named_and_what_was_typed_stays(client: Client, http_sink: HttpSink) -> None:
    response = client.post(NEW, _fields(http_sink, name="Kept name", base_url="nonsense", token=""))

    page = response.content.decode()
    assert response.status_code == 422
    assert "Kept name" in page
    assert "nonsense" in page
    assert "Token is missing." in page
    assert not Connection.objects.exists()


def test_choosing_how_to_sign_in_shows_its_fields_and_saves_nothing(
    client: Client, http_sink: HttpSink
) -> None:
    page = client.post(NEW, _fields(http_sink, auth_kind="basic", do="draw")).content.decode()

    assert "User name" in page
    assert not Connection.objects.exists()


def test_an_empty_credential_keeps_the_stored_one(
    client: Client, workspace: Workspace, http_sink: HttpSink
) -> None:
    client.post(NEW, _fields(http_sink))
    made = Connection.objects.in_workspace(workspace).get()

    client.post(f"/connections/{made.pk}/", _fields(http_sink, name="Renamed", token=""))

    changed = Connection.objects.get(pk=made.pk)
    assert changed.name == "Renamed"
    assert connections.opened(changed).credentials["token"].reveal() == "canary-token"


def test_the_form_of_a_connection_never_shows_its_credentials(
    client: Client, workspace: Workspace, http_sink: HttpSink
) -> None:
    client.post(NEW, _fields(http_sink))
    made = Connection.objects.in_workspace(workspace).get()

    assert "canary-token" not in client.get(f"/connections/{made.pk}/").content.decode()


def test_a_connection_is_deleted_after_a_question(client: Client, workspace: Workspace) -> None:
    made = make_connection(workspace, name="Old one")

    assert "Old one" in client.get(f"/connections/{made.pk}/delete/").content.decode()
    client.post(f"/connections/{made.pk}/delete/")

    assert not Connection.objects.filter(pk=made.pk).exists()


def test_an_editor_sees_connections_and_changes_none(editor: User, workspace: Workspace) -> None:
    made = make_connection(workspace, name="Shop")
    client = Client()
    client.force_login(editor)

    page = client.get("/w/acme/connections/").content.decode()
    assert "Shop" in page
    assert "Add a connection" not in page
    assert client.get(f"/connections/{made.pk}/").status_code == 403


def test_an_app_without_connections_has_no_form(client: Client) -> None:
    assert client.get("/w/acme/connections/new/flow/").status_code == 404
