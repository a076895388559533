"""A browser on the desk that fails the test on any console error or breach of the content security policy.

What it loads is what is served in production, but for the hashes in the names: joined modules.
"""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from config import modules
from tests.support import pages

STATIC = Path(django_settings.BASE_DIR) / "static"


@pytest.fixture(scope="session")
def _served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = shutil.copytree(STATIC, tmp_path_factory.mktemp("served") / "static")
    for name, text in modules.served(lambda name: (STATIC / "js" / name).read_text()).items():
        (folder / "js" / name).write_text(text)
    return folder


@pytest.fixture(autouse=True)
def _as_in_production(_served: Path, settings: Any) -> None:
    settings.STATICFILES_DIRS = [_served]


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
