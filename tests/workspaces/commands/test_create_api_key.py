"""The command that others script against: the key alone on stdout."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from workspaces.models import Workspace
from workspaces.services import api_keys


def create(*arguments: str) -> str:
    said = StringIO()
    call_command("create_api_key", *arguments, stdout=said)
    return said.getvalue()


def test_the_key_alone_is_printed_and_works(workspace: Workspace) -> None:
    printed = create("--workspace", "acme", "--name", "ci")

    key = api_keys.authenticate(printed.removesuffix("\n"))
    assert key is not None
    assert (key.workspace, key.name, key.scopes) == (workspace, "ci", ["run", "read", "write"])


def test_scopes_can_be_narrowed(workspace: Workspace) -> None:
    key = api_keys.authenticate(
        create("--workspace", "acme", "--name", "ci", "--scopes", "read, run").strip()
    )

    assert key is not None
    assert key.scopes == ["run", "read"]


@pytest.mark.parametrize(
    "arguments",
    [("--workspace", "nowhere", "--name", "ci"), ("--workspace", "acme", "--name", "ci", "--scopes", "all")],
)
def test_a_wrong_argument_is_one_clear_line(workspace: Workspace, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        create(*arguments)
