"""A conversation of a person with an agent, and the secure values it was started with."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from conversations.models.findable import MOST_PENDING_KB, CustomerWords
from workflows.models import Agent, AgentVersion
from workspaces.models import Tenant, TenantQuerySet, User


class Channel(models.TextChoices):
    CHAT = "chat"
    CALL = "call"
    API = "api"


class ConversationKind(models.TextChoices):
    PRODUCTION = "production"
    TEST = "test"


class Edition(models.TextChoices):
    """Which agent and which workflows a conversation is held with."""

    LIVE = "live"
    DRAFT = "draft"


class Conversation(Tenant):
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="conversations")
    agent_version = models.ForeignKey(AgentVersion, on_delete=models.PROTECT, related_name="+", null=True)
    kind = models.CharField(max_length=10, choices=ConversationKind, default=ConversationKind.PRODUCTION)
    edition = models.CharField(max_length=5, choices=Edition, default=Edition.LIVE)
    channel = models.CharField(max_length=4, choices=Channel)
    direction = models.CharField(max_length=8, default="inbound")
    status = models.CharField(max_length=5, default="open")
    customer = models.JSONField(default=dict)
    """{id?, name?, email?, phone?, time_zone?}"""
    variables = models.JSONField(default=dict)
    session = models.JSONField(default=dict)
    metadata = models.JSONField(default=dict)
    """For analytics only; no workflow sees it."""
    is_sample = models.BooleanField(default=False, editable=False)
    """It came with the demo: nobody held it."""
    inquiry_note = models.CharField(max_length=400, blank=True, editable=False)
    """How it went when the customer's server was asked beforehand; empty: it was not."""
    external_id = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001 - unique when given
    analysis = models.JSONField(default=dict)
    summary = models.TextField(blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=20, blank=True)
    """person | agent | transfer | inactivity | api"""
    ended_reason = models.CharField(max_length=500, blank=True)

    node = models.CharField(max_length=44, blank=True)
    """Where it stands in the flow; empty: Parley does not hold it, a runtime elsewhere does."""
    memory = models.JSONField(default=dict, editable=False)
    """The model provider's own, between two turns."""
    turn_id = models.UUIDField(null=True, editable=False)
    turn_until = models.DateTimeField(null=True, editable=False)
    """While it lies ahead, the turn of this id is under way; it is put off as the turn goes on."""
    taken_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, related_name="+", null=True, blank=True, editable=False
    )
    """The member who writes in the agent's place; empty: the agent answers."""
    inactive_at = models.DateTimeField(null=True)
    """When it ends if nobody says anything until then."""
    analysis_due_at = models.DateTimeField(null=True)
    """Ended, but its analysis, and so its follow-up, is still to come; tried (again) from then on."""
    analysis_tries = models.PositiveSmallIntegerField(default=0, editable=False)

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
            models.Index(
                fields=["inactive_at"],
                condition=Q(status="open", inactive_at__isnull=False),
                name="conversation_may_be_inactive",
            ),
            models.Index(
                fields=["analysis_due_at"],
                condition=Q(analysis_due_at__isnull=False),
                name="conversation_to_analyse",
            ),
            GinIndex(
                CustomerWords("customer"),
                name="conversation_customer",
                gin_pending_list_limit=MOST_PENDING_KB,
            ),
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
