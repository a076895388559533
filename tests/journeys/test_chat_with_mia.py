"""From the first question to the mail afterwards: a visitor talks with Mia beside the chain that answers."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.journeys.test_every_screen import faults_of
from tests.support.api import Api
from tests.support.stack import Stack

pytestmark = pytest.mark.stack


def test_a_visitor_asks_refunds_and_finds_it_all_on_the_timeline(
    visitor: Page, stack: Stack, api: Api
) -> None:
    agent = next(agent for agent in api.get("/agents")["items"] if agent["name"].startswith("Mia"))
    workflows = api.get(f"/agents/{agent['id']}/workflows")["items"]
    look_up = next(one["id"] for one in workflows if one["name"] == "look_up_order")

    # the chat beside the chain: it lights up with what the agent does
    visitor.goto(f"{stack.url}/workflows/{look_up}/")
    visitor.get_by_role("link", name="Chat", exact=True).click()
    side = visitor.get_by_role("region", name="Test chat")
    side.get_by_role("button", name="Live").click()
    log = side.get_by_role("log")
    expect(log).to_contain_text("How can I help?")
    say(side, "where is my order 1042")
    expect(log).to_contain_text("Order 1042 is in transit")
    card = visitor.get_by_role("region", name="Workflow steps").get_by_role("article").nth(1)
    expect(card).to_contain_text("Succeeded")
    side.get_by_text("Why this answer").last.click()
    expect(log).to_contain_text("called look_up_order")

    assert faults_of(visitor, "chat beside the chain") == []

    # it comes along to the flow, which shows where the conversation stands
    visitor.goto(f"{stack.url}/agents/{agent['id']}/flow/")
    expect(log).to_contain_text("Order 1042 is in transit")
    expect(visitor.locator("#chain [data-here]")).to_have_attribute("aria-label", re.compile("Anything else"))
    say(side, "I want my money back for order 1043")
    say(side, "no, 1042")
    expect(log).to_contain_text("Shall I refund order 1042?")
    say(side, "yes")
    expect(log.locator(".call", has_text="refund_order")).to_contain_text("Answered")
    side.get_by_role("button", name="End conversation").click()

    side.get_by_role("link", name="See its timeline").click()
    timeline = visitor.get_by_role("region", name="Timeline")
    expect(timeline).to_contain_text("where is my order 1042")
    expect(timeline).to_contain_text("look_up_order")
    expect(timeline).to_contain_text("refund_order")
    expect(timeline).to_contain_text("Intent")
    expect(timeline).to_contain_text("Still to come", timeout=30_000)
    expect(timeline).to_contain_text("Wait two days")
    visitor.goto(f"{stack.url}/demo/inbox")
    expect(visitor.get_by_role("main")).to_contain_text("Your conversation with Mia")


def say(chat: Locator, text: str) -> None:
    """And wait until the agent has answered."""
    answers = chat.locator("#chat-turns > li:not(.me-msg):not(.wide):not(:has(.hold))")
    before = answers.count()
    field = chat.get_by_role("textbox", name="Message")
    field.fill(text)
    field.press("Enter")
    expect(answers.nth(before)).to_be_visible()
    expect(chat.locator("#chat-form")).not_to_have_attribute("data-busy", re.compile(".*"))
