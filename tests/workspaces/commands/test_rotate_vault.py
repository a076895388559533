"""Changing the key-encryption key: values stay readable, and the old key can be taken away."""

import base64
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from tests.support.make import make_secret, make_workspace
from workspaces.errors import VaultError
from workspaces.models import Workspace
from workspaces.services import secrets

OLD = "old:" + base64.b64encode(b"o" * 32).decode()
NEW = "new:" + base64.b64encode(b"n" * 32).decode()


def rotate(*arguments: str) -> str:
    said = StringIO()
    call_command("rotate_vault", *arguments, stdout=said)
    return said.getvalue()


@pytest.fixture
def workspaces(db: None, settings: Settings) -> list[Workspace]:
    settings.VAULT_KEYS = OLD
    made = [make_workspace() for _ in range(3)]
    for workspace in made:
        make_secret(workspace, "TOKEN", f"token-of-{workspace.slug}")
    make_workspace("without-secrets")
    return made


def test_every_value_is_readable_before_during_and_after(
    workspaces: list[Workspace], settings: Settings
) -> None:
    for keys in (f"{NEW},{OLD}", NEW):
        settings.VAULT_KEYS = keys
        rotate("--finish")

        for workspace in workspaces:
            assert secrets.reveal(workspace.id, "TOKEN").reveal() == f"token-of-{workspace.slug}"


def test_finishing_names_the_keys_that_nothing_needs(workspaces: list[Workspace], settings: Settings) -> None:
    settings.VAULT_KEYS = f"{NEW},{OLD}"

    assert "Nothing needs old any more" in rotate("--finish")


def test_rotating_twice_changes_nothing(workspaces: list[Workspace], settings: Settings) -> None:
    settings.VAULT_KEYS = f"{NEW},{OLD}"

    assert rotate().startswith("3 data keys")
    assert rotate().startswith("0 data keys")


def test_a_key_taken_away_too_early_fails_loudly_and_only_where_it_is_needed(
    workspaces: list[Workspace], settings: Settings
) -> None:
    settings.VAULT_KEYS = NEW
    late = make_workspace("late")
    make_secret(late, "TOKEN", "token-of-late")

    with pytest.raises(CommandError, match="Not all of them could be opened"):
        rotate("--finish")
    with pytest.raises(VaultError, match="no key old"):
        secrets.reveal(workspaces[0].id, "TOKEN")
    assert secrets.reveal(late.id, "TOKEN").reveal() == "token-of-late"
