"""Pages of conversations: the list, one timeline, its export."""

from django.urls import path

from conversations.views import conversations

app_name = "conversations"
urlpatterns = [
    path("w/<slug:slug>/conversations/", conversations.conversations, name="conversations"),
    path("conversations/<uuid:conversation_id>/", conversations.conversation, name="conversation"),
    path("conversations/<uuid:conversation_id>/export/", conversations.export, name="export"),
]
