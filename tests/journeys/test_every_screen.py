"""Every screen, wide, narrow and at 400 %, light and dark: axe is content, the console is silent, all fits.

With SCREENS_DIR set, each is kept as a picture: that is how docs/screens/ is made.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests.journeys.conftest import watch
from tests.support.api import Api
from tests.support.stack import Stack

pytestmark = pytest.mark.stack

WIDTHS = {1280: 900, 390: 844}
ZOOMED = {"width": 320, "height": 256}
"""1280 by 1024 at 400 %."""
COVERING = """() => [...document.querySelectorAll("body *")].filter((one) => {
  if (getComputedStyle(one).position !== "fixed" || one.querySelector("[aria-label^=Close]")) return false;
  const { width, height } = one.getBoundingClientRect();
  return width * height > 0.6 * innerWidth * innerHeight;
}).map((one) => one.outerHTML.slice(0, 160))"""
"""What lies over nearly all of the page and cannot be closed."""
RULES = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]


def test_axe_finds_nothing_on_any_screen(browser: Browser, stack: Stack, api: Api) -> None:
    faults: list[str] = []
    for width, height in WIDTHS.items():
        context = browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
        page = context.new_page()
        complaints = watch(page)
        for name, path in screens(page, stack, api):
            page.goto(stack.url + path)
            page.wait_for_load_state("networkidle")
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                faults += faults_of(page, f"{name} {width} {scheme}")
                keep(page, f"{name}-{width}-{scheme}")
            if width == min(WIDTHS):
                page.set_viewport_size(ZOOMED)  # type: ignore[arg-type]
                faults += unfit(page, f"{name} zoomed")
                page.set_viewport_size({"width": width, "height": height})
        faults += complaints
        context.close()
    assert not faults, "\n".join(faults)


def screens(page: Page, stack: Stack, api: Api) -> Iterator[tuple[str, str]]:
    """Name and path of each; all but the first are seen by the demo's visitor."""
    yield "sign-in", "/login"
    page.get_by_role("button", name="demo workspace").click()
    page.wait_for_url(f"{stack.url}/")
    agent = next(agent for agent in api.get("/agents")["items"] if agent["name"].startswith("Mia"))
    kinds = {item["kind"]: item["id"] for item in api.get(f"/agents/{agent['id']}/workflows")["items"]}
    after, action = kinds["post_conversation"], kinds["action"]
    step = api.get(f"/workflows/{after}")["draft"]["steps"][0]["id"]
    failed = api.get("/runs", status="failed", workflow=after)["items"][0]["id"]
    waiting = api.get("/runs", status="waiting", workflow=after)["items"][0]["id"]
    yield "home", "/"
    yield from first_steps(page, stack)
    yield "conversations", "/w/demo/conversations/"
    held = api.get("/conversations", external_id="sample-broken-lamp")["items"][0]["id"]
    yield "conversation", f"/conversations/{held}/"
    yield "chat", f"/agents/{agent['id']}/chat/"
    yield "agents", "/w/demo/agents/"
    yield "agent", f"/agents/{agent['id']}/"
    yield from studio(agent["id"], api)
    yield "workflow-settings", f"/workflows/{action}/"
    yield "chain", f"/workflows/{after}/"
    yield from docked(page, stack, f"/workflows/{action}/")
    yield from of_a_step(f"/workflows/{after}/", step)
    yield "changes", f"/workflows/{after}/changes/"
    yield "versions", f"/workflows/{after}/versions/"
    yield "version", f"/workflows/{after}/versions/1/"
    yield "compare", f"/workflows/{after}/versions/compare/?from=1"
    yield "import", f"/workflows/{after}/import/"
    yield "test", f"/workflows/{after}/test/"
    yield "step-test", f"/workflows/{after}/steps/{step}/test/"
    yield "roll-back", f"/workflows/{after}/versions/1/roll-back/"
    yield "split", f"/workflows/{after}/?step=s_demosplit001&branch=b_demoopen0001"
    yield "follow-ups", "/w/demo/follow-ups/"
    yield "postpone", f"/runs/{waiting}/postpone/"
    yield "cancel-run", f"/runs/{waiting}/cancel/"
    yield "runs", "/w/demo/runs/"
    yield "retry-runs", "/w/demo/runs/retry/?state=failed"
    yield "run-failed", f"/runs/{failed}/"
    yield "run-waiting", f"/runs/{waiting}/?step="
    yield "connections", "/w/demo/connections/"
    yield "connection", "/w/demo/connections/new/rest/"
    for name in ("secrets", "keys", "alerts", "data"):
        yield name, f"/w/demo/settings/{name}/"
    yield "inbox", "/demo/inbox"
    yield "not-found", "/w/demo/nothing-here/"
    yield "api-docs", "/api/v1/docs"


def first_steps(page: Page, stack: Stack) -> Iterator[tuple[str, str]]:
    """What a newcomer begins with; a workflow that is begun from a template has something to set up."""
    yield "templates", "/w/demo/templates/"
    yield "template", "/w/demo/templates/refund/"
    page.goto(f"{stack.url}/w/demo/templates/hand-over/")
    page.get_by_role("button", name="Use template").click()
    page.wait_for_url("**/workflows/**")
    begun = page.url.removeprefix(stack.url)
    yield "begun", begun
    yield "publish", f"{begun.partition('?')[0]}changes/"
    yield "help", "/help/?q=undo"
    yield "help-page", "/help/publishing/"
    yield "remove-samples", "/w/demo/settings/data/samples/"


def docked(page: Page, stack: Stack, chain: str) -> Iterator[tuple[str, str]]:
    """The chat beside a chain, with an answer and what led to it; then it is closed again."""
    page.goto(stack.url + chain)
    page.get_by_role("link", name="Chat", exact=True).click()
    side = page.get_by_role("region", name="Test chat")
    before = side.locator("#chat-turns")
    expect(before).to_be_attached()
    before.evaluate("(turns) => turns.setAttribute('data-before', '')")  # it may be one with a greeting too
    side.get_by_role("button", name="Draft").click()
    expect(side.locator("#chat-turns:not([data-before])")).to_contain_text("How can I help?")
    side.get_by_role("textbox", name="Message").fill("Where is my order 1042?")
    side.get_by_role("textbox", name="Message").press("Enter")
    expect(side.get_by_role("log")).to_contain_text("Order 1042 is in transit")
    yield "chat-docked", chain
    page.get_by_role("button", name="Close the test chat").click()
    expect(side).to_be_hidden()


def of_a_step(workflow: str, step: str) -> Iterator[tuple[str, str]]:
    yield "step", f"{workflow}?step={step}"
    yield "picker", f"{workflow}?add=after:{step}"
    yield "replace", f"{workflow}?replace={step}"
    yield "outline", f"{workflow}outline/"
    yield "copy-step", f"{workflow}steps/{step}/copy/"
    yield "note", f"{workflow}steps/{step}/note/"
    yield "paste", f"{workflow}paste/?anchor=after:{step}"


def studio(agent: str, api: Api) -> Iterator[tuple[str, str]]:
    """The pages on which an agent is edited."""
    nodes = api.get(f"/agents/{agent}")["draft"]["flow"]["nodes"]
    node = nodes[1]["id"] if len(nodes) > 1 else "n_start0001"
    yield "agent-flow", f"/agents/{agent}/flow/"
    yield "agent-flow-list", f"/agents/{agent}/flow/?view=list"
    yield "agent-node", f"/agents/{agent}/flow/?node={node}"
    yield "agent-add-node", f"/agents/{agent}/flow/?add=here"
    for page in ("instructions", "variables", "analysis", "channels", "settings", "versions", "changes"):
        yield f"agent-{page}", f"/agents/{agent}/{page}/"
    yield "agent-version", f"/agents/{agent}/versions/1/"
    yield "agent-compare", f"/agents/{agent}/versions/compare/"
    yield "agent-import", "/w/demo/agents/import/"


def faults_of(page: Page, where: str) -> list[str]:
    results = Axe().run(page, options={"runOnly": {"type": "tag", "values": RULES}})
    found = [
        f"{where}: {violation['id']} at {node['html'][:160]}"
        for violation in results.response["violations"]
        for node in violation["nodes"]
    ]
    return found + unfit(page, where)


def unfit(page: Page, where: str) -> list[str]:
    found = [f"{where}: covered by {one}" for one in page.evaluate(COVERING)]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        found.append(f"{where}: the page scrolls sideways")
    return found


def keep(page: Page, name: str) -> None:
    if folder := os.environ.get("SCREENS_DIR"):
        page.screenshot(path=Path(folder) / f"{name}.png")
