"""The chat on a customer's page: a member sets it up, a visitor of another site talks with Mia in it."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FrameLocator, Page, ViewportSize, expect

from tests.journeys.conftest import watch
from tests.journeys.test_every_screen import faults_of
from tests.support.api import Api
from tests.support.shop import Shop
from tests.support.stack import Stack

pytestmark = pytest.mark.stack


@pytest.fixture
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.stop()


def turn_on(member: Page, stack: Stack, api: Api, shop: Shop) -> str:
    """The snippet, as it is copied."""
    agent = next(agent for agent in api.get("/agents")["items"] if agent["name"].startswith("Mia"))
    member.goto(f"{stack.url}/agents/{agent['id']}/channels/")
    member.get_by_label("Show the chat on these pages").check()
    member.get_by_label("Pages that may show it").fill(shop.origin)
    member.get_by_label("Greeting beside the button").fill("Questions about an order?")
    member.get_by_role("form", name="Chat widget").get_by_role("button", name="Save").click()
    expect(member.get_by_text("The widget is on.")).to_be_visible()
    return member.get_by_label("The snippet").input_value()


def say(chat: FrameLocator, text: str) -> None:
    chat.get_by_label("Your message").fill(text)
    chat.get_by_label("Your message").press("Enter")


def test_a_visitor_of_another_site_talks_with_the_agent_and_loses_nothing(
    visitor: Page, browser: Browser, stack: Stack, api: Api, shop: Shop
) -> None:
    shop.body = turn_on(visitor, stack, api, shop)
    page = browser.new_context(reduced_motion="reduce").new_page()
    complaints = watch(page)
    chat = page.frame_locator("#parley-chat iframe")
    page.goto(shop.origin)

    page.get_by_role("button", name="Chat with us").focus()
    page.keyboard.press("Enter")
    log = chat.get_by_role("log")
    expect(log).to_contain_text("How can I help?")
    expect(chat.get_by_label("Your message")).to_be_focused()
    say(chat, "where is my order 1042")
    expect(log).to_contain_text("Order 1042 is in transit")

    page.reload()
    page.get_by_role("button", name="Chat with us").click()
    expect(log).to_contain_text("Order 1042 is in transit")
    assert complaints == []

    stack.kill_child("web")
    say(chat, "and order 1043?")
    expect(log).to_contain_text("Order 1043", timeout=30_000)
    assert log.get_by_text("and order 1043?").count() == 1

    chat.get_by_label("Your message").press("Escape")
    expect(page.get_by_role("button", name="Chat with us")).to_be_focused()
    page.get_by_role("button", name="Chat with us").click()
    chat.get_by_role("button", name="End chat").click()
    expect(chat.get_by_text("The conversation has ended.")).to_be_visible()
    chat.get_by_role("button", name="Start a new one").click()
    expect(log).not_to_contain_text("1042")
    expect(log).to_contain_text("How can I help?")
    page.context.close()


def test_a_member_answers_in_the_agents_place_and_hands_back(
    visitor: Page, browser: Browser, stack: Stack, api: Api, shop: Shop
) -> None:
    member, text = visitor, "where is my order 1043"
    shop.body = turn_on(member, stack, api, shop)
    page = browser.new_context(reduced_motion="reduce").new_page()
    complaints = watch(page)
    chat = page.frame_locator("#parley-chat iframe")
    log = chat.get_by_role("log")
    page.goto(shop.origin)
    page.get_by_role("button", name="Questions about an order?").click()
    say(chat, text)
    expect(log).to_contain_text("Order 1043")
    expect(chat.locator("#typing")).to_be_hidden()

    member.goto(f"{stack.url}/w/demo/conversations/?search=1043")
    member.get_by_role("button", name="Export").click()
    with member.expect_download() as download:
        member.get_by_role("button", name="A table (CSV)").click()
    assert text in download.value.path().read_text()
    row = member.get_by_role("row").filter(has_text=text)
    address = row.get_by_role("link").get_attribute("href")  # the list is live: no click between two draws
    member.goto(f"{stack.url}{address}")
    member.get_by_role("button", name="Take over").click()
    member.get_by_label("Message someone by chat").fill("I have found it.")
    expect(log).to_contain_text("has joined the conversation.")
    member.get_by_role("button", name="Send").click()
    expect(log).to_contain_text("I have found it.")

    say(chat, "Where is it?")
    timeline = member.get_by_role("region", name="Timeline")
    expect(timeline).to_contain_text("Where is it?")
    expect(timeline).to_contain_text("I have found it.")
    assert faults_of(member, "a conversation that a member has taken over") == []
    member.get_by_role("button", name="Hand back to Mia").click()
    expect(log).to_contain_text("has left the conversation.")

    say(chat, "where is my order 1042")
    expect(log).to_contain_text("Order 1042 is in transit")
    assert log.get_by_text("I have found it.").count() == 1
    assert complaints == []
    page.context.close()


def test_a_page_that_was_not_named_shows_no_chat(
    visitor: Page, browser: Browser, stack: Stack, api: Api, shop: Shop
) -> None:
    snippet = turn_on(visitor, stack, api, shop)
    key = snippet.partition('data-agent="')[2].partition('"')[0]
    shop.body = f'{snippet}<iframe title="Stolen" src="{stack.url}/widget/{key}/"></iframe>'
    page = browser.new_context().new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))

    page.goto(shop.other_origin)
    page.wait_for_load_state("networkidle")

    expect(page.get_by_role("button", name="Chat with us")).to_have_count(0)
    expect(page.frame_locator("iframe").get_by_role("log")).to_have_count(0)
    assert any("among its origins" in one for one in said)
    page.context.close()


def test_axe_finds_nothing_in_the_chat_wide_and_narrow_light_and_dark(
    visitor: Page, browser: Browser, stack: Stack, api: Api, shop: Shop
) -> None:
    shop.body = turn_on(visitor, stack, api, shop)
    for width in (390, 1280):
        size: ViewportSize = {"width": width, "height": 844}
        page = browser.new_context(viewport=size, reduced_motion="reduce").new_page()
        page.goto(shop.origin)
        page.get_by_role("button", name="Questions about an order?").click()
        chat = page.frame_locator("#parley-chat iframe")
        say(chat, "Hello")
        expect(chat.get_by_role("log").get_by_role("listitem")).to_have_count(3)
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found = Axe().run(page).response["violations"]
            assert [one["id"] for one in found if one["id"] not in ("region", "landmark-one-main")] == []
            if folder := os.environ.get("SCREENS_DIR"):
                page.screenshot(path=Path(folder) / f"widget-{width}-{scheme}.png")
        page.context.close()
