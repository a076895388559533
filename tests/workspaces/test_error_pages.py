"""The pages for what went wrong: in the look of the rest, and with nothing of the inside."""

import pytest
from django.template.loader import render_to_string
from django.test import Client
from pytest_django.fixtures import Settings

from workspaces.models import User, Workspace


@pytest.fixture(autouse=True)
def _as_in_production(settings: Settings) -> None:
    settings.DEBUG = False


def test_a_missing_page_looks_the_same_for_a_stranger_and_for_anyone(
    client: Client, workspace: Workspace, stranger: User
) -> None:
    client.force_login(stranger)

    pages = [client.get(url) for url in ("/w/acme/settings/keys/", "/w/nowhere/settings/keys/")]

    assert [page.status_code for page in pages] == [404, 404]
    for page in pages:
        assert "We can’t find that page" in page.text
        assert "Acme" not in page.text


def test_a_page_that_a_role_may_not_see_says_who_can_help(client: Client, viewer: User) -> None:
    client.force_login(viewer)

    page = client.get("/w/acme/settings/keys/")

    assert page.status_code == 403
    assert "needs the role admin; you are viewer in Acme" in page.text


def test_the_page_of_a_crash_needs_neither_request_nor_database() -> None:
    assert "Something went wrong on our side" in render_to_string("500.html")
