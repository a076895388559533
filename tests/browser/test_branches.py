"""Splits and loops in a browser: built with the keyboard alone, ruled by two people, read by everyone."""

from collections.abc import Iterator

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.browser.test_editor import editor_page, person  # noqa: F401 - fixtures
from tests.support import pages
from tests.support.make import (
    make_agent,
    make_branch,
    make_loop,
    make_member,
    make_published_workflow,
    make_split,
    make_step,
)
from workflows.models import Workflow
from workspaces.models import Role, User

SPLIT, SMALL = "s_choose00", "b_Small000"


@pytest.fixture
def workflow(person: User) -> Workflow:  # noqa: F811
    workspace = person.memberships.get().workspace
    steps = [
        make_step("prepare"),
        make_split(
            make_branch("Small", make_step("first"), op="is", right="hello"),
            make_branch("Large", make_step("second"), make_step("third"), op="is", right="bye"),
        ),
        make_loop(make_step("inside")),
        make_step("finish"),
    ]
    return make_published_workflow(make_agent(workspace), "After", "post_conversation", steps=steps)


def tab_to(page: Page, selector: str) -> None:
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"Tab never came to {selector}")


def pick(page: Page, text: str) -> None:
    """In the step picker, which has the focus."""
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type(text)
    expect(page.locator("#pick-results button").first).to_contain_text(text.capitalize())
    expect(page.locator("#pick-results input[name=q]")).to_have_value(text)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#step-form")).to_be_visible()


def saved(page: Page) -> None:
    page.keyboard.press("Control+s")
    expect(page.locator("[data-unsaved-state]")).to_contain_text("Saved")


def test_a_split_and_a_loop_are_built_ruled_and_published_with_the_keyboard(editor_page: Page) -> None:  # noqa: F811
    page = editor_page
    page.get_by_role("link", name="4. Finish", exact=True).focus()
    page.keyboard.press("a")
    pick(page, "split")
    expect(page.locator("#i-step-label")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("By greeting")
    saved(page)

    rule_the_branch(page)
    fill_the_branch(page)
    add_a_loop(page)

    page.keyboard.press("Control+Shift+Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("4 added")
    tab_to(page, "#dialog .btn.primary")
    page.keyboard.press("Enter")
    expect(page.locator("#bar")).to_contain_text("Live v2")


def rule_the_branch(page: Page) -> None:
    page.keyboard.press("F6")
    page.keyboard.press("End")
    expect(page.get_by_role("link", name="5. By greeting", exact=True)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("link", name="Branch 1", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#panel-h")).to_contain_text("Branch Branch 1 of step 5")
    page.keyboard.press("Shift+F6")
    tab_to(page, "#add-rule")
    page.keyboard.press("Enter")
    expect(page.locator("#r-0-left")).to_be_focused()
    page.keyboard.type("{{")
    page.keyboard.type("prepare greeting")
    page.keyboard.press("Enter")
    expect(page.locator("#r-0-left")).to_have_value("{{ steps.prepare.output.greeting }}")
    tab_to(page, "#r-0-op")
    page.keyboard.type("contains")
    tab_to(page, "#r-0-right")
    page.keyboard.type("hell")
    saved(page)
    expect(page.get_by_text("greeting contains hell")).to_be_visible()


def fill_the_branch(page: Page) -> None:
    page.keyboard.press("F6")
    expect(page.get_by_role("link", name="Branch 1", exact=True)).to_be_focused()
    page.keyboard.press("a")
    pick(page, "set values")
    tab_to(page, "[id$=values-add]")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Value 1, name")).to_be_focused()
    page.keyboard.type("found")
    saved(page)


def add_a_loop(page: Page) -> None:
    page.keyboard.press("F6")
    expect(page.get_by_role("link", name="5a.1. Set values", exact=True)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator(":focus")).to_have_text("Otherwise")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.locator(":focus")).to_contain_text("By greeting")
    page.keyboard.press("a")
    pick(page, "loop")
    expect(page.locator("#i-items")).to_be_focused()
    page.keyboard.type("[1, 2]")
    saved(page)

    page.keyboard.press("F6")
    expect(page.locator(":focus")).to_contain_text("6. Loop")
    tab_to(page, ".loop .plus")
    page.keyboard.press("Enter")
    pick(page, "set values")
    tab_to(page, "[id$=values-add]")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Value 1, name")).to_be_focused()
    page.keyboard.type("item")
    saved(page)
    expect(page.get_by_role("link", name="6.1. Set values", exact=True)).to_be_visible()


def test_branches_move_fold_and_go_with_the_keyboard(editor_page: Page) -> None:  # noqa: F811
    page = editor_page
    page.get_by_role("link", name="Small", exact=True).focus()
    page.keyboard.press("Alt+ArrowRight")
    expect(page.locator(".branch-head h4 a:first-child")).to_have_text(["Large", "Small", "Otherwise"])
    expect(page.get_by_role("link", name="Small", exact=True)).to_be_focused()

    page.get_by_role("link", name="2a.1. Second", exact=True).focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(page.get_by_role("link", name="2a.2. Second", exact=True)).to_be_focused()
    page.get_by_role("button", name="Fold branch Large").click()
    expect(page.locator("#b-b_Large000")).to_contain_text("2 steps")
    expect(page.get_by_role("link", name="2a.2. Second", exact=True)).to_be_hidden()

    page.get_by_role("link", name="Large", exact=True).focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("link", name="2a.2. Second", exact=True)).to_be_visible()

    page.keyboard.press("Delete")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("2 steps in it will be deleted too")
    dialog.get_by_role("button", name="Delete").click()
    expect(page.locator(".branch-head h4 a:first-child")).to_have_text(["Small", "Otherwise"])
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.locator(".branch-head h4 a:first-child")).to_have_text(["Large", "Small", "Otherwise"])


def test_home_and_end_go_to_the_first_and_last_at_this_level(editor_page: Page) -> None:  # noqa: F811
    page = editor_page
    page.get_by_role("link", name="2b.1. Second", exact=True).focus()
    for key, name in (("End", "2b.2. Third"), ("Home", "2b.1. Second"), ("ArrowUp", "Large")):
        page.keyboard.press(key)
        expect(page.get_by_role("link", name=name, exact=True)).to_be_focused()
    for key, name in (("Home", "Small"), ("End", "Otherwise")):
        page.keyboard.press(key)
        expect(page.get_by_role("link", name=name, exact=True)).to_be_focused()

    page.get_by_role("link", name="2. Choose", exact=True).focus()
    page.keyboard.press("End")
    expect(page.get_by_role("link", name="4. Finish", exact=True)).to_be_focused()
    page.keyboard.press("Home")
    expect(page.locator("#a-trigger")).to_be_focused()


def test_deleting_a_split_keeps_the_steps_of_the_chosen_branch(editor_page: Page) -> None:  # noqa: F811
    page = editor_page
    page.get_by_role("link", name="Actions for step 2. Choose").click()
    page.locator("#menu").get_by_role("link", name="Delete…").click()
    page.get_by_role("radio", name="Keep the steps of branch Large (2 steps)").check(force=True)
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()

    expect(page.get_by_role("link", name="2. Second", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="3. Third", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="1. Prepare", exact=True)).to_be_focused()


def test_a_step_is_moved_to_a_place_of_a_list(editor_page: Page) -> None:  # noqa: F811
    page = editor_page
    page.get_by_role("link", name="Actions for step 4. Finish").click()
    page.locator("#menu").get_by_role("link", name="Move to…").click()
    page.get_by_role("dialog").get_by_role("button", name="First in loop 3. Each").click()

    expect(page.get_by_role("link", name="3.1. Finish", exact=True)).to_be_focused()
    expect(page.get_by_role("link", name="3.2. Inside", exact=True)).to_be_visible()


@pytest.fixture
def other_page(browser: Browser, live_server: LiveServer, workflow: Workflow) -> Iterator[Page]:
    client = Client()
    client.force_login(make_member(workflow.workspace, Role.EDITOR))
    context = browser.new_context()
    session = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    context.add_cookies([session])  # type: ignore[list-item]
    yield context.new_page()
    context.close()


def test_two_who_rule_the_same_branch_choose_between_both(editor_page: Page, other_page: Page) -> None:  # noqa: F811
    address = f"{editor_page.url}?step={SPLIT}&branch={SMALL}"
    for page, text in ((editor_page, "mine"), (other_page, "theirs")):
        page.goto(address)
        page.locator("#r-0-right").fill(text)
    other_page.get_by_role("button", name="Save Changes").click()
    expect(other_page.locator("[data-unsaved-state]")).to_contain_text("Saved")

    editor_page.get_by_role("button", name="Save Changes").click()
    expect(editor_page.locator("#rules-conflict")).to_contain_text("is theirs")
    expect(editor_page.locator("#rules-conflict")).to_contain_text("is mine")
    expect(editor_page.locator("#r-0-right")).to_have_value("mine")

    editor_page.get_by_role("button", name="Use theirs").click()
    expect(editor_page.locator("#r-0-right")).to_have_value("theirs")


def test_unsaved_rules_are_asked_about(editor_page: Page) -> None:  # noqa: F811
    page = editor_page
    page.get_by_role("link", name="Small", exact=True).click()
    page.locator("#r-0-right").fill("changed")
    page.get_by_role("link", name="Large", exact=True).click()

    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Save your edits in “Small”?")
    dialog.get_by_role("button", name="Save and continue").click()
    expect(page.locator("#panel-h")).to_contain_text("Branch Large")
    expect(page.locator(f"#bh-{SMALL}")).to_contain_text("changed")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_in_branches(editor_page: Page, width: int, theme: str) -> None:  # noqa: F811
    page = editor_page
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]
    base = page.url
    found = pages.faults(page, "chain")
    page.goto(f"{base}?step={SPLIT}")
    found += pages.faults(page, "split")
    page.goto(f"{base}?step={SPLIT}&branch={SMALL}")
    page.get_by_role("button", name="Add group").click()
    expect(page.locator("#r-2-left")).to_be_focused()
    page.locator("#r-2-op").select_option("between")
    expect(page.locator("#r-2-high")).to_be_visible()
    found += pages.faults(page, "rules")
    page.locator("#r-0-op").select_option("gt")
    page.get_by_role("button", name="Save Changes").click()
    expect(page.locator(".errsum")).to_be_focused()
    found += pages.faults(page, "errors")

    assert found == []
