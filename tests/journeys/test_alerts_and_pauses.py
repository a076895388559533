"""A workflow that only fails: somebody is told once, it is paused, and a person lets it go on.

With SCREENS_DIR set, what is seen on the way is kept as pictures.
"""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.test_every_screen import faults_of, keep
from tests.support import waiting
from tests.support.api import Api
from tests.support.sink import HttpSink
from tests.support.stack import Stack

pytestmark = pytest.mark.stack

STOP = {
    "id": "s_stop00000",
    "slug": "stop",
    "label": "Give up",
    "action": "flow.stop@1",
    "inputs": {"result": "failed", "message": "No order canary-4711."},
}
DOCUMENT = {"schema": 1, "settings": {"name": "always_fails"}, "steps": [STOP]}
FAILURES = 10


def test_from_the_first_failure_to_resume(visitor: Page, stack: Stack, api: Api, http_sink: HttpSink) -> None:
    agent = api.make_agent("Pia, who fails")
    workflow = api.publish_workflow(agent, "action", DOCUMENT)
    secret = turn_alerts_on(visitor, stack, f"{http_sink.url}/alerts")
    faults = look(visitor, "alerts-secret")

    for _ in range(FAILURES):
        assert api.post(f"/workflows/{workflow}/runs", {"wait": 30})["status"] == "failed"
    waiting.until(lambda: api.get(f"/workflows/{workflow}")["paused"], seconds=60, what="paused")

    arrived = http_sink.requests.expect(2, seconds=60)
    types = sorted(re.findall(r'"type":"([a-z._]+)"', request.body.decode())[0] for request in arrived)
    assert types == ["run.failed", "workflow.paused"], "the first failure and the pause; the rest is counted"
    assert all(request.headers["webhook-signature"].startswith("v1,") for request in arrived)
    assert len({request.headers["webhook-id"] for request in arrived}) == 2
    assert b"canary-4711" not in b"".join(request.body for request in arrived)
    assert secret not in stack.logs()

    visitor.goto(f"{stack.url}/demo/inbox")
    expect(visitor.get_by_text("always_fails was paused").first).to_be_visible()
    visitor.goto(f"{stack.url}/w/demo/settings/alerts/")
    expect(visitor.get_by_role("row", name=re.compile("always_fails failed"))).not_to_have_count(0)
    faults += look(visitor, "alerts-sent")
    for name, path in {
        "paused-agent": f"/agents/{agent}/",
        "paused-chain": f"/workflows/{workflow}/",
        "paused-runs": f"/w/demo/runs/?workflow={workflow}",
    }.items():
        visitor.goto(stack.url + path)
        expect(visitor.get_by_text("because its last 10 runs failed").first).to_be_visible()
        faults += look(visitor, name)

    visitor.get_by_role("link", name="Open the first failed run").click()
    expect(visitor.get_by_role("heading", name="Run #1", level=1)).to_be_visible()
    visitor.goto(f"{stack.url}/workflows/{workflow}/")
    visitor.get_by_role("button", name="Resume").click()
    expect(visitor.get_by_role("button", name=re.compile("always_fails goes on"))).to_be_visible()
    assert api.get(f"/workflows/{workflow}")["paused"] is False
    assert not faults, "\n".join(faults)


def test_a_person_is_erased_after_a_look(visitor: Page, stack: Stack, api: Api) -> None:
    agent = api.make_agent("Nia, who forgets")
    customer = {"name": "Ada", "email": "ada-who-leaves@example.com"}
    gone = api.hold_conversation(agent, customer=customer)
    visitor.goto(f"{stack.url}/w/demo/settings/data/")

    visitor.get_by_label("Whose").fill("ada-who-leaves@example.com")
    visitor.get_by_role("button", name="See what there is").click()
    expect(visitor.get_by_role("heading", name="Erase all of this?")).to_be_visible()
    faults = look(visitor, "erase")
    visitor.get_by_role("button", name="Erase", exact=True).click()

    expect(visitor.get_by_text("Erased: 1 conversation").first).to_be_visible()
    assert api.call("GET", f"/conversations/{gone}").status_code == 404
    assert not faults, "\n".join(faults)


def turn_alerts_on(page: Page, stack: Stack, webhook: str) -> str:
    page.goto(f"{stack.url}/w/demo/settings/alerts/")
    page.get_by_label("Tell of production runs that fail").check()
    page.get_by_label("E-mail addresses").fill("ops@example.com")
    page.get_by_label("Webhook", exact=True).fill(webhook)
    page.get_by_role("button", name="Save").click()
    secret = page.get_by_role("textbox", name="The webhook’s secret")
    expect(secret).to_have_value(re.compile(r"whsec_.{44}"))
    return secret.input_value()


def look(page: Page, name: str) -> list[str]:
    """Wide and narrow, light and dark: axe finds nothing, and all fits."""
    size = page.viewport_size
    faults: list[str] = []
    for width, height in ((1280, 900), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            faults += faults_of(page, f"{name} {width} {scheme}")
            keep(page, f"{name}-{width}-{scheme}")
    if size:
        page.set_viewport_size(size)
    return faults
