"""The page about data: how long they are kept, and erasing a person's after having seen what there is."""

import html

import pytest
from django.test import Client

from conversations.models import Conversation
from tests.support.make import make_agent, make_conversation
from workspaces.models import AuditEntry, User, Workspace

pytestmark = pytest.mark.django_db
URL = "/w/acme/settings/data/"


@pytest.fixture
def client(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


def test_days_are_kept_and_audited(client: Client, workspace: Workspace) -> None:
    assert client.post(URL, {"payload_days": "7", "run_days": "30"}).status_code == 302

    workspace.refresh_from_db()
    assert (workspace.payload_days, workspace.run_days) == (7, 30)
    assert AuditEntry.objects.get(verb="retention.changed").details == {"payload_days": 7, "run_days": 30}


@pytest.mark.parametrize(
    "bad",
    [
        {"payload_days": "6"},
        {"payload_days": "31"},
        {"run_days": "29"},
        {"run_days": "366"},
        {"run_days": ""},
        {"payload_days": "a week"},
        {"payload_days": "9" * 50},
    ],
)
def test_what_is_out_of_range_is_said_and_not_lost(
    client: Client, workspace: Workspace, bad: dict[str, str]
) -> None:
    answer = client.post(URL, {"payload_days": "7", "run_days": "30", **bad})

    assert answer.status_code == 422
    assert "aria-invalid" in answer.text
    assert all(f'value="{typed}"' in answer.text for typed in bad.values())
    workspace.refresh_from_db()
    assert (workspace.payload_days, workspace.run_days) == (30, 90)


def test_nothing_is_erased_before_it_was_seen(client: Client, workspace: Workspace) -> None:
    make_conversation(make_agent(workspace), customer={"email": "ada@example.com"})
    who = {"by": "email", "value": "ADA@example.com"}

    seen = client.post(f"{URL}erase/", who)
    assert "Erase all of this?" in seen.text
    assert "<dt>Conversations</dt><dd>1</dd>" in seen.text
    assert Conversation.objects.exists()

    done = client.post(f"{URL}erase/", {**who, "do": "erase"}, follow=True)
    assert done.redirect_chain == [(URL, 302)]
    assert "Erased: 1 conversation and 0 runs." in done.text
    assert not Conversation.objects.exists()


def test_whom_nobody_knows_has_nothing_to_erase(client: Client) -> None:
    answer = client.post(f"{URL}erase/", {"by": "phone", "value": "+49 30 901820"})

    assert "Nothing was found" in answer.text
    assert 'value="erase"' not in answer.text


@pytest.mark.parametrize(
    ("by", "value"),
    [("email", "ada"), ("phone", "12"), ("conversation", "<b>"), ("name", "Ada"), ("customer", "a\0b")],
)
def test_what_cannot_be_looked_for_is_said_and_not_lost(client: Client, by: str, value: str) -> None:
    answer = client.post(f"{URL}erase/", {"by": by, "value": value, "do": "erase"})

    assert answer.status_code == 422
    assert "err" in answer.text
    if "\0" not in value:
        assert html.escape(value) in answer.text
