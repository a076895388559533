"""All websocket routes; each app has its own."""

from builder import routing as builder
from conversations import routing as conversations

websockets = [*builder.websockets, *conversations.websockets]
signed = conversations.signed
"""Opened by other servers, without an origin: each checks a signature."""
