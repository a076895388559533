"""A form from elsewhere changes nothing: every page that writes wants a token, or the right origin."""

import pytest
from django.test import Client

from tests.support.make import make_api_key, make_secret
from workspaces.models import ApiKey, Secret, User, Workspace


@pytest.fixture
def client(admin: User) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)
    return client


def test_no_form_is_taken_without_a_token(client: Client, workspace: Workspace) -> None:
    secret, (key, _clear) = make_secret(workspace), make_api_key(workspace)
    urls = [
        "/login",
        "/logout",
        "/welcome/demo",
        "/w/acme/settings/secrets/",
        f"/secrets/{secret.id}/",
        f"/secrets/{secret.id}/delete",
        "/w/acme/settings/keys/",
        f"/keys/{key.id}/delete",
    ]

    for url in urls:
        for headers in ({}, {"HX-Request": "true"}, {"Origin": "http://testserver"}):
            response = client.post(url, {"name": key.name}, headers=headers)
            assert response.status_code == 403, (url, headers)
            assert "Open the page again" in response.text
    assert Secret.objects.exists()
    assert ApiKey.objects.exists()
    assert "_auth_user_id" in client.session


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://testserver.evil.example"])
def test_a_token_sent_from_another_site_is_refused(client: Client, origin: str) -> None:
    client.get("/w/acme/settings/keys/")
    token = client.cookies["csrftoken"].value

    response = client.post("/logout", {"csrfmiddlewaretoken": token}, headers={"Origin": origin})

    assert response.status_code == 403


def test_the_token_may_come_in_a_header(client: Client) -> None:
    client.get("/w/acme/settings/keys/")
    token = client.cookies["csrftoken"].value

    assert client.post("/logout", headers={"X-CSRFToken": token}).status_code == 302
