"""Is the chain editor within its budgets? A workflow of 200 steps with Splits and Loops, then one of 500.

What a browser would get is asked for over HTTP from the running web process: the page, and the fragments of
the usual acts. Then a browser opens it: how many elements, how long a swap takes, how much own JavaScript.

`./run bench editor`: about a minute. Exits with 1 when a budget is missed.
"""

import gzip
import os
import re
import sys
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402 - needs Django
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from bench import _browser  # noqa: E402
from bench._long_chain import long_chain  # noqa: E402
from bench._table import measured, ms, row  # noqa: E402
from bench._workflows import BY  # noqa: E402
from workflows.models import Workflow  # noqa: E402
from workflows.services import agents, drafting  # noqa: E402
from workspaces.ids import uuid7  # noqa: E402
from workspaces.models import Membership, Role, User, Workspace  # noqa: E402

TIMES = int(os.environ.get("BENCH_TIMES", "60"))
BUDGETS = {
    "page, kB": 150,
    "page zipped, kB": 15,
    "page p95, ms": 120,
    "fragment p95, ms": 50,
    "queries": 8,
    "elements": 2400,
    "swap, ms": 16,
    "own JavaScript zipped, kB": 20,
    "500 steps open, ms": 1000,
}
TOLD = ("with what comes when it is needed, kB",)
"""Beside the budgets: all the JavaScript that the builder has."""


def main() -> int:
    workspace = Workspace.objects.create(slug=f"bench-{uuid7().hex[-8:]}", name="Bench")
    person = User.objects.create_user(f"{workspace.slug}@example.com", name="Bench")
    Membership.objects.create(workspace=workspace, user=person, role=Role.EDITOR)
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(person)
    cookie = client.cookies["sessionid"].value
    workflow = made(workspace, 10, "long")
    found = of_the_page(workflow, cookie) | of_the_queries(workflow, client)
    found |= of_fragments(workflow, cookie)
    longer = made(workspace, 25, "longer")
    found |= _browser.measured(os.environ["BENCH_URL"], cookie, workflow, longer)
    return shown(found)


def made(workspace: Workspace, parts: int, name: str) -> Workflow:
    agent = agents.create(workspace, name, by=BY)
    workflow = drafting.create(agent, "post_conversation", name, by=BY)
    content = {**workflow.draft, "steps": long_chain(parts)}
    return drafting.replace(workflow, content, revision=workflow.draft_revision, by=BY)


def ask(method: str, path: str, cookie: str, form: dict[str, str] | None = None, **headers: str) -> bytes:
    url = urlsplit(os.environ["BENCH_URL"])
    assert url.hostname and url.port
    sent = {"Cookie": f"sessionid={cookie}; csrftoken={'a' * 32}", "X-CSRFToken": "a" * 32, **headers}
    body = urlencode(form) if form is not None else None
    if body is not None:
        sent |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": os.environ["BENCH_URL"]}
    line = HTTPConnection(url.hostname, url.port, timeout=30)
    line.request(method, path, body, sent)
    answer = line.getresponse()
    content = answer.read()
    line.close()
    if answer.status != 200:
        raise RuntimeError(f"{method} {path}: {answer.status} {content[:200]!r}")
    return content


def of_the_page(workflow: Workflow, cookie: str) -> dict[str, float]:
    path = f"/workflows/{workflow.pk}/"
    page = ask("GET", path, cookie)
    found = measured(lambda: ask("GET", path, cookie), TIMES)
    return {
        "page, kB": len(page) / 1000,
        "page zipped, kB": len(gzip.compress(page)) / 1000,
        "page p95, ms": float(ms(found, 95)),
    }


def of_the_queries(workflow: Workflow, client: Client) -> dict[str, float]:
    settings.ALLOWED_HOSTS = ["*"]
    with CaptureQueriesContext(connection) as caught:
        client.get(f"/workflows/{workflow.pk}/", secure=True)
    return {"queries": len(caught)}


def of_fragments(workflow: Workflow, cookie: str) -> dict[str, float]:
    """A step is switched off and on again: its card and the banner come back."""
    step = workflow.draft["steps"][0]["id"]
    path, url = f"/workflows/{workflow.pk}/steps/{step}/enabled/", f"/workflows/{workflow.pk}/"
    state = iter(["no", "yes"] * TIMES)
    headers = {"HX-Request": "true", "HX-Current-URL": os.environ["BENCH_URL"] + url}

    def toggle() -> None:
        answer = ask("POST", path, cookie, {"enabled": next(state)}, **headers)
        if not re.search(rb'id="n-' + step.encode(), answer):
            raise RuntimeError("the card did not come back")

    return {"fragment p95, ms": float(ms(measured(toggle, TIMES), 95))}


def shown(found: dict[str, float]) -> int:
    row("", "budget", "found", "")
    missed = 0
    for name, budget in BUDGETS.items():
        is_missed = found[name] > budget
        missed += is_missed
        row(name, f"{budget:,}", f"{found[name]:,.1f}", "MISSED" if is_missed else "")
    for name in TOLD:
        row(name, "", f"{found[name]:,.1f}", "")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
