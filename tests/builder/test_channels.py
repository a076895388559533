"""An agent's channels: the widget's settings, what is wrong with them, and its secret, shown once."""

import pytest
from django.test import Client

from conversations.models import PhoneLine, Widget
from tests.support.make import make_agent
from workflows.models import Agent
from workspaces.models import User, Workspace

SETTINGS = {"is_enabled": "on", "origins": "https://shop.example", "theme": "dark", "accent": "#0a7a45"}


@pytest.fixture
def agent(workspace: Workspace) -> Agent:
    return make_agent(workspace)


def test_the_widget_is_turned_on_and_its_snippet_can_be_copied(
    client: Client, editor: User, agent: Agent
) -> None:
    client.force_login(editor)

    before = client.get(f"/agents/{agent.pk}/channels/").text
    page = client.post(f"/agents/{agent.pk}/channels/widget/", SETTINGS, follow=True).text

    widget = Widget.objects.get()
    assert "Save the widget first" in before
    assert "The widget is on." in page
    assert f"/widget.js&quot; data-agent=&quot;{widget.public_key}&quot; async" in page
    assert (widget.origins, widget.theme, widget.accent) == (["https://shop.example"], "dark", "#0a7a45")


def test_what_is_wrong_is_said_and_what_was_typed_is_kept(client: Client, editor: User, agent: Agent) -> None:
    client.force_login(editor)
    typed = {**SETTINGS, "origins": "shop.example", "title": "Ask us"}

    answer = client.post(f"/agents/{agent.pk}/channels/widget/", typed)

    assert answer.status_code == 422
    assert "“shop.example” is no origin" in answer.text
    assert 'value="Ask us"' in answer.text
    assert not Widget.objects.exists()


def test_the_secret_is_shown_once_to_an_admin(
    client: Client, admin: User, editor: User, agent: Agent
) -> None:
    path = f"/agents/{agent.pk}/channels/"
    client.force_login(editor)
    assert client.post(f"{path}widget/secret/").status_code == 403
    assert "Make a secret" not in client.get(path).text

    client.force_login(admin)
    shown = client.post(f"{path}widget/secret/")

    assert (shown.status_code, "wsk_" in shown.text) == (201, True)
    assert "no-store" in shown["Cache-Control"]
    assert "wsk_" not in client.get(path).text


def test_a_viewer_sees_the_settings_and_cannot_change_them(
    client: Client, viewer: User, agent: Agent
) -> None:
    client.force_login(viewer)

    assert 'id="widget-form"' not in client.get(f"/agents/{agent.pk}/channels/").text
    assert client.post(f"/agents/{agent.pk}/channels/widget/", SETTINGS).status_code == 403


def test_an_admin_lets_the_agent_take_calls_and_its_token_is_never_shown(
    client: Client, admin: User, editor: User, agent: Agent
) -> None:
    path, token = f"/agents/{agent.pk}/channels/", "0123456789abcdef0123456789abcdef"
    settings = {"phone-is_enabled": "on", "phone-auth_token": token}
    client.force_login(editor)
    assert client.post(f"{path}phone/", settings).status_code == 403
    client.force_login(admin)

    wrong = client.post(f"{path}phone/", {"phone-is_enabled": "on"})
    page = client.post(f"{path}phone/", settings, follow=True)

    assert (wrong.status_code, "Paste the auth token" in wrong.text) == (422, True)
    assert "The agent takes calls." in page.text
    assert f"/calls/{PhoneLine.objects.get().public_key}/" in page.text
    assert token not in page.text
