"""Secrets: written, replaced, used and removed, and audited without their values."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from tests.support.make import make_secret, make_workspace
from workspaces.errors import Invalid, VaultError
from workspaces.models import AuditEntry, Secret, Workspace
from workspaces.services import audit, secrets

BY = audit.system("test")
CANARY = "canary-5d41402abc4b"


def verbs(workspace: Workspace) -> list[str]:
    return list(AuditEntry.objects.in_workspace(workspace).order_by("id").values_list("verb", flat=True))


def test_a_secret_is_stored_encrypted_and_comes_back_for_a_call(workspace: Workspace) -> None:
    secret = secrets.add(workspace, "CRM_TOKEN", CANARY, "", by=BY)

    assert CANARY not in secret.ciphertext
    assert secrets.reveal(workspace.id, "CRM_TOKEN").reveal() == CANARY
    assert secrets.known_keys(workspace) == {"CRM_TOKEN"}


def test_an_unknown_secret_and_one_of_another_workspace_are_both_missing(workspace: Workspace) -> None:
    make_secret(make_workspace(), "THEIRS")

    for key in ("THEIRS", "NEVER_MADE"):
        with pytest.raises(KeyError):
            secrets.reveal(workspace.id, key)


def test_put_adds_and_then_replaces(workspace: Workspace) -> None:
    first = secrets.put(workspace, "CRM_TOKEN", "the first value", "old", by=BY)
    second = secrets.put(workspace, "CRM_TOKEN", "the second value", "new", by=BY)

    assert (second.pk, second.version, second.description) == (first.pk, 2, "new")
    assert secrets.reveal(workspace.id, "CRM_TOKEN").reveal() == "the second value"


def test_an_empty_value_keeps_the_present_one(workspace: Workspace) -> None:
    secret = make_secret(workspace, value=CANARY)

    secrets.change(secret, "", "only the words are new", by=BY)

    assert secrets.reveal(workspace.id, secret.key).reveal() == CANARY


def test_the_value_before_cannot_be_put_back_into_the_row(workspace: Workspace) -> None:
    secret = make_secret(workspace)
    before = secret.ciphertext
    secrets.change(secret, "the second value", "", by=BY)

    Secret.objects.filter(pk=secret.pk).update(ciphertext=before)

    with pytest.raises(VaultError):
        secrets.reveal(workspace.id, secret.key)


def test_a_ciphertext_copied_from_another_workspace_stays_closed(workspace: Workspace) -> None:
    mine, theirs = make_secret(workspace), make_secret(make_workspace())

    Secret.objects.filter(pk=mine.pk).update(ciphertext=theirs.ciphertext)

    with pytest.raises(VaultError):
        secrets.reveal(workspace.id, mine.key)


@pytest.mark.parametrize(
    ("key", "value", "path"),
    [
        ("lower", CANARY, "key"),
        ("1_FIRST", CANARY, "key"),
        ("WITH-DASH", CANARY, "key"),
        ("NEW_LINE\n", CANARY, "key"),
        ("", CANARY, "key"),
        ("A" * 65, CANARY, "key"),
        ("KEY", "1234567", "value"),
        ("KEY", "x" * 10_001, "value"),
        ("KEY", "nul\0inside it", "value"),
    ],
)
def test_a_bad_key_or_value_is_refused_at_its_field(
    workspace: Workspace, key: str, value: str, path: str
) -> None:
    with pytest.raises(Invalid) as refused:
        secrets.add(workspace, key, value, "", by=BY)

    assert [problem.path for problem in refused.value.problems] == [path]
    assert CANARY not in str(refused.value)
    assert not Secret.objects.in_workspace(workspace).exists()


def test_a_key_is_there_once_in_a_workspace_and_free_in_others(workspace: Workspace) -> None:
    make_secret(workspace, "KEY")
    make_secret(make_workspace(), "KEY")

    with pytest.raises(Invalid, match="already a secret KEY"):
        secrets.add(workspace, "KEY", CANARY, "", by=BY)


def test_what_happened_is_audited_and_the_value_is_not(workspace: Workspace) -> None:
    secret = secrets.add(workspace, "CRM_TOKEN", CANARY, "", by=BY)
    secrets.change(secret, CANARY + "-2", "", by=BY)
    secrets.reveal(workspace.id, "CRM_TOKEN")
    secrets.remove(secret, by=BY)

    assert verbs(workspace) == ["secret.added", "secret.changed", "secret.used", "secret.removed"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM workspaces_auditentry a WHERE a::text LIKE %s", [f"%{CANARY}%"])
        assert cursor.fetchone() == (0,)


def test_use_is_noted_once_a_minute_and_audited_once_a_day(workspace: Workspace) -> None:
    secret = make_secret(workspace)
    for _ in range(3):
        secrets.reveal(workspace.id, secret.key)
    secret.refresh_from_db()
    first = secret.last_used_at
    assert first is not None

    Secret.objects.filter(pk=secret.pk).update(last_used_at=first - timedelta(days=2))
    secrets.reveal(workspace.id, secret.key)

    secret.refresh_from_db()
    assert secret.last_used_at is not None
    assert timezone.now() - secret.last_used_at < timedelta(minutes=1)
    assert verbs(workspace).count("secret.used") == 2
