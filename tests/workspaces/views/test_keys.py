"""The page of API keys: the key is shown once; deleting asks for its name."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.support.make import make_api_key, make_member, make_workspace
from workspaces.models import ApiKey, Role, User, Workspace
from workspaces.services import api_keys

URL = "/w/acme/settings/keys/"


@pytest.fixture
def client(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


def create(client: Client, **over: object) -> Any:
    return client.post(URL, {"name": "Shop", "scopes": ["run", "read"], "expires": "90", **over})


def test_an_empty_page_says_what_keys_are_for(client: Client) -> None:
    assert "No API keys yet" in client.get(URL).text


def test_a_key_is_shown_once_and_works(client: Client, workspace: Workspace) -> None:
    page = create(client)

    assert page.status_code == 201
    shown = re.search(r"pk_[a-z0-9]{12}_[A-Za-z0-9]{43}", page.text)
    assert shown is not None
    key = api_keys.authenticate(shown[0])
    assert key is not None
    assert (key.workspace, key.name, key.scopes) == (workspace, "Shop", ["run", "read"])
    assert shown[0] not in client.get(URL).text
    assert key.public_id in client.get(URL).text


@pytest.mark.parametrize(("choice", "days"), [("30", 30), ("90", 90), ("365", 365), ("", None)])
def test_a_key_expires_when_it_was_said(client: Client, choice: str, days: int | None) -> None:
    create(client, expires=choice)

    expires_at = ApiKey.objects.get().expires_at
    if days is None or expires_at is None:
        assert (days, expires_at) == (None, None)
    else:
        assert abs(expires_at - timezone.now() - timedelta(days=days)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    "bad",
    [
        {"name": ""},
        {"name": "n" * 121},
        {"name": "a\0"},
        {"scopes": []},
        {"scopes": ["root"]},
        {"expires": "-1"},
    ],
)
def test_a_bad_field_is_422_and_makes_no_key(client: Client, bad: dict[str, object]) -> None:
    assert create(client, **bad).status_code == 422
    assert not ApiKey.objects.exists()


def test_loading_the_answer_again_makes_no_second_key(client: Client) -> None:
    create(client)

    assert create(client).status_code == 422
    assert ApiKey.objects.count() == 1


def test_an_expired_key_is_marked(client: Client, workspace: Workspace) -> None:
    make_api_key(workspace)
    ApiKey.objects.update(expires_at=timezone.now() - timedelta(days=1))

    assert "Expired" in client.get(URL).text


@pytest.mark.parametrize("typed", ["", "shop", "Shop<", "another"])
def test_deleting_needs_the_keys_name(client: Client, workspace: Workspace, typed: str) -> None:
    key, _clear = make_api_key(workspace, name="Shop <b>")

    page = client.post(f"/keys/{key.id}/delete", {"name": typed})

    assert page.status_code == 422
    assert html.escape("Shop <b>") in page.text
    assert ApiKey.objects.exists()


def test_the_right_name_deletes_the_key(client: Client, workspace: Workspace) -> None:
    key, clear = make_api_key(workspace, name="Shop <b>")
    assert client.get(f"/keys/{key.id}/delete").status_code == 200

    page = client.post(f"/keys/{key.id}/delete", {"name": "Shop <b>"}, follow=True)

    assert page.redirect_chain == [(URL, 302)]
    assert api_keys.authenticate(clear) is None


@pytest.mark.parametrize("role", [Role.VIEWER, Role.TESTER, Role.EDITOR])
def test_lower_roles_are_refused(workspace: Workspace, role: Role) -> None:
    key, _clear = make_api_key(workspace)
    client = Client()
    client.force_login(make_member(workspace, role))

    for url in (URL, f"/keys/{key.id}/delete"):
        assert client.get(url).status_code == client.post(url, {"name": key.name}).status_code == 403
    assert ApiKey.objects.count() == 1


def test_keys_of_another_workspace_are_not_there(client: Client) -> None:
    theirs, _clear = make_api_key(make_workspace("theirs"))

    for url in ("/w/theirs/settings/keys/", f"/keys/{theirs.id}/delete"):
        assert client.get(url).status_code == client.post(url, {"name": theirs.name}).status_code == 404
    assert ApiKey.objects.exists()
