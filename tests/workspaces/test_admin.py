"""The admin shows all workspaces to operators, and nothing that is secret to anybody."""

from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from tests.support.make import make_api_key, make_person, make_secret
from workspaces.models import ApiKey, AuditEntry, Membership, Role, Secret, User, Workspace
from workspaces.services import audit, secrets

CANARY = "canary-9b74c9897bac"


@pytest.fixture
def operator(db: None) -> User:
    return User.objects.create_superuser("operator@example.com")


@pytest.fixture
def client(client: Client, operator: User) -> Client:
    client.force_login(operator)
    return client


@pytest.fixture
def secret(workspace: Workspace) -> Secret:
    return make_secret(workspace, "CRM_TOKEN", CANARY)


@pytest.mark.parametrize("model", [Workspace, User, Membership, ApiKey, Secret, AuditEntry])
def test_lists_search_and_detail_pages_open(client: Client, secret: Secret, model: Any) -> None:
    make_api_key(secret.workspace)
    secret.workspace.memberships.create(user=make_person("Tom"), role=Role.VIEWER)
    name = model._meta.model_name

    assert client.get(reverse(f"admin:workspaces_{name}_changelist"), {"q": "a"}).status_code == 200
    for row in model.objects.all():
        assert client.get(reverse(f"admin:workspaces_{name}_change", args=[row.pk])).status_code == 200


def test_ciphertexts_and_hashes_are_on_no_page(client: Client, secret: Secret) -> None:
    key, clear = make_api_key(secret.workspace)
    secrets.reveal(secret.workspace_id, secret.key)
    secret.workspace.refresh_from_db()
    hidden = [CANARY, secret.ciphertext, key.random_sha256, clear, secret.workspace.wrapped_key]

    for model in (Workspace, ApiKey, Secret, AuditEntry):
        name = model._meta.model_name
        pages = [client.get(reverse(f"admin:workspaces_{name}_changelist"))]
        pages += [
            client.get(reverse(f"admin:workspaces_{name}_change", args=[row.pk]))
            for row in model._default_manager.all()
        ]
        for page in pages:
            assert not [text for text in hidden if text in page.text]


@pytest.mark.parametrize("model", [ApiKey, Secret, AuditEntry])
def test_what_is_audited_elsewhere_is_read_only_here(client: Client, secret: Secret, model: Any) -> None:
    make_api_key(secret.workspace)
    name = model._meta.model_name
    row = model.objects.first()

    assert client.get(reverse(f"admin:workspaces_{name}_add")).status_code == 403
    assert client.post(reverse(f"admin:workspaces_{name}_change", args=[row.pk]), {}).status_code == 403
    assert (
        client.post(reverse(f"admin:workspaces_{name}_delete", args=[row.pk]), {"post": "yes"}).status_code
        == 403
    )


def test_a_workspace_is_not_deleted_here(client: Client, workspace: Workspace) -> None:
    url = reverse("admin:workspaces_workspace_delete", args=[workspace.pk])

    assert client.post(url, {"post": "yes"}).status_code == 403


def test_an_operator_adds_a_person_with_an_address_in_lower_case(client: Client) -> None:
    client.post(
        reverse("admin:workspaces_user_add"),
        {
            "email": "Tom@Example.com",
            "name": "Tom",
            "usable_password": "true",
            "password1": "correct horse battery",
            "password2": "correct horse battery",
        },
    )

    assert User.objects.get(name="Tom").email == "tom@example.com"


def test_an_owner_of_a_workspace_is_no_operator(workspace: Workspace, owner: User) -> None:
    audit.record(workspace, audit.system("test"), "agent.archived", of=workspace)
    client = Client()
    client.force_login(owner)

    assert client.get("/admin/workspaces/auditentry/")["Location"].startswith("/admin/login/")


def test_every_model_of_ours_is_in_the_admin() -> None:
    assert {model for model in admin.site._registry if model._meta.app_label == "workspaces"} >= {
        Workspace,
        User,
        Membership,
        ApiKey,
        Secret,
        AuditEntry,
    }
