"""Websocket routes of conversations."""

from django.urls import path

from conversations import consumers

websockets = [
    path("ws/conversations/<uuid:conversation_id>/", consumers.ConversationPage.as_asgi()),
]
