"""Pages follow runs by themselves: nobody has to load them again."""

import pytest
from playwright.sync_api import Page, expect

from tests.support.api import Api
from tests.support.sink import HttpSink
from tests.support.stack import Stack

pytestmark = pytest.mark.stack


def test_a_run_appears_in_the_list_and_its_steps_change_while_it_goes_on(
    visitor: Page, stack: Stack, api: Api, http_sink: HttpSink
) -> None:
    agent = api.make_agent("Slow and live")
    api.publish_workflow(agent, "post_conversation", _document(http_sink.url))
    http_sink.mode = "hang"
    visitor.goto(f"{stack.url}/w/demo/runs/")

    api.hold_conversation(agent, customer={"name": "Live Lena"})

    row = visitor.locator("#run-rows tr", has_text="Live Lena")
    expect(row).to_contain_text("Running")
    row.get_by_role("link").click()
    asking = visitor.locator(".node", has_text="Ask slowly")
    expect(asking).to_contain_text("Running")
    http_sink.mode = "ok"
    http_sink.release()
    expect(asking).to_contain_text("Succeeded")
    expect(visitor.locator(".node", has_text="Note it")).to_contain_text("Succeeded")
    expect(visitor.locator("#panel")).to_contain_text("Succeeded")


def test_a_failed_run_offers_to_go_on_from_the_failed_step(visitor: Page, stack: Stack, api: Api) -> None:
    failed = api.get("/runs", status="failed", error="missing_value")["items"][0]["id"]
    visitor.goto(f"{stack.url}/runs/{failed}/")
    visitor.wait_for_load_state("networkidle")

    visitor.get_by_role("button", name="Retry from the failed step").click()

    expect(visitor).not_to_have_url(f"{stack.url}/runs/{failed}/")
    expect(visitor.locator("#chain")).to_contain_text("Succeeded")


def test_a_stranger_cannot_open_the_socket(stack: Stack, page: Page) -> None:
    page.goto(f"{stack.url}/login")

    closed = page.evaluate(
        """() => new Promise((answer) => {
          const socket = new WebSocket(location.origin.replace("http", "ws") + "/ws/runs/demo/");
          socket.onopen = () => answer("open");
          socket.onclose = () => answer("refused");
        })"""
    )

    assert closed == "refused"


def _document(url: str) -> dict[str, object]:
    return {
        "schema": 1,
        "settings": {"name": "Slow", "description": "Asks a slow service.", "enabled": True},
        "steps": [
            {
                "id": "s_liveasking",
                "slug": "ask",
                "label": "Ask slowly",
                "action": "rest.request@1",
                "inputs": {"method": "GET", "url": f"{url}/slow"},
            },
            {
                "id": "s_livenoting",
                "slug": "note",
                "label": "Note it",
                "action": "flow.set_values@1",
                "inputs": {"values": [{"name": "status", "value": "{{ steps.ask.output.status }}"}]},
            },
        ],
    }
