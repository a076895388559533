"""All websocket routes; each app has its own."""

from builder import routing as builder

websockets = [*builder.websockets]
