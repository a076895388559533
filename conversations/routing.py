"""Websocket routes of conversations."""

from django.urls import path

from conversations import calls, chats, consumers, widget_chats

websockets = [
    path("ws/chat/<uuid:chat_id>/", chats.Chat.as_asgi()),
    path("ws/conversations/<uuid:conversation_id>/", consumers.ConversationPage.as_asgi()),
    path("ws/widget/<str:public_key>/", widget_chats.WidgetChat.as_asgi()),
    path("ws/conversations/<slug:slug>/", consumers.ConversationList.as_asgi()),
]

signed = [path("ws/calls/<str:line_key>/", calls.CallSocket.as_asgi())]
"""From servers, not pages: they have no origin, and each checks a signature of its own."""
