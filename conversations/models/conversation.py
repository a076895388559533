"""A conversation of a person with an agent, and the secure values it was started with."""

from django.db import models
from django.db.models import Q

from workflows.models import Agent, AgentVersion
from workspaces.models import Tenant, TenantQuerySet


class Channel(models.TextChoices):
    CHAT = "chat"
    CALL = "call"
    API = "api"


class Conversation(Tenant):
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="conversations")
    agent_version = models.ForeignKey(AgentVersion, on_delete=models.PROTECT, related_name="+", null=True)
    channel = models.CharField(max_length=4, choices=Channel)
    direction = models.CharField(max_length=8, default="inbound")
    status = models.CharField(max_length=5, default="open")
    customer = models.JSONField(default=dict)
    """{id?, name?, email?, phone?, time_zone?}"""
    variables = models.JSONField(default=dict)
    session = models.JSONField(default=dict)
    metadata = models.JSONField(default=dict)
    """For analytics only; no workflow sees it."""
    external_id = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001 - unique when given
    analysis = models.JSONField(default=dict)
    summary = models.TextField(blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=20, blank=True)
    """person | agent | transfer | inactivity | api"""
    ended_reason = models.CharField(max_length=500, blank=True)

    objects = TenantQuerySet["Conversation"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agent", "external_id"], name="conversation_external_id_once"),
            models.CheckConstraint(
                condition=Q(status__in=["open", "ended"]), name="conversation_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status="open", ended_at__isnull=True) | Q(status="ended", ended_at__isnull=False),
                name="conversation_ended_has_time",
            ),
        ]
        indexes = [
            models.Index(fields=["workspace", "-id"], name="conversation_newest"),
            models.Index(fields=["agent", "-id"], name="conversation_newest_of_agent"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class SecureValue(Tenant):
    """One key of a conversation's secure metadata: encrypted, never shown, never sent to a model."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="secure_values")
    name = models.CharField(max_length=64)
    ciphertext = models.TextField(editable=False)

    objects = TenantQuerySet["SecureValue"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "name"], name="secure_value_once")]

    def __str__(self) -> str:
        return self.name
