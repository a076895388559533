"""How operators see conversations: everything but secure values, read-only."""

from django.contrib import admin

from conversations.models import Conversation, Message, ModelCall, SecureValue, ToolCall
from workspaces.admin import ReadOnly


@admin.register(Conversation)
class ConversationAdmin(ReadOnly):
    list_display = ("id", "agent", "workspace", "channel", "status", "started_at", "ended_at", "ended_by")
    list_filter = ("status", "kind", "channel", "direction", "ended_by", "workspace")
    list_select_related = ("agent", "workspace")
    search_fields = ("id", "external_id", "agent__name", "customer")
    date_hierarchy = "started_at"
    show_full_result_count = False


@admin.register(Message)
class MessageAdmin(ReadOnly):
    list_display = ("conversation_id", "seq", "role", "text", "at")
    list_filter = ("role", "workspace")
    search_fields = ("conversation__id", "text", "tool_call_id")
    show_full_result_count = False


@admin.register(ToolCall)
class ToolCallAdmin(ReadOnly):
    list_display = ("name", "tool_call_id", "conversation_id", "run_id", "requested_at", "answered_at")
    list_filter = ("name", ("result", admin.EmptyFieldListFilter), "workspace")
    search_fields = ("name", "tool_call_id", "conversation__id", "run_id")
    date_hierarchy = "requested_at"
    show_full_result_count = False


@admin.register(SecureValue)
class SecureValueAdmin(ReadOnly):
    list_display = ("name", "conversation_id", "workspace")
    list_filter = ("workspace",)
    list_select_related = ("workspace",)
    search_fields = ("name", "conversation__id")
    exclude = ("ciphertext",)


@admin.register(ModelCall)
class ModelCallAdmin(ReadOnly):
    list_display = ("model", "purpose", "conversation_id", "duration_ms", "cost", "error", "started_at")
    list_filter = ("purpose", "model", ("error", admin.EmptyFieldListFilter), "workspace")
    search_fields = ("conversation__id", "model")
    date_hierarchy = "started_at"
    show_full_result_count = False
