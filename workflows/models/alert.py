"""Whom does a workspace tell when runs fail, and of which failures does it know already?"""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from workflows.models.workflow import Workflow
from workspaces.models import Tenant, TenantQuerySet


class AlertSettings(Tenant):
    """One row for each workspace that ever opened its settings; nothing is sent without one."""

    is_on = models.BooleanField(default=False)
    emails = ArrayField(models.CharField(max_length=254), default=list)
    webhook_url = models.TextField(blank=True)
    window_minutes = models.PositiveIntegerField(default=60)
    """After the first failure of a group, further ones are counted for so long and told together."""
    secret = models.TextField(blank=True, editable=False)
    """Encrypted; signs what goes to the webhook. `secret_version` is part of what it is bound to."""
    secret_version = models.PositiveIntegerField(default=0, editable=False)
    former_secret = models.TextField(blank=True, editable=False)
    former_until = models.DateTimeField(null=True, editable=False)
    """Until then both secrets sign, so that the receiver can change over in peace."""

    objects = TenantQuerySet["AlertSettings"].as_manager()

    class Meta:
        db_table = "alert_settings"
        verbose_name_plural = "alert settings"
        constraints = [models.UniqueConstraint(fields=["workspace"], name="alert_settings_once")]

    def __str__(self) -> str:
        return f"alerts of {self.workspace_id}"


class AlertGroup(Tenant):
    """Failures of one workflow with one error code: the first is told at once, the others are counted."""

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="+")
    code = models.CharField(max_length=60)
    opened_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    further = models.PositiveIntegerField(default=0)
    """Counted since it was opened and not told of yet."""
    last_run_id = models.UUIDField(null=True)

    objects = TenantQuerySet["AlertGroup"].as_manager()

    class Meta:
        db_table = "alert_group"
        constraints = [models.UniqueConstraint(fields=["workflow", "code"], name="alert_group_once")]

    def __str__(self) -> str:
        return f"{self.workflow_id} {self.code}"
