"""Members come, change roles and go; an owner always remains."""

import pytest

from tests.support.make import make_member, make_person
from workspaces.errors import Invalid
from workspaces.models import AuditEntry, Role, User, Workspace
from workspaces.services import audit, members

BY = audit.system("test")


def test_a_role_covers_the_ones_below_it() -> None:
    order = [Role.VIEWER, Role.TESTER, Role.EDITOR, Role.ADMIN, Role.OWNER]

    assert [[role.covers(needed) for needed in order] for role in order] == [
        [below <= at for below in range(5)] for at in range(5)
    ]


def test_nobody_is_a_member_twice(workspace: Workspace, editor: User) -> None:
    with pytest.raises(Invalid, match="already a member"):
        members.add(workspace, editor, Role.OWNER, by=BY)

    assert editor.memberships.get().role == Role.EDITOR


def test_the_last_owner_can_neither_go_nor_step_down(workspace: Workspace, owner: User) -> None:
    membership = owner.memberships.get()

    with pytest.raises(Invalid, match="needs an owner"):
        members.remove(membership, by=BY)
    with pytest.raises(Invalid, match="needs an owner"):
        members.change_role(membership, Role.ADMIN, by=BY)

    assert owner.memberships.get().role == Role.OWNER


def test_an_owner_may_go_when_another_stays(workspace: Workspace, owner: User) -> None:
    make_member(workspace, Role.OWNER)

    members.remove(owner.memberships.get(), by=BY)

    assert not owner.memberships.exists()


def test_every_change_is_audited(workspace: Workspace) -> None:
    membership = members.add(workspace, make_person("Tom"), Role.VIEWER, by=BY)
    members.change_role(membership, Role.EDITOR, by=BY)
    members.remove(membership, by=BY)

    entries = AuditEntry.objects.in_workspace(workspace).order_by("id")
    assert [(entry.verb, entry.object_name) for entry in entries] == [
        ("member.added", "Tom"),
        ("member.role_changed", "Tom"),
        ("member.removed", "Tom"),
    ]
