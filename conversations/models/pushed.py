"""What a customer's systems know of somebody who is about to call: for the next call of that number, once."""

from django.db import models

from workspaces.models import Tenant, TenantQuerySet


class PushedVariables(Tenant):
    phone_number = models.CharField(max_length=20)
    """In E.164: `+4915112345678`."""
    variables = models.JSONField(default=dict)
    pushed_at = models.DateTimeField()

    objects = TenantQuerySet["PushedVariables"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "phone_number"], name="pushed_variables_once")
        ]
        indexes = [models.Index(fields=["pushed_at"], name="pushed_variables_oldest")]

    def __str__(self) -> str:
        return self.phone_number
