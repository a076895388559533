"""Websocket routes of conversations."""

from django.urls import path

from conversations import chats, consumers, widget_chats

websockets = [
    path("ws/chat/<uuid:chat_id>/", chats.Chat.as_asgi()),
    path("ws/conversations/<uuid:conversation_id>/", consumers.ConversationPage.as_asgi()),
    path("ws/widget/<str:public_key>/", widget_chats.WidgetChat.as_asgi()),
    path("ws/conversations/<slug:slug>/", consumers.ConversationList.as_asgi()),
]
