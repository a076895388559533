"""Who belongs to a workspace, with which role? A workspace always keeps an owner."""

from datetime import datetime

from django.db import IntegrityError, transaction

from workspaces.errors import Invalid, Problem
from workspaces.models import Membership, Role, User, Workspace
from workspaces.services import audit
from workspaces.services.audit import Actor


def add(workspace: Workspace, user: User, role: Role, *, by: Actor) -> Membership:
    try:
        with transaction.atomic():
            membership = Membership.objects.create(workspace=workspace, user=user, role=role)
            audit.record(workspace, by, "member.added", of=user, role=role)
    except IntegrityError as error:
        raise Invalid([Problem("email", "taken", f"{user.email} is already a member.")]) from error
    return membership


def change_role(membership: Membership, role: Role, *, by: Actor) -> None:
    with transaction.atomic():
        _keep_an_owner(membership, role)
        audit.record(
            membership.workspace,
            by,
            "member.role_changed",
            of=membership.user,
            before=membership.role,
            after=role,
        )
        membership.role = role
        membership.save(update_fields=["role"])


def show_first_steps(membership: Membership, *, is_shown: bool, at: datetime) -> None:
    """Their own checklist on their home page: nobody else's business, and so not in the audit log."""
    membership.first_steps_hidden_at = None if is_shown else at
    membership.save(update_fields=["first_steps_hidden_at"])


def remove(membership: Membership, *, by: Actor) -> None:
    with transaction.atomic():
        _keep_an_owner(membership, None)
        audit.record(membership.workspace, by, "member.removed", of=membership.user, role=membership.role)
        membership.delete()


def _keep_an_owner(leaving: Membership, role: Role | None) -> None:
    if leaving.role != Role.OWNER or role == Role.OWNER:
        return
    owners = Membership.objects.in_workspace(leaving.workspace).filter(role=Role.OWNER).select_for_update()
    if not [owner for owner in owners if owner.pk != leaving.pk]:
        raise Invalid(
            [Problem("role", "last_owner", "A workspace needs an owner. Make someone else owner first.")]
        )
