"""A page in a browser: somebody is signed in, what it complains about is noted, and axe looks at it."""

from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from playwright.sync_api import ConsoleMessage, Page

from workspaces.models import User

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]}
REPLACED = ("htmx:afterRequest, [object HTML", "htmx:sendAbort, [object HTML")
"""What htmx says of a search that a newer one took the place of while it was under way."""
EXPECTED = ("Failed to load resource", "Response Status Error Code", "WebSocket connection to", *REPLACED)
"""What a browser says of an answer that is refused, as many are in these tests; and of websockets, which only
the whole stack has.
"""


def sign_in(page: Page, server: str, person: User) -> None:
    client = Client()
    client.force_login(person)
    session = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": server}
    page.context.add_cookies([session])  # type: ignore[list-item]


def watch(page: Page, expected: tuple[str, ...] = EXPECTED) -> list[str]:
    """What goes wrong in its scripts from now on."""
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(expected):
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints


def faults(page: Page, where: str) -> list[str]:
    """What axe finds on it."""
    violations = Axe().run(page, options=RULES).response["violations"]
    return [f"{where}: {rule['id']}: {rule['nodes'][0]['html'][:200]}" for rule in violations]
