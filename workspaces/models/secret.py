"""Named secrets of a workspace: write-only values, used as `{{ secrets.KEY }}` in step fields."""

from django.db import models

from workspaces.models.tenancy import Tenant, TenantQuerySet
from workspaces.models.user import User


class Secret(Tenant):
    key = models.CharField(max_length=64)
    description = models.CharField(max_length=200, blank=True)
    ciphertext = models.TextField(editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    """Part of what the ciphertext is bound to, so that an older value cannot be put back in its place."""
    changed_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, editable=False)

    objects = TenantQuerySet["Secret"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "key"], name="secret_key_once"),
            models.CheckConstraint(
                condition=models.Q(key__regex=r"^[A-Z][A-Z0-9_]*$"), name="secret_key_form"
            ),
        ]

    def __str__(self) -> str:
        return self.key
