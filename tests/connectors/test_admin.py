"""Connections in the admin: everything but their credentials, and nothing to change."""

from django.test import Client
from django.urls import reverse

from tests.support.make import make_connection
from workspaces.models import User, Workspace

CANARY = "canary-5d41402abc4b"


def test_the_admin_shows_a_connection_without_its_credentials(workspace: Workspace, client: Client) -> None:
    connection = make_connection(
        workspace, base_url="https://a.example", auth={"kind": "bearer", "token": CANARY}
    )
    client.force_login(User.objects.create_superuser("admin@example.com", "a-long-password"))

    for page in (
        client.get(reverse("admin:connectors_connection_changelist")),
        client.get(reverse("admin:connectors_connection_change", args=[connection.pk])),
    ):
        assert page.status_code == 200
        assert connection.name in page.content.decode()
        assert CANARY not in page.content.decode()
        assert connection.credentials not in page.content.decode()


def test_connections_are_not_made_in_the_admin(workspace: Workspace, client: Client) -> None:
    client.force_login(User.objects.create_superuser("admin@example.com", "a-long-password"))

    assert client.get(reverse("admin:connectors_connection_add")).status_code == 403
