"""What was said in a conversation, and the tool calls made in it."""

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from conversations.models.conversation import Conversation
from conversations.models.findable import MOST_PENDING_KB, SaidWords
from workspaces.models import Tenant, TenantQuerySet


class Line(models.TextChoices):
    GREETING = "greeting"
    SCRIPT = "script"
    HOLD = "hold"
    DELAYED = "delayed"
    FAILURE = "failure"
    TIMED_OUT = "timed_out"
    CHOOSE = "choose"
    """One of the suggested replies is wanted."""
    GOODBYE = "goodbye"
    TROUBLE = "trouble"
    """The model gave no answer."""
    LATE = "late"
    """Of a tool: what came of it after its deadline."""
    CONFIRM = "confirm"
    """Whether a tool may begin."""
    MEMBER = "member"
    """Written by a person of the workspace, in the agent's place; the message has their name."""
    JOINED = "joined"
    LEFT = "left"


class Message(Tenant):
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    seq = models.PositiveIntegerField()
    role = models.CharField(max_length=5)
    """user | agent | tool"""
    text = models.TextField(blank=True)
    at = models.DateTimeField(null=True)
    tool_call_id = models.CharField(max_length=200, blank=True)
    name = models.CharField(max_length=64, blank=True)
    arguments = models.JSONField(null=True)
    result = models.JSONField(null=True)
    line = models.CharField(max_length=10, choices=Line, blank=True)
    """Of the agent: why the platform says it, word for word; empty: the model's own words."""
    key = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001 - unique when given
    """The sender's name for it: what is sent twice is said once."""

    objects = TenantQuerySet["Message"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "seq"], name="message_seq_once"),
            models.UniqueConstraint(fields=["conversation", "key"], name="message_key_once"),
        ]
        indexes = [GinIndex(SaidWords("text"), name="message_words", gin_pending_list_limit=MOST_PENDING_KB)]

    def __str__(self) -> str:
        return f"{self.role}: {self.text[:40]}"


class ToolCall(Tenant):
    """One call of an action workflow; made before its run, answered exactly once."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="tool_calls")
    tool_call_id = models.CharField(max_length=200)
    name = models.CharField(max_length=64)
    arguments = models.JSONField()
    run_id = models.UUIDField(null=True)
    result = models.JSONField(null=True)
    """{ok, data, message, error_code}; null while it is being answered."""
    requested_at = models.DateTimeField(auto_now_add=True)
    answered_at = models.DateTimeField(null=True)
    confirm_due = models.BooleanField(default=False, editable=False)
    """The person is asked whether it may begin; nothing has been done."""
    late_due = models.BooleanField(default=False, editable=False)
    """It was answered `timed_out`, and what came of it is still to be told."""
    late_result = models.JSONField(null=True)
    """What came of it after the deadline."""
    late_at = models.DateTimeField(null=True)

    objects = TenantQuerySet["ToolCall"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "tool_call_id"], name="tool_call_once")
        ]
        indexes = [
            models.Index(fields=["requested_at"], condition=models.Q(late_due=True), name="tool_call_late")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.tool_call_id})"


class ModelCall(Tenant):
    """One request to a model provider: how long it took, and what it cost. Never what was said."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="model_calls")
    purpose = models.CharField(max_length=10)
    """reply | analysis"""
    model = models.CharField(max_length=120)
    node = models.CharField(max_length=44, blank=True)
    called = models.JSONField(default=list)
    """The tools that it called, by name."""
    outcome = models.CharField(max_length=64, blank=True)
    """The outcome that it took; empty: none."""
    started_at = models.DateTimeField()
    first_ms = models.PositiveIntegerField(null=True)
    """Until the first piece of the answer."""
    duration_ms = models.PositiveIntegerField()
    attempts = models.PositiveSmallIntegerField(default=1)
    prompt_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)
    cost = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    error = models.CharField(max_length=30, blank=True)
    """The code of what went wrong; empty: nothing."""

    objects = TenantQuerySet["ModelCall"].as_manager()

    class Meta:
        indexes = [models.Index(fields=["workspace", "-id"], name="model_call_newest")]

    def __str__(self) -> str:
        return f"{self.model} {self.duration_ms} ms"
