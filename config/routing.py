"""All websocket routes."""

from django.urls import URLPattern, URLResolver

websockets: list[URLPattern | URLResolver] = []
