"""What the walks over every route share: a workspace with one of everything, and nobody else about."""

import pytest
from django.core.cache import cache
from pytest_django.fixtures import Settings

from tests.support.routes import World


@pytest.fixture
def world(db: None, settings: Settings) -> World:
    """Counters start anew, no live update leaves the process, errors look as in production."""
    cache.clear()
    settings.DEBUG = False
    settings.CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    return World("theirs")
