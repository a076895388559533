"""Pages of conversations: the list, one timeline, its export, and a member's own chat."""

from django.urls import path

from conversations.views import chat, conversations

app_name = "conversations"
urlpatterns = [
    path("agents/<uuid:agent_id>/chat/", chat.chat, name="chat"),
    path("agents/<uuid:agent_id>/chat/dock/", chat.dock, name="dock"),
    path("w/<slug:slug>/conversations/", conversations.conversations, name="conversations"),
    path("conversations/<uuid:conversation_id>/", conversations.conversation, name="conversation"),
    path("conversations/<uuid:conversation_id>/export/", conversations.export, name="export"),
]
