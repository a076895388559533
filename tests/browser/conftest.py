"""A browser on the desk that fails the test on any console error or breach of the content security policy."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.support import pages


@pytest.fixture(scope="session")
def _desk_server() -> Iterator[str]:
    """Without a database: nothing on the desk needs one, and emptying it after each test takes seconds."""
    server = LiveServer("127.0.0.1")
    yield server.url
    server.stop()


@pytest.fixture
def desk(page: Page, _desk_server: str, settings: Any) -> Iterator[Page]:
    settings.ROOT_URLCONF = "tests.browser.desk"
    complaints = pages.watch(page)
    page.set_default_timeout(30_000)
    page.set_default_navigation_timeout(30_000)
    page.goto(f"{_desk_server}/desk/1")
    yield page
    assert complaints == []
