"""What may every test ask for? A workspace and its people, a clock, sinks, a browser, a whole stack."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect
from pytest_django.fixtures import Settings

from config.stack import chromium
from tests.support import network
from tests.support.clock import Clock
from tests.support.llm import LlmServer
from tests.support.make import make_member, make_person, make_workspace
from tests.support.sink import HttpSink, SmtpSink
from tests.support.stack import Stack
from workspaces.models import Role, User, Workspace

expect.set_options(timeout=20_000)
"""What a page does is tested, not how fast the machine of the tests is."""
CHROMIUM_ARGUMENTS = (
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--long", action="store_true", help="run the long set too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("--long"):
        long = [item for item in items if item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    yield from network.refuse_the_outside()


# --- People ------------------------------------------------------------------------------------------------


@pytest.fixture
def workspace(db: None) -> Workspace:
    return make_workspace("acme", name="Acme")


@pytest.fixture
def owner(workspace: Workspace) -> User:
    return make_member(workspace, Role.OWNER)


@pytest.fixture
def admin(workspace: Workspace) -> User:
    return make_member(workspace, Role.ADMIN)


@pytest.fixture
def editor(workspace: Workspace) -> User:
    return make_member(workspace, Role.EDITOR)


@pytest.fixture
def tester(workspace: Workspace) -> User:
    return make_member(workspace, Role.TESTER)


@pytest.fixture
def viewer(workspace: Workspace) -> User:
    return make_member(workspace, Role.VIEWER)


@pytest.fixture
def stranger(db: None) -> User:
    """Signed in, and a member of another workspace only."""
    person = make_person("Stranger")
    make_workspace("elsewhere").memberships.create(user=person, role=Role.OWNER)
    return person


@pytest.fixture
def clock() -> Clock:
    return Clock()


# --- The world outside, and a whole Parley -----------------------------------------------------------------


@pytest.fixture(scope="session")
def _http_sink() -> Iterator[HttpSink]:
    sink = HttpSink()
    yield sink
    sink.stop()


@pytest.fixture(scope="session")
def _smtp_sink() -> Iterator[SmtpSink]:
    sink = SmtpSink()
    yield sink
    sink.stop()


@pytest.fixture
def http_sink(_http_sink: HttpSink) -> HttpSink:
    _http_sink.reset()
    return _http_sink


@pytest.fixture
def smtp_sink(_smtp_sink: SmtpSink) -> SmtpSink:
    _smtp_sink.reset()
    return _smtp_sink


@pytest.fixture(scope="session")
def _llm() -> Iterator[LlmServer]:
    server = LlmServer()
    yield server
    server.stop()


@pytest.fixture
def llm(_llm: LlmServer, settings: Settings) -> LlmServer:
    """The operator's model provider: a server that answers as the test says."""
    _llm.reset()
    settings.LLM_BASE_URL, settings.LLM_API_KEY, settings.LLM_MODEL = _llm.base_url, "key-1", "test-model"
    settings.LLM_SILENCE_S, settings.LLM_TOTAL_S, settings.LLM_PRICE = 1.0, 10.0, "1/2"
    settings.OUTBOUND_ALLOW = [_llm.address.replace(":", "/32:")]
    return _llm


@pytest.fixture(scope="session")
def stack(
    tmp_path_factory: pytest.TempPathFactory, _http_sink: HttpSink, _smtp_sink: SmtpSink
) -> Iterator[Stack]:
    """One for the whole session, with a database of its own; it may reach the two sinks."""
    allowed = ",".join(sink.address.replace(":", "/32:") for sink in (_http_sink, _smtp_sink))
    whole = Stack(tmp_path_factory.mktemp("stack"), OUTBOUND_ALLOW=allowed).start()
    yield whole
    whole.stop()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    # Playwright's own event loop makes Django believe that every test is asynchronous.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    arguments = [*CHROMIUM_ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    path = chromium.found()
    return {**browser_type_launch_args, "args": arguments, "executable_path": str(path) if path else None}
