"""All websocket routes; each app has its own."""

from builder import routing as builder
from conversations import routing as conversations

websockets = [*builder.websockets, *conversations.websockets]
