"""Who did what to which object: append-only, guarded by a trigger in the database, never a secret's value."""

from django.db import models

from workspaces.models.api_key import ApiKey
from workspaces.models.tenancy import Tenant, TenantQuerySet
from workspaces.models.user import User


class AuditEntry(Tenant):
    at = models.DateTimeField(auto_now_add=True)
    user = models.ForeignKey(
        User, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False
    )
    api_key = models.ForeignKey(
        ApiKey, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False
    )
    actor = models.CharField(max_length=254)
    """The actor's name as it was: outlives the account."""
    verb = models.CharField(max_length=60)
    """`<object>.<what happened>`, such as `workflow.published`."""
    object_type = models.CharField(max_length=40)
    object_id = models.CharField(max_length=64)
    object_name = models.CharField(max_length=200)
    details = models.JSONField(default=dict)
    ip = models.GenericIPAddressField(null=True)
    request_id = models.CharField(max_length=64, blank=True)

    objects = TenantQuerySet["AuditEntry"].as_manager()

    class Meta:
        indexes = [models.Index(fields=["workspace", "-at"], name="audit_by_time")]
        verbose_name_plural = "audit entries"

    def __str__(self) -> str:
        return f"{self.actor}: {self.verb} {self.object_name}"
