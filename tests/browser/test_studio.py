"""The agent studio in a browser: a flow by keyboard alone, mentions, publish and revert, axe on the way."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from tests.support import pages
from tests.support.make import make_agent, make_member, make_published_workflow, make_workflow, make_workspace
from workflows.models import Agent
from workspaces.models import Role, User


@pytest.fixture
def person(transactional_db: None) -> User:
    return make_member(make_workspace("acme"), Role.EDITOR)


@pytest.fixture
def agent(person: User) -> Agent:
    agent = make_agent(
        person.memberships.get().workspace, variables=[{"name": "first_name", "sample": "Ada"}]
    )
    make_published_workflow(agent, "look_up", description="Finds an order.")
    make_workflow(agent, "refund", description="Pays it back.")
    return agent


@pytest.fixture
def studio(page: Page, live_server: LiveServer, person: User, agent: Agent) -> Iterator[Page]:
    pages.sign_in(page, live_server.url, person)
    complaints = pages.watch(page)
    page.set_default_timeout(15_000)
    page.goto(f"{live_server.url}/agents/{agent.pk}/flow/")
    yield page
    assert complaints == []


def press(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def test_a_flow_is_built_by_keyboard_published_and_reverted(studio: Page, agent: Agent) -> None:
    page = studio
    page.locator("#node-n_start0001").focus()
    press(page, "a")
    expect(page.get_by_role("radio", name="Agent turn")).to_be_focused()
    page.locator("#add-here").focus()
    press(page, "Enter")

    expect(page.locator("#i-name")).to_be_focused()
    press(page, "Control+a")
    page.keyboard.type("Find the need")
    page.get_by_label("Instructions", exact=True).focus()
    page.keyboard.type("Call @look")
    expect(page.locator("#at-pop")).to_be_visible()
    press(page, "Enter")
    page.keyboard.type(" for /first")
    press(page, "Enter")
    expect(page.get_by_label("Instructions", exact=True)).to_have_value(
        "Call @look_up for {{ variables.first_name }}"
    )
    page.locator("#i-outcomes-add").focus()
    press(page, "Enter")
    expect(page.get_by_label("Outcome 1", exact=True)).to_be_focused()
    page.keyboard.type("Said goodbye")
    page.locator("#i-outcomes-1-to").select_option("new:end")
    press(page, "Control+s")

    graph = page.locator(".graph")
    expect(graph.get_by_role("link", name="Agent turn: Find the need. 1 outcome")).to_be_visible()
    expect(graph.get_by_role("link", name="End: End")).to_be_visible()
    expect(page.locator("#banner")).to_contain_text("nodes added · by you")
    expect(page.locator("#references")).to_contain_text("look_up · Live v1")
    expect(page.locator("[data-unsaved-state]")).to_have_text("All changes saved")
    assert pages.faults(page, page.url) == []

    press(page, "Control+Shift+Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Publish Mia")
    assert pages.faults(page, page.url) == []
    dialog.get_by_role("button", name="Publish Agent").click()
    expect(page.locator("#bar")).to_contain_text("Live v2")
    expect(page.locator("#banner")).to_be_empty()

    page.goto(page.url.replace("/flow/", "/versions/").partition("?")[0])
    page.get_by_role("button", name="Revert to v1").click()
    expect(page.locator("#agent-head")).to_contain_text("Live v1")
    expect(page.locator("#banner")).to_contain_text("Unpublished changes")


def test_arrows_go_from_node_to_node_and_a_node_is_deleted_and_brought_back(
    studio: Page, agent: Agent
) -> None:
    page = studio
    page.get_by_role("link", name="Add the first node").click()
    page.locator("#add-here").click()
    expect(page.locator("#i-name")).to_be_focused()
    page.locator("#node-n_start0001").focus()
    press(page, "ArrowDown")
    turn = page.locator(".graph a:focus")
    expect(turn).to_have_attribute("aria-label", "Agent turn: Agent turn. 0 outcomes")

    press(page, "Delete")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 outcome leads here")
    dialog.get_by_role("button", name="Delete node").click()
    expect(page.locator(".graph a")).to_have_count(1)
    expect(page.locator("#node-n_start0001")).to_be_focused()
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".graph a")).to_have_count(2)
    expect(page.locator(".graph a:focus")).to_have_attribute("aria-current", "true")


def test_unsaved_text_is_asked_about_and_a_mentioned_workflow_is_made_on_the_way(
    studio: Page, agent: Agent
) -> None:
    page = studio
    page.goto(page.url.replace("/flow/", "/instructions/"))
    persona = page.get_by_label("Persona", exact=True)
    persona.focus()
    page.keyboard.type("Call @book")
    page.keyboard.press("Enter")
    expect(persona).to_have_value("Call @book")
    expect(page.locator(".toast")).to_contain_text("book was made as a draft")
    page.get_by_role("link", name="Variables", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Save your edits in “Instructions”?")
    dialog.get_by_role("button", name="Save and continue").click()
    expect(page.locator("#panel-h")).to_have_text("Variables")

    page.get_by_role("button", name="Add variable").click()
    expect(page.locator("#i-variables-2")).to_be_focused()
    page.keyboard.type("order")
    page.keyboard.press("Control+s")
    expect(page.locator("#f-variables")).to_contain_text("order")
    expect(page.locator("#banner")).to_contain_text("instructions and variables edited")
    assert pages.faults(page, page.url) == []


def test_a_workflow_is_opened_from_its_node_and_back_again(studio: Page, agent: Agent) -> None:
    page = studio
    page.get_by_role("link", name="Add the first node").click()
    page.get_by_role("radio", name="Run workflow").check(force=True)
    page.locator("#add-here").click()
    page.locator("#i-workflow").select_option(label="look_up")
    page.locator("#save").click()
    expect(page.locator(".twin-list")).to_contain_text("look_up · Live v1")

    page.locator("#open-workflow").click()
    expect(page.get_by_role("heading", name="look_up")).to_be_visible()
    page.get_by_role("navigation", name="Breadcrumb").get_by_role("link", name="Flow").click()

    expect(page.locator(".graph a:focus")).to_have_attribute("aria-current", "true")
    expect(page.locator("#i-name")).to_have_value("Run workflow")
