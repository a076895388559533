"""The main job: a chain is changed in the browser and published, a conversation ends, the world hears."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.support.api import Api
from tests.support.sink import HttpSink, SmtpSink
from tests.support.stack import Stack

pytestmark = pytest.mark.stack


def test_a_chain_built_in_the_browser_does_its_work_when_a_conversation_ends(
    visitor: Page, stack: Stack, api: Api, http_sink: HttpSink, smtp_sink: SmtpSink
) -> None:
    agent = api.make_agent(
        "Nora, returns", analysis=[{"name": "Order", "key": "order_number", "type": "number"}]
    )
    workflow = api.publish_workflow(agent, "post_conversation", two_steps())
    host, _, port = smtp_sink.address.partition(":")
    mail = {"host": host, "port": int(port), "security": "none", "from": "nora@parley.example"}
    api.post("/connections", {"app": "email", "name": f"Mail of {agent}", "settings": mail})

    visitor.goto(f"{stack.url}/workflows/{workflow}/")
    add_step(visitor, after="1. Note the customer", search="request", action="Send a request")
    configure_request(visitor, http_sink.url)
    add_step(visitor, after="2. Send a request", search="mail", action="Send an e-mail")
    configure_mail(visitor, f"Mail of {agent}")
    expect(visitor.locator("#banner")).to_contain_text("Unpublished changes")
    publish(visitor)
    api.hold_conversation(
        agent, customer={"name": "Ada", "email": "ada@mail.example"}, analysis={"order_number": 1042}
    )

    request = http_sink.requests.expect(1)[0]
    assert (request.method, request.path) == ("POST", "/orders/1042")
    assert json.loads(request.body) == {"order": 1042, "from": "Ada"}
    message = smtp_sink.mails.expect(1)[0]
    assert message.recipients == ["ada@mail.example"]
    assert "Order 1042 of Ada" in message.text

    every_step_succeeded(visitor, stack, workflow, steps=4)
    an_undone_edit_leaves_the_live_version_alone(visitor, stack, api, workflow)


def add_step(page: Page, *, after: str, search: str, action: str) -> None:
    page.get_by_role("link", name=f"Add step after {after}").click()
    page.get_by_role("searchbox", name="Search apps and actions").fill(search)
    page.get_by_role("button", name=re.compile(f"^{action}")).first.click()
    expect(page.locator("#panel-h")).to_contain_text(action)


def configure_request(page: Page, url: str) -> None:
    page.get_by_label("Method").select_option("POST")
    pick_variable(page, "Address", f"{url}/orders/", search="order_number", option="order_number")
    page.get_by_role("radio", name="JSON").check(force=True)
    body = page.get_by_role("textbox", name="Body")
    expect(body).to_be_visible()
    body.fill('{"order": {{ analysis.order_number }}, "from": "{{ conversation.customer.name }}"}')
    save(page)


def configure_mail(page: Page, connection: str) -> None:
    page.get_by_label("Connection").select_option(label=connection)
    pick_variable(page, "To", "", search="customer.email", option="conversation.customer.email")
    page.get_by_role("textbox", name="Subject").fill("Your return")
    page.get_by_role("textbox", name="Text", exact=False).first.fill(
        "Order {{ analysis.order_number }} of {{ steps.note_the_customer.output.called }}"
    )
    save(page)


def pick_variable(page: Page, field: str, before: str, *, search: str, option: str) -> None:
    """Typed with the keyboard alone: `/`, some letters, Enter."""
    box = page.get_by_role("textbox", name=field).first
    box.fill("")
    box.press_sequentially(before)
    if before:  # a slash after a letter is only a slash: the button opens the picker there
        box.press("End")
        box.press_sequentially("{{")
    else:
        box.press_sequentially("/")
    options = page.get_by_role("listbox", name="Variables").get_by_role("option")
    expect(options.first).to_be_visible()
    box.press_sequentially(search)
    expect(options.filter(visible=True).first).to_contain_text(option)
    box.press("Enter")
    expect(box).to_have_value(re.compile(re.escape(f"{option} }}}}") + "$"))


def save(page: Page) -> None:
    page.get_by_role("button", name="Save Changes").last.click()
    expect(page.locator("#save-state")).to_contain_text("aved")
    expect(page.locator("#save-state")).not_to_contain_text("Unsaved")


def publish(page: Page) -> None:
    page.get_by_role("link", name="Publish Workflow").click()
    page.get_by_role("button", name="Publish Workflow").click()
    expect(page.locator("#bar")).to_contain_text("Live v2")
    expect(page.locator("#banner")).not_to_contain_text("Unpublished changes")


def every_step_succeeded(page: Page, stack: Stack, workflow: str, *, steps: int) -> None:
    page.goto(f"{stack.url}/w/demo/runs/?workflow={workflow}")
    page.locator("#run-rows a").first.click()
    cards = page.locator("#chain .node:not(.trigger)")
    expect(cards).to_have_count(steps)
    for card in cards.all():
        expect(card).to_contain_text("Succeeded")


def an_undone_edit_leaves_the_live_version_alone(page: Page, stack: Stack, api: Api, workflow: str) -> None:
    live = api.get(f"/workflows/{workflow}")
    page.goto(f"{stack.url}/workflows/{workflow}/")
    page.get_by_role("link", name="3. Send an e-mail", exact=True).click()
    page.get_by_role("textbox", name="Subject").fill("Something else")
    save(page)
    assert api.get(f"/workflows/{workflow}")["state"] == "unpublished_changes"
    page.get_by_role("link", name="Undo Changes").first.click()
    page.get_by_role("button", name="Undo Changes").click()
    expect(page.locator("#banner")).not_to_contain_text("Unpublished changes")
    after = api.get(f"/workflows/{workflow}")
    assert (after["state"], after["live_version"], after["draft"]) == ("live", 2, live["draft"])


def two_steps() -> dict[str, Any]:
    return {
        "schema": 1,
        "settings": {"name": "Returns", "description": "What follows a return.", "enabled": True},
        "steps": [
            {
                "id": "s_journeynote",
                "slug": "note_the_customer",
                "label": "Note the customer",
                "action": "flow.set_values@1",
                "inputs": {"values": [{"name": "called", "value": "{{ conversation.customer.name }}"}]},
            },
            {
                "id": "s_journeydone",
                "slug": "note_the_end",
                "label": "Note the end",
                "action": "flow.set_values@1",
                "inputs": {"values": [{"name": "done", "value": True}]},
            },
        ],
    }
