"""What was said in a conversation, and the tool calls made in it."""

from django.db import models

from conversations.models.conversation import Conversation
from workspaces.models import Tenant, TenantQuerySet


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

    objects = TenantQuerySet["Message"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["conversation", "seq"], name="message_seq_once")]

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

    objects = TenantQuerySet["ToolCall"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["conversation", "tool_call_id"], name="tool_call_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.tool_call_id})"
