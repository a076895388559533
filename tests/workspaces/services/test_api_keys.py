"""API keys: shown once, kept as a hash, refused when wrong or expired."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.support.make import make_api_key
from workspaces.errors import Invalid
from workspaces.models import ApiKey, AuditEntry, User, Workspace
from workspaces.services import api_keys, audit

BY = audit.system("test")


def test_a_key_signs_in_and_brings_its_workspace(workspace: Workspace) -> None:
    key, clear = make_api_key(workspace, "run")

    found = api_keys.authenticate(clear)

    assert found == key
    assert found.workspace == workspace
    assert clear.startswith(f"pk_{key.public_id}_")


def test_only_a_hash_of_the_random_part_is_kept(workspace: Workspace) -> None:
    key, clear = make_api_key(workspace)
    random = clear.split("_", 2)[2]

    assert random not in "".join(str(value) for value in ApiKey.objects.filter(pk=key.pk).values_list().get())


@pytest.mark.parametrize("nearly", ["{}x", " {}", "{} ", "{}\n", "PK{}"])
def test_a_key_that_is_nearly_right_is_refused(workspace: Workspace, nearly: str) -> None:
    _key, clear = make_api_key(workspace)

    assert api_keys.authenticate(nearly.format(clear)) is None
    assert api_keys.authenticate(clear[:-1]) is None
    assert api_keys.authenticate(clear.swapcase()) is None


@pytest.mark.parametrize(
    "bearer", ["", "pk_", "pk_a_b", "pk_" + "a" * 12 + "_" + "b" * 43, "x" * 100_000, "\0"]
)
def test_what_is_not_a_key_is_refused(db: None, bearer: str) -> None:
    assert api_keys.authenticate(bearer) is None


def test_an_expired_key_and_a_removed_key_are_refused(workspace: Workspace) -> None:
    expired, expired_clear = make_api_key(workspace, name="expired")
    removed, removed_clear = make_api_key(workspace, name="removed")
    ApiKey.objects.filter(pk=expired.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    api_keys.remove(removed, by=BY)

    assert api_keys.authenticate(expired_clear) is None
    assert api_keys.authenticate(removed_clear) is None


def test_last_use_is_noted_at_most_once_a_minute(workspace: Workspace) -> None:
    key, clear = make_api_key(workspace)
    api_keys.authenticate(clear)
    key.refresh_from_db()
    first = key.last_used_at

    api_keys.authenticate(clear)

    key.refresh_from_db()
    assert first is not None
    assert key.last_used_at == first


@pytest.mark.parametrize(
    ("name", "scopes", "path"),
    [("", ["run"], "name"), ("n" * 121, ["run"], "name"), ("ok", [], "scopes"), ("ok", ["root"], "scopes")],
)
def test_a_bad_field_is_refused(workspace: Workspace, name: str, scopes: list[str], path: str) -> None:
    with pytest.raises(Invalid) as refused:
        api_keys.create(workspace, name, scopes, expires_at=None, by=BY)

    assert [problem.path for problem in refused.value.problems] == [path]


def test_a_key_cannot_be_made_to_have_expired_already(workspace: Workspace) -> None:
    with pytest.raises(Invalid, match="expired already"):
        api_keys.create(workspace, "late", ["run"], expires_at=timezone.now() - timedelta(days=1), by=BY)


def test_creating_and_removing_are_audited_with_the_person(workspace: Workspace, admin: User) -> None:
    by = audit.Actor(name=str(admin), user=admin)
    key, clear = api_keys.create(workspace, "ci", ["read"], expires_at=None, by=by)
    api_keys.remove(key, by=by)

    entries = AuditEntry.objects.in_workspace(workspace).order_by("id")
    assert [(entry.verb, entry.user, entry.object_name) for entry in entries] == [
        ("api_key.created", admin, "ci"),
        ("api_key.removed", admin, "ci"),
    ]
    assert clear not in str([entry.details for entry in entries])
