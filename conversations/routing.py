"""Websocket routes of conversations."""

from django.urls import path

from conversations import chats, consumers

websockets = [
    path("ws/chat/<uuid:chat_id>/", chats.Chat.as_asgi()),
    path("ws/conversations/<uuid:conversation_id>/", consumers.ConversationPage.as_asgi()),
]
