"""The editor in a browser: a person adds, configures, saves and takes back; nothing typed is lost."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from tests.support import pages, waiting
from tests.support.make import (
    make_agent,
    make_connection,
    make_member,
    make_published_workflow,
    make_step,
    make_workspace,
)
from workflows.models import Workflow
from workspaces.models import Role, User

OWN_SCRIPTS = """performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname)
  .filter((path) => path.startsWith("/static/js/")).map((path) => path.split("/").pop()).sort()"""


@pytest.fixture
def person(transactional_db: None) -> User:
    return make_member(make_workspace("acme"), Role.EDITOR)


@pytest.fixture
def workflow(person: User) -> Workflow:
    workspace = person.memberships.get().workspace
    make_connection(workspace, "rest", "Shop")
    steps = [make_step("prepare", id="s_prepare001"), make_step("finish", id="s_finish0001")]
    return make_published_workflow(make_agent(workspace), "After", "post_conversation", steps=steps)


@pytest.fixture
def editor_page(page: Page, live_server: LiveServer, person: User, workflow: Workflow) -> Iterator[Page]:
    pages.sign_in(page, live_server.url, person)
    complaints = pages.watch(page)
    page.set_default_timeout(30_000)
    page.set_default_navigation_timeout(30_000)
    page.goto(f"{live_server.url}/workflows/{workflow.pk}/")
    yield page
    assert complaints == []


def test_a_step_is_added_configured_and_saved_with_the_keyboard(editor_page: Page) -> None:
    page = editor_page
    page.get_by_role("link", name="1. Prepare", exact=True).focus()
    page.keyboard.press("a")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("request")
    expect(page.locator("#pick-results")).not_to_contain_text("Set values")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page.locator("#i-url")).to_be_focused()
    expect(page.locator("#a-s_finish0001 .n")).to_have_text("3.")
    page.keyboard.type("https://shop.example/")
    page.keyboard.type("{{")
    page.keyboard.press("Enter")
    expect(page.locator("#i-url")).to_have_value("https://shop.example/{{ steps.prepare.output.greeting }}")
    expect(page.locator("[data-unsaved-state]")).to_have_text("Unsaved changes")

    page.keyboard.press("Control+s")
    expect(page.locator("[data-unsaved-state]")).to_contain_text("Saved")
    expect(page.locator("#i-url")).to_be_focused()
    expect(page.locator("#banner")).to_contain_text("1 added · by you")


def test_the_keys_are_told_and_single_letters_can_be_switched_off(editor_page: Page) -> None:
    page = editor_page
    card = page.get_by_role("link", name="1. Prepare", exact=True)
    card.focus()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard")
    expect(dialog).to_contain_text("Save Changes")
    letters = dialog.get_by_role("checkbox", name="Single letters")
    expect(letters).to_be_checked()
    assert pages.faults(page, "keys") == []

    letters.uncheck()
    page.keyboard.press("Escape")
    expect(card).to_be_focused()
    page.keyboard.press("a")
    page.keyboard.press("?")
    page.get_by_role("link", name="Help and keyboard").click()
    expect(letters).not_to_be_checked()
    expect(page.get_by_role("searchbox")).to_have_count(0)

    letters.check()
    page.keyboard.press("Escape")
    card.focus()
    page.keyboard.press("a")
    expect(page.get_by_role("searchbox")).to_be_focused()


def test_leaving_unsaved_edits_is_asked_about(editor_page: Page) -> None:
    page = editor_page
    page.get_by_role("link", name="1. Prepare", exact=True).click()
    page.get_by_label("Value 1, value").fill("changed")
    page.get_by_role("link", name="2. Finish", exact=True).click()

    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Save your edits in “Prepare”?")
    dialog.get_by_role("button", name="Save and continue").click()

    expect(page.locator("#panel-h")).to_contain_text("Step 2, Finish")
    expect(page.locator("#n-s_prepare001")).to_contain_text("Edited")


def test_deleting_gives_the_focus_to_the_card_above_and_can_be_undone(editor_page: Page) -> None:
    page = editor_page
    page.get_by_role("link", name="2. Finish", exact=True).click()
    page.get_by_role("link", name="Actions for step 2. Finish").click()
    page.locator("#menu").get_by_role("button", name="Delete").click()

    expect(page.locator("#n-s_finish0001")).to_have_count(0)
    expect(page.get_by_role("link", name="1. Prepare", exact=True)).to_be_focused()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.locator("#n-s_finish0001")).to_be_visible()
    expect(page.locator("#banner")).to_be_empty()


def test_a_change_of_the_connection_shows_its_fields_and_keeps_the_rest(editor_page: Page) -> None:
    page = editor_page
    page.get_by_role("link", name="Add step after 1. Prepare").click()
    page.get_by_role("button", name="REST API").click()
    page.get_by_role("button", name="Add header").click()
    page.get_by_label("Header 1, name").fill("X-Kept")
    page.get_by_label("Connection").select_option(label="Shop")

    expect(page.get_by_role("textbox", name="Path")).to_be_visible()
    expect(page.locator("#i-url")).to_have_count(0)
    expect(page.get_by_label("Header 1, name")).to_have_value("X-Kept")


def test_publishing_in_the_dialog_updates_the_page(editor_page: Page) -> None:
    page = editor_page
    page.get_by_role("link", name="1. Prepare", exact=True).click()
    page.get_by_label("Value 1, value").fill("changed")
    page.get_by_role("button", name="Save Changes").click()
    page.get_by_role("link", name="Publish Workflow").click()
    page.get_by_role("dialog").get_by_role("button", name="Publish Workflow").click()

    expect(page.locator("#bar")).to_contain_text("Live v2")
    expect(page.locator("#banner")).to_be_empty()
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_while_one_works(editor_page: Page, width: int, theme: str) -> None:
    page = editor_page
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    found = pages.faults(page, "chain")
    page.get_by_role("link", name="Actions for step 2. Finish").click()
    page.locator("#menu").get_by_role("button", name="Delete").wait_for()
    found += pages.faults(page, "menu")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Add step after 1. Prepare").click()
    page.get_by_role("searchbox").press_sequentially("fax", delay=60)  # as a person types
    page.get_by_text("Nothing for “fax”").wait_for()
    found += pages.faults(page, "picker")
    page.get_by_role("button", name="Use REST API").click()
    expect(page.get_by_role("radio", name="JSON")).to_be_attached()
    page.get_by_role("radio", name="JSON").check(force=True)
    page.get_by_role("textbox", name="Body").fill('{"a": ')
    page.get_by_role("button", name="Save Changes").click()
    expect(page.locator(".errsum")).to_be_focused()
    found += pages.faults(page, "errors")
    page.get_by_role("link", name="Publish Workflow").click()
    page.get_by_role("button", name="Continue without them").click()
    page.get_by_role("dialog", name="Publish After").wait_for()
    found += pages.faults(page, "publish")

    assert found == []


def test_the_chat_is_loaded_with_its_first_use_and_hears_what_is_said_first(editor_page: Page) -> None:
    page = editor_page
    late: list[Route] = []
    page.route("**/js/chat.js", lambda route: late.append(route))
    assert page.evaluate(OWN_SCRIPTS) == ["app.js", "theme.js"]

    page.get_by_role("link", name="Chat", exact=True).click()
    expect(page.get_by_role("region", name="Test chat")).to_be_visible()
    waiting.until(
        lambda: bool(page.evaluate("1") and late), seconds=30, what="the chat's script is asked for"
    )
    expect(page.get_by_role("textbox", name="Message")).to_have_count(0)  # nothing can be written in vain
    late[0].continue_()

    field = page.get_by_role("textbox", name="Message")
    expect(field).to_be_focused()
    field.type("Hello")
    field.press("Enter")
    expect(page.get_by_role("log").get_by_text("Hello")).to_be_visible()
    assert page.evaluate(OWN_SCRIPTS) == ["app.js", "chat.js", "theme.js"]
