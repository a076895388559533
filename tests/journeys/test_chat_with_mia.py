"""From the first question to the mail afterwards: a visitor talks with Mia, and the timeline tells it all."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.api import Api
from tests.support.stack import Stack

pytestmark = pytest.mark.stack


def test_a_visitor_asks_refunds_and_finds_it_all_on_the_timeline(
    visitor: Page, stack: Stack, api: Api
) -> None:
    agent = next(agent for agent in api.get("/agents")["items"] if agent["name"].startswith("Mia"))
    visitor.goto(f"{stack.url}/agents/{agent['id']}/chat/")
    visitor.get_by_role("button", name="New live chat").click()
    log = visitor.get_by_role("log")
    expect(log).to_contain_text("How can I help?")

    say(visitor, "where is my order 1042")
    expect(log).to_contain_text("Order 1042 is in transit")
    say(visitor, "I want my money back for order 1043")
    say(visitor, "no, 1042")
    expect(log).to_contain_text("Shall I refund order 1042?")
    say(visitor, "yes")
    expect(log.locator(".call", has_text="refund_order")).to_contain_text("Answered")
    visitor.get_by_role("button", name="End conversation").click()

    visitor.get_by_role("link", name="See its timeline").click()
    timeline = visitor.get_by_role("region", name="Timeline")
    expect(timeline).to_contain_text("where is my order 1042")
    expect(timeline).to_contain_text("look_up_order")
    expect(timeline).to_contain_text("refund_order")
    expect(timeline).to_contain_text("Intent")
    expect(timeline).to_contain_text("Still to come", timeout=30_000)
    expect(timeline).to_contain_text("Wait two days")
    visitor.goto(f"{stack.url}/demo/inbox")
    expect(visitor.get_by_role("main")).to_contain_text("Your conversation with Mia")


def say(page: Page, text: str) -> None:
    """And wait until the agent has answered."""
    answers = page.locator("#chat-turns > li:not(.me-msg):not(.wide)")
    before = answers.count()
    page.get_by_role("textbox", name="Message").fill(text)
    page.keyboard.press("Enter")
    expect(answers.nth(before)).to_be_visible()
    expect(page.locator("#chat-typing")).to_be_hidden()
