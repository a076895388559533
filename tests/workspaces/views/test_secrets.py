"""The page of secrets: add, change, delete, for admins only; a value is never in it."""

from typing import Any

import pytest
from django.test import Client

from tests.support.make import make_member, make_secret, make_workspace
from workspaces.models import AuditEntry, Role, Secret, User, Workspace
from workspaces.services import secrets

URL = "/w/acme/settings/secrets/"
CANARY = "canary-7d793037a076"


@pytest.fixture
def client(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


def add(client: Client, **over: str) -> Any:
    return client.post(
        URL, {"key": "CRM_TOKEN", "value": CANARY, "description": "The CRM", **over}, follow=True
    )


def test_an_empty_page_says_what_secrets_are_for(client: Client) -> None:
    assert "No secrets yet" in client.get(URL).text


def test_an_added_secret_is_listed_without_its_value(client: Client, workspace: Workspace) -> None:
    page = add(client)

    assert page.redirect_chain == [(URL, 302)]
    assert "CRM_TOKEN" in page.text
    assert "The CRM" in page.text
    assert CANARY not in page.text
    assert secrets.reveal(workspace.id, "CRM_TOKEN").reveal() == CANARY


def test_what_was_typed_stays_when_it_is_refused(client: Client) -> None:
    page = add(client, key="crm token")

    assert page.status_code == 422
    assert 'value="crm token"' in page.text
    assert "Use capital letters" in page.text
    assert not Secret.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("key", ""), ("key", "a\0"), ("value", "short"), ("value", "x" * 10_001), ("description", "d" * 201)],
)
def test_a_bad_field_is_422_and_nothing_is_stored(client: Client, field: str, value: str) -> None:
    assert add(client, **{field: value}).status_code == 422
    assert not Secret.objects.exists()


def test_a_key_that_is_taken_is_refused(client: Client, workspace: Workspace) -> None:
    make_secret(workspace, "CRM_TOKEN")

    assert "already a secret CRM_TOKEN" in add(client).text


def test_a_pem_key_keeps_its_lines(client: Client, workspace: Workspace) -> None:
    add(client, value="-----BEGIN KEY-----\r\nabc\r\n-----END KEY-----\r\n")

    assert secrets.reveal(workspace.id, "CRM_TOKEN").reveal() == "-----BEGIN KEY-----\nabc\n-----END KEY-----"


def test_a_secret_is_given_a_new_value(client: Client, workspace: Workspace) -> None:
    secret = make_secret(workspace)

    page = client.post(f"/secrets/{secret.id}/", {"value": CANARY, "description": "renewed"}, follow=True)

    assert "renewed" in page.text
    assert secrets.reveal(workspace.id, secret.key).reveal() == CANARY


def test_changing_the_description_alone_shows_the_present_one_and_keeps_the_value(
    client: Client, workspace: Workspace
) -> None:
    secret = make_secret(workspace, value=CANARY)
    Secret.objects.update(description="as it was")
    assert "as it was" in client.get(f"/secrets/{secret.id}/").text

    client.post(f"/secrets/{secret.id}/", {"value": "", "description": "new"})

    assert secrets.reveal(workspace.id, secret.key).reveal() == CANARY


def test_deleting_asks_first(client: Client, workspace: Workspace) -> None:
    secret = make_secret(workspace)
    assert "cannot be brought back" in client.get(f"/secrets/{secret.id}/delete").text
    assert Secret.objects.exists()

    client.post(f"/secrets/{secret.id}/delete")

    assert not Secret.objects.exists()


def test_the_audit_log_names_the_person(client: Client, admin: User) -> None:
    add(client)

    entry = AuditEntry.objects.get(verb="secret.added")
    assert (entry.user, entry.object_name, entry.ip) == (admin, "CRM_TOKEN", "127.0.0.1")
    assert len(entry.request_id) == 32


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TESTER, Role.EDITOR])
def test_lower_roles_are_refused_in_plain_words(workspace: Workspace, role: Role) -> None:
    secret = make_secret(workspace)
    client = Client()
    client.force_login(make_member(workspace, role))

    for url in (URL, f"/secrets/{secret.id}/", f"/secrets/{secret.id}/delete"):
        for response in (client.get(url), client.post(url)):
            assert response.status_code == 403
            assert "needs the role admin" in response.text
    assert Secret.objects.exists()


def test_secrets_of_another_workspace_are_not_there(client: Client) -> None:
    theirs = make_secret(make_workspace("theirs"))

    for url in ("/w/theirs/settings/secrets/", f"/secrets/{theirs.id}/", f"/secrets/{theirs.id}/delete"):
        assert client.get(url).status_code == client.post(url).status_code == 404
    assert Secret.objects.exists()


def test_pages_with_secrets_are_not_kept_by_the_browser(client: Client) -> None:
    assert "no-store" in client.get(URL)["Cache-Control"]
