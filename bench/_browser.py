"""What a browser makes of the editor: elements, own JavaScript, how long a swap and the opening take."""

import gzip
import os
import statistics

from django.templatetags.static import static
from playwright.sync_api import Page, Response, sync_playwright

from config import modules
from config.stack import chromium
from workflows.models import Workflow

SWAPS = 20
SWAP = """() => {
  const card = document.querySelector("#chain li .node:not(.trigger)");
  const banner = document.getElementById("banner").cloneNode(true);
  const copy = card.cloneNode(true);
  for (const piece of [banner, copy]) piece.setAttribute("hx-swap-oob", "true");
  const html = banner.outerHTML + copy.outerHTML;
  const begun = performance.now();
  htmx.swap(document.body, html, { swapStyle: "none" });
  document.getElementById("chain").getBoundingClientRect();
  return performance.now() - begun;
}"""
OPENED = "() => performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd"


def measured(url: str, cookie: str, workflow: Workflow, longer: Workflow) -> dict[str, float]:
    with sync_playwright() as playwright:
        rights = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=str(chromium.found_or_installed()), args=rights)
        context = browser.new_context()
        context.add_cookies([{"name": "sessionid", "value": cookie, "url": url}])
        page = context.new_page()
        scripts = _watched(page, url)
        page.goto(f"{url}/workflows/{workflow.pk}/", wait_until="networkidle")
        found: dict[str, float] = {
            "elements": page.evaluate("document.querySelectorAll('*:not(.vars *)').length"),
            "swap, ms": statistics.median(page.evaluate(SWAP) for _ in range(SWAPS)),
            "own JavaScript zipped, kB": sum(scripts.values()) / 1000,
            "with what comes when it is needed, kB": _all_there_is(page, url) / 1000,
        }
        page.goto(f"{url}/workflows/{longer.pk}/", wait_until="load")
        found["500 steps open, ms"] = page.evaluate(OPENED)
        browser.close()
        return found


def _all_there_is(page: Page, url: str) -> int:
    names = (*modules.CLASSIC, modules.APP, *modules.SECTIONS)
    bodies = (page.request.get(url + static(f"js/{name}.js")).body() for name in names)
    return sum(len(gzip.compress(body)) for body in bodies)


def _watched(page: Page, url: str) -> dict[str, int]:
    """Address → bytes, zipped, of every script of ours that the page loads."""
    scripts: dict[str, int] = {}

    def note(answer: Response) -> None:
        if answer.url.startswith(f"{url}/static/js/") and answer.ok:
            scripts[answer.url] = len(gzip.compress(answer.body()))

    page.on("response", note)
    return scripts
