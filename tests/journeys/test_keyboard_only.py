"""Without a mouse: a workflow with a Split and a Loop is built, tried, published and rolled back."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_branches import (
    add_a_loop,
    fill_the_branch,
    pick,
    rule_the_branch,
    saved,
    tab_to,
)
from tests.support.api import Api
from tests.support.make import make_branch, make_loop, make_split, make_step
from tests.support.stack import Stack

pytestmark = pytest.mark.stack


def test_a_workflow_is_built_tried_published_and_rolled_back_by_keys(
    visitor: Page, stack: Stack, api: Api
) -> None:
    agent = api.make_agent("Nora, by keys")
    workflow = api.publish_workflow(agent, "post_conversation", document())
    page, url = visitor, f"{stack.url}/workflows/{workflow}/"
    page.goto(url)
    tab_to(page, "#chain .t")
    page.keyboard.press("End")
    page.keyboard.press("a")
    pick(page, "split")
    expect(page.locator("#i-step-label")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("By greeting")
    saved(page)
    rule_the_branch(page)
    fill_the_branch(page)
    add_a_loop(page)

    try_it(page, url)
    publish(page)
    roll_back(page)
    assert api.get(f"/workflows/{workflow}")["live_version"] == 1


def try_it(page: Page, url: str) -> None:
    enter(page, "#bar a[href$='/test/']")
    expect(page.get_by_role("button", name="Run the test")).to_be_visible()
    enter(page, "form[aria-label=Test] button.primary")
    expect(page).to_have_url(re.compile("/runs/"))
    expect(page.locator("#n-s_finish00")).to_contain_text("Succeeded", timeout=30_000)
    expect(page.locator("#chain")).not_to_contain_text("Failed")
    page.goto(url)  # as by the address bar


def publish(page: Page) -> None:
    page.keyboard.press("Control+Shift+Enter")
    expect(page.get_by_role("dialog")).to_contain_text("4 added")
    enter(page, "#dialog .btn.primary")
    expect(page.locator("#bar")).to_contain_text("Live v2")


def roll_back(page: Page) -> None:
    enter(page, "#bar a[href$='/versions/']")
    expect(page.get_by_role("row", name=re.compile("v2"))).to_contain_text("Live")
    enter(page, "[aria-label='Roll back: make v1 live']")
    expect(page.get_by_role("button", name="Roll back: make v2 live")).to_be_visible()


def enter(page: Page, selector: str) -> None:
    tab_to(page, selector)
    page.keyboard.press("Enter")


def document() -> dict[str, Any]:
    steps = [
        make_step("prepare"),
        make_split(make_branch("Small", make_step("first"), op="is", right="hello")),
        make_loop(make_step("inside")),
        make_step("finish"),
    ]
    settings = {"name": "by_keys", "description": "Built without a mouse.", "enabled": False}
    return {"schema": 1, "settings": settings, "steps": steps}
