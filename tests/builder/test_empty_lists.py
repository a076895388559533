"""A list that holds nothing yet says what it is, what to do next, and where to read on."""

import pytest
from django.test import Client

from workspaces.models import User, Workspace

LISTS = {
    "/w/acme/agents/": "/help/agents/",
    "/w/acme/conversations/": "/help/agents/",
    "/w/acme/runs/": "/help/runs/",
    "/w/acme/follow-ups/": "/help/post-conversation/",
    "/w/acme/connections/": "/help/connections/",
    "/w/acme/settings/secrets/": "/help/variables/#what-is-kept-secret",
    "/w/acme/": "/help/agents/",
}


@pytest.mark.parametrize(("path", "help_url"), LISTS.items())
def test_an_empty_list_leads_on(admin: User, workspace: Workspace, path: str, help_url: str) -> None:
    client = Client()
    client.force_login(admin)

    page = client.get(path).content.decode()

    _, _, empty = page.partition('<div class="empty">')
    assert f'href="{help_url}"' in empty.partition("</div>")[0]
    assert client.get(help_url).status_code == 200
