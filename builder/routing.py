"""Websocket routes of the builder's live pages."""

from django.urls import path

from builder import consumers, together

websockets = [
    path("ws/runs/<uuid:run_id>/", consumers.RunOverlay.as_asgi()),
    path("ws/follow-ups/<slug:slug>/", consumers.FollowUps.as_asgi()),
    path("ws/workflows/<uuid:workflow_id>/", together.ChainEditor.as_asgi()),
    path("ws/runs/<slug:slug>/", consumers.RunList.as_asgi()),
]
