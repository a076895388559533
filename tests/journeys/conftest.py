"""What the journeys share: the demo workspace of the running stack, seen by a program and by a person."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Response

from tests.support import pages
from tests.support.api import Api
from tests.support.stack import Stack

BREACHES = """addEventListener("securitypolicyviolation", (breach) =>
  console.error(`Breach of the policy: ${breach.violatedDirective} ${breach.blockedURI}`))"""


@pytest.fixture(scope="session")
def api(stack: Stack) -> Api:
    key = stack.manage("create_api_key", "--workspace", "demo", "--name", "journeys").strip()
    return Api(stack.url, key)


@pytest.fixture
def visitor(page: Page, stack: Stack) -> Iterator[Page]:
    """Signed in to the demo. A console error, a breach of the policy or a 500 fails the test."""
    complaints = watch(page)
    page.set_default_timeout(30_000)
    page.goto(f"{stack.url}/login")
    page.get_by_role("button", name="demo workspace").click()
    page.wait_for_url(f"{stack.url}/")
    yield page
    assert complaints == []


def watch(page: Page) -> list[str]:
    """What goes wrong on the page from now on, breaches of the policy and answers of 500 too."""
    page.add_init_script(BREACHES)
    complaints = pages.watch(page, expected=("Failed to load resource", *pages.REPLACED))

    def note_answer(answer: Response) -> None:
        if answer.status >= 500:
            complaints.append(f"{answer.status} {answer.url}")

    page.on("response", note_answer)
    return complaints
