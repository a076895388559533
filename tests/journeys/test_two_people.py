"""Two people in one workflow: each sees where the other is, neither loses a word, no write is lost."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import watch
from tests.support.api import Api
from tests.support.make import make_step
from tests.support.stack import Stack

pytestmark = pytest.mark.stack

COPIED = """() => new Promise((found) => {
  const isCopied = () => Object.values(localStorage).some((kept) => kept.includes("Never saved"));
  const look = () => (isCopied() ? found() : requestAnimationFrame(look));
  look();
})"""
GREET, MAIL, LAST = "s_greet000", "s_mailmail", "s_last0000"


@pytest.fixture
def other(browser: Browser, stack: Stack) -> Iterator[Page]:
    context = browser.new_context()
    page = context.new_page()
    complaints = watch(page)
    page.set_default_timeout(30_000)
    page.goto(f"{stack.url}/login")
    page.get_by_role("button", name="demo workspace").click()
    page.wait_for_url(f"{stack.url}/")
    yield page
    assert complaints == []
    context.close()


def test_two_edit_one_workflow_and_nothing_is_lost(
    visitor: Page, other: Page, stack: Stack, api: Api
) -> None:
    agent = api.make_agent("Nora, together")
    settings = {"host": "mail.example.com", "port": 25, "security": "none", "from": "nora@parley.example"}
    connection = api.post("/connections", {"app": "email", "name": "Together", "settings": settings})
    workflow = api.publish_workflow(agent, "post_conversation", document(connection["id"]))
    url = f"{stack.url}/workflows/{workflow}/"
    for page in (visitor, other):
        page.goto(f"{url}?step={MAIL}")
        expect(page.locator("#i-subject")).to_be_visible()
    expect(visitor.locator(f"#n-{MAIL} .who")).to_have_attribute("title", "You, in another tab · step 2")

    others_saves_arrive_while_one_types(visitor, other)
    different_fields_merge(visitor, other, api, workflow)
    the_same_field_shows_both(visitor, other, api, workflow)
    text_of_a_killed_tab_is_offered_back(other, url)


def others_saves_arrive_while_one_types(visitor: Page, other: Page) -> None:
    other.locator("#i-subject").fill("Typed by the other")
    visitor.get_by_role("link", name="3. Last", exact=True).focus()
    visitor.keyboard.press("Control+d")
    expect(visitor.locator("#panel-h")).to_contain_text("Step 4")

    expect(other.get_by_role("link", name="4. Last (copy)", exact=True)).to_be_visible()
    expect(other.locator("#i-subject")).to_be_focused()
    expect(other.locator("#i-subject")).to_have_value("Typed by the other")
    expect(other.locator("#people")).to_contain_text("step 4")


def different_fields_merge(visitor: Page, other: Page, api: Api, workflow: str) -> None:
    visitor.get_by_role("link", name="2. Mail", exact=True).click()
    visitor.locator("#i-text").fill("Text of the first")
    save(visitor)
    expect(other.locator("#news")).to_contain_text("changed this step")
    expect(other.locator("#i-subject")).to_have_value("Typed by the other")

    other.get_by_role("button", name="Save Changes").click()
    expect(other.locator("#panel")).to_contain_text("Both are kept")
    inputs = mail(api, workflow)["inputs"]
    assert (inputs["subject"], inputs["text"]) == ("Typed by the other", "Text of the first")


def the_same_field_shows_both(visitor: Page, other: Page, api: Api, workflow: str) -> None:
    for page, text in ((visitor, "Mine"), (other, "Theirs")):
        page.reload()
        page.locator("#i-subject").fill(text)
    save(other)
    visitor.get_by_role("button", name="Save Changes").click()

    expect(visitor.locator("#conflict-h")).to_be_visible()
    expect(visitor.locator("#panel")).to_contain_text("Theirs")
    expect(visitor.locator("#i-subject")).to_have_value("Mine")
    assert mail(api, workflow)["inputs"]["subject"] == "Theirs"
    visitor.get_by_role("button", name="Use mine").click()
    expect(visitor.locator(".versus")).to_have_count(0)
    expect(visitor.locator("#i-subject")).to_have_value("Mine")
    save(visitor)
    assert mail(api, workflow)["inputs"]["subject"] == "Mine"


def text_of_a_killed_tab_is_offered_back(other: Page, url: str) -> None:
    other.goto(f"{url}?step={MAIL}")
    other.locator("#i-text").fill("Never saved")
    expect(other.locator("[data-unsaved-state]")).to_have_text("Unsaved changes")
    other.evaluate(COPIED)
    context = other.context
    other.close(run_before_unload=False)

    again = context.new_page()
    again.goto(f"{url}?step={MAIL}")
    again.get_by_role("button", name="Restore it").click()
    expect(again.locator("#i-text")).to_have_value("Never saved")
    expect(again.locator("[data-unsaved-state]")).to_have_text("Unsaved changes")


def save(page: Page) -> None:
    page.get_by_role("button", name="Save Changes").click()
    expect(page.locator("[data-unsaved-state]")).to_contain_text("Saved")


def mail(api: Api, workflow: str) -> Any:
    return next(step for step in api.get(f"/workflows/{workflow}")["draft"]["steps"] if step["id"] == MAIL)


def document(connection: str) -> dict[str, Any]:
    sent = {"to": "a@example.com", "subject": "Hello", "text": "Text"}
    written = {"slug": "mail", "label": "Mail", "action": "email.send@1", "inputs": sent}
    steps = [
        make_step("greet", id=GREET),
        {"id": MAIL, "connection": connection, **written},
        make_step("last", id=LAST),
    ]
    settings = {"name": "together", "description": "For two.", "enabled": False}
    return {"schema": 1, "settings": settings, "steps": steps}
