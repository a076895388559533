"""The tenant: a workspace, its members and their roles."""

from django.db import models

from workspaces.ids import uuid7
from workspaces.models.user import User


class Role(models.TextChoices):
    """From least to most; each may do all that the ones before it may."""

    VIEWER = "viewer"
    TESTER = "tester"
    EDITOR = "editor"
    ADMIN = "admin"
    OWNER = "owner"

    def covers(self, needed: "Role") -> bool:
        order = list(Role)
        return order.index(self) >= order.index(needed)


class Workspace(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(max_length=63, unique=True)
    name = models.CharField(max_length=120)
    time_zone = models.CharField(max_length=64, default="UTC")
    wrapped_key = models.TextField(blank=True, editable=False)
    """The data key, encrypted by a key-encryption key (workspaces.vault); empty until first used."""
    created_at = models.DateTimeField(auto_now_add=True)
    payload_days = models.PositiveSmallIntegerField(default=30, db_default=30)
    """How long inputs and outputs of runs are kept after their end; then only what happened is."""
    run_days = models.PositiveSmallIntegerField(default=90, db_default=90)
    """How long ended runs are kept at all."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(payload_days__gte=1, run_days__gte=models.F("payload_days")),
                name="workspace_keeps_runs_as_long_as_payloads",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def stored_key(self) -> str:
        return Workspace.objects.values_list("wrapped_key", flat=True).get(pk=self.pk)

    def keep_key(self, wrapped: str, *, instead_of: str) -> str:
        """Stores the wrapped data key unless another process was faster; returns the one that is stored."""
        if Workspace.objects.filter(pk=self.pk, wrapped_key=instead_of).update(wrapped_key=wrapped):
            return wrapped
        return self.stored_key()


class MembershipQuerySet(models.QuerySet["Membership"]):
    def in_workspace(self, workspace: Workspace) -> "MembershipQuerySet":
        return self.filter(workspace=workspace)


class Membership(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    created_at = models.DateTimeField(auto_now_add=True)
    first_steps_hidden_at = models.DateTimeField(null=True, blank=True)
    """When the member put the checklist of the first five minutes away; None: it is on their home page."""

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "user"], name="membership_once"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.role})"
