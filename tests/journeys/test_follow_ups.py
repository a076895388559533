"""What waits is hurried, put off and called off by people; a failed run goes on where it was repaired."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.api import Api
from tests.support.sink import HttpSink
from tests.support.stack import Stack

pytestmark = pytest.mark.stack


def document(url: str, path: str = "/orders", *, delay: bool = False) -> dict[str, Any]:
    """Tells a service, looks another thing up there, and thanks two days later."""

    def ask(slug: str, label: str, path: str) -> dict[str, Any]:
        return {
            "id": f"s_follow{slug}00",
            "slug": slug,
            "label": label,
            "action": "rest.request@1",
            "inputs": {"method": "POST", "url": f"{url}{path}"},
            "policy": {"retries": 0},
        }

    wait = {
        "id": "s_followwait00",
        "slug": "wait",
        "label": "Two days later",
        "action": "flow.delay@1",
        "inputs": {"mode": "for", "amount": 2, "unit": "days"},
    }
    steps = [ask("tell", "Tell the shop", "/told"), ask("look", "Look up the order", path)]
    return {
        "schema": 1,
        "settings": {"name": "Thanks", "description": "Thanks people.", "enabled": True},
        "steps": [*steps, *([wait, ask("thank", "Thank them", "/thanks")] if delay else [])],
    }


def told(sink: HttpSink) -> list[str]:
    return [request.path for request in sink.requests.all()]


def test_people_hurry_put_off_and_call_off_what_waits(
    visitor: Page, stack: Stack, api: Api, http_sink: HttpSink
) -> None:
    agent = api.make_agent("Thanks by hand")
    api.publish_workflow(agent, "post_conversation", document(http_sink.url, delay=True))
    for name in ("Hurried Hanna", "Patient Paul", "Quiet Quentin"):
        api.hold_conversation(agent, customer={"name": name, "time_zone": "Asia/Kolkata"})
    visitor.goto(f"{stack.url}/w/demo/follow-ups/?search=")
    row = {name: visitor.locator("tr", has_text=name) for name in ("Hurried", "Patient", "Quiet")}
    for one in row.values():
        visitor.reload()
        expect(one).to_contain_text("Thank them")
    expect(row["Hurried"]).to_contain_text("Kolkata")

    row["Patient"].get_by_role("link", name="Postpone").click()
    visitor.get_by_role("radio", name="1 week").check()
    visitor.locator("#dialog").get_by_role("button", name="Postpone").click()
    expect(row["Patient"]).to_contain_text("in 9 d")

    row["Hurried"].get_by_role("button", name="Run now").click()
    expect(row["Hurried"]).to_have_count(0)
    assert told(http_sink).count("/thanks") == 1

    row["Quiet"].get_by_role("checkbox").check()
    visitor.get_by_role("group", name="With the chosen ones").get_by_role("button", name="Cancel").click()
    visitor.get_by_role("button", name="Cancel it").click()
    expect(row["Quiet"]).to_have_count(0)
    expect(row["Patient"]).to_have_count(1)


def test_a_failed_run_goes_on_in_the_repaired_workflow_and_tells_nobody_twice(
    visitor: Page, stack: Stack, api: Api, http_sink: HttpSink
) -> None:
    agent = api.make_agent("Repaired")
    refused = "http://127.0.0.1:9/orders"
    broken = document(http_sink.url)
    broken["steps"][1]["inputs"]["url"] = refused
    workflow = api.publish_workflow(agent, "post_conversation", broken)
    api.hold_conversation(agent, customer={"name": "Unlucky Ursula"})
    visitor.goto(f"{stack.url}/w/demo/runs/?workflow={workflow}")
    expect(visitor.locator("#run-rows")).to_contain_text("Failed")
    visitor.locator("#run-rows").get_by_role("link").first.click()
    panel = visitor.locator("#panel")
    expect(panel).to_contain_text("This took effect and is not repeated.")
    expect(panel).to_contain_text("“Tell the shop”")

    draft = api.get(f"/workflows/{workflow}")
    body = {"revision": draft["draft_revision"], "document": document(http_sink.url)}
    revision = api.put(f"/workflows/{workflow}/draft", body)["draft_revision"]
    api.post(f"/workflows/{workflow}/publish", {"revision": revision})
    visitor.reload()
    panel.get_by_role("button", name="Continue on v2").click()

    expect(visitor.locator("#chain")).to_contain_text("Look up the order")
    expect(visitor.locator(".node", has_text="Look up the order")).to_contain_text("Succeeded")
    assert (told(http_sink).count("/told"), told(http_sink).count("/orders")) == (1, 1)
    visitor.goto(f"{visitor.url.split('?')[0]}?step=")
    expect(panel).to_contain_text("Its history")
