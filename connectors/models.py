"""A workspace's connections: where an app is reached, and with which encrypted credentials."""

from django.db import models

from workspaces.models import Tenant, TenantQuerySet, User


class ConnectionStatus(models.TextChoices):
    UNTESTED = "untested", "Not tested yet"
    OK = "ok", "Connected"
    FAILED = "failed", "Test failed"


class Connection(Tenant):
    app = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    settings = models.JSONField(default=dict)
    """The declared fields that are not secret."""
    credentials = models.TextField(blank=True, editable=False)
    """The declared SECRET fields as one encrypted JSON object; empty when there are none."""
    version = models.PositiveIntegerField(default=1, editable=False)
    status = models.CharField(max_length=10, choices=ConnectionStatus, default=ConnectionStatus.UNTESTED)
    status_message = models.CharField(max_length=500, blank=True)
    tested_at = models.DateTimeField(null=True)
    worked_at = models.DateTimeField(null=True)
    """When a step last got an answer through it."""
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TenantQuerySet["Connection"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="connection_name_once"),
            models.CheckConstraint(
                condition=models.Q(status__in=ConnectionStatus.values), name="connection_status_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name
