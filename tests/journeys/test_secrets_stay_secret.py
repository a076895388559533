"""A secret leaves Parley only towards its target: marked values are found nowhere else."""

import base64
import json
import re
from collections.abc import Iterator
from html import escape
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import psycopg
import pytest
import redis
from psycopg import sql

from tests.support import waiting
from tests.support.api import Api
from tests.support.sink import HttpSink
from tests.support.stack import Stack
from tests.support.web import administrator, demo_visitor

pytestmark = pytest.mark.stack

LINK = re.compile(r'href="(/[^"#]*)')


class Canary:
    """A value that is easy to find again in whatever form it was written down."""

    def __init__(self) -> None:
        self.value = f"canary/{uuid4().hex}+='<"

    @property
    def forms(self) -> set[str]:
        raw = self.value.encode()
        inside = {base64.b64encode(b"x" * shift + raw).decode()[4:-4] for shift in range(3)}
        return {
            self.value,
            self.value.split("/")[1][:32],
            quote(self.value, safe=""),
            escape(self.value),
            json.dumps(self.value)[1:-1],
            raw.hex(),
            *inside,
        }

    def is_in(self, text: str) -> bool:
        return any(form in text for form in self.forms)


def test_a_secret_is_found_nowhere_but_at_its_target(stack: Stack, api: Api, http_sink: HttpSink) -> None:
    secret, credential, secure = Canary(), Canary(), Canary()
    password = (stack.places.var / "keys" / "admin_password").read_text().strip()
    visitor, admin = demo_visitor(stack.url), administrator(stack.url, password)
    visitor.submit(
        "/w/demo/settings/secrets/", {"key": f"K{uuid4().hex[:8].upper()}", "value": "other-secret-1"}
    )
    key = f"CANARY_{uuid4().hex[:8].upper()}"
    visitor.submit(
        "/w/demo/settings/secrets/", {"key": key, "value": secret.value, "description": "A canary"}
    )
    http_sink.answer = json.dumps({"echo": [secret.value, credential.value, secure.value]}).encode()
    agent = api.make_agent("Canary", secure_metadata=[{"name": "card", "description": "A card."}])
    settings = {"base_url": http_sink.url, "auth": {"kind": "bearer", "token": credential.value}}
    connection = api.post("/connections", {"app": "rest", "name": f"Canary {key}", "settings": settings})[
        "id"
    ]
    workflow = api.publish_workflow(agent, "post_conversation", _document(connection, key))

    conversation = api.hold_conversation(agent, secure_metadata={"card": secure.value})
    request = http_sink.requests.expect(1)[0]
    assert request.headers["authorization"] == f"Bearer {credential.value}"
    assert json.loads(request.body) == {"key": secret.value, "card": secure.value}
    run = waiting.until(lambda: _ended(api, workflow), seconds=30, what="the run ended")
    assert run["status"] == "failed", run["error"]

    places = dict(_pages(visitor, workflow, conversation, run["id"]))
    places |= {f"admin {path}": admin.get(path) for path in _admin_pages(admin)}
    for path in (
        f"/runs/{run['id']}",
        f"/conversations/{conversation}",
        f"/workflows/{workflow}",
        "/connections",
    ):
        places[f"API {path}"] = json.dumps(api.get(path), ensure_ascii=False)
    places |= dict(_tables(stack)) | dict(_valkey(stack)) | {"logs": stack.logs()}
    canaries = {"secret": secret, "credential": credential, "secure metadata": secure}
    leaks = [
        f"{name} in {place}"
        for place, text in places.items()
        for name, value in canaries.items()
        if value.is_in(text)
    ]
    assert leaks == []
    assert 'class="mask"' in places["page of the run's first step"]


def _document(connection: str, key: str) -> dict[str, Any]:
    body = {"key": f"{{{{ secrets.{key} }}}}", "card": "{{ secure.card }}"}
    echo = "{{ steps.tell.output.body.echo[0] }} {{ steps.tell.output.body.echo[2] }}"
    return {
        "schema": 1,
        "settings": {"name": "Canary", "description": "Sends what is secret to its target.", "enabled": True},
        "steps": [
            {
                "id": "s_canarytell",
                "slug": "tell",
                "label": "Tell",
                "action": "rest.request@1",
                "connection": connection,
                "inputs": {"method": "POST", "path": "/", "body": {"kind": "json", "value": body}},
            },
            {
                "id": "s_canarynote",
                "slug": "note",
                "label": "Note",
                "action": "flow.set_values@1",
                "inputs": {"values": [{"name": "echo", "value": echo}]},
            },
            {
                "id": "s_canarystop",
                "slug": "stop",
                "label": "Stop",
                "action": "flow.stop@1",
                "inputs": {"result": "failed", "message": "They said {{ steps.note.output.echo }}"},
            },
        ],
    }


def _ended(api: Api, workflow: str) -> Any:
    runs = api.get("/runs", workflow=workflow)["items"]
    return next((run for run in runs if run["status"] in ("succeeded", "failed")), None)


def _pages(visitor: Any, workflow: str, conversation: str, run: str) -> Iterator[tuple[str, str]]:
    yield "page of the run's first step", visitor.get(f"/runs/{run}/?step=s_canarytell")
    paths = {
        "/",
        f"/workflows/{workflow}/?step=s_canarytell",
        f"/runs/{run}/?step=",
        f"/runs/{run}/?step=s_canarynote",
        f"/runs/{run}/?step=s_canarystop",
        "/w/demo/runs/",
        "/w/demo/connections/",
        "/w/demo/settings/secrets/",
        "/w/demo/settings/keys/",
        *(
            path
            for path in LINK.findall(visitor.get("/w/demo/connections/"))
            if path.startswith("/connections/")
        ),
        *(path for path in LINK.findall(visitor.get("/w/demo/settings/secrets/")) if "/secrets/" in path),
    }
    for path in paths:
        yield f"page {path}", visitor.get(path)


def _admin_pages(admin: Any) -> Iterator[str]:
    """Each model's list, and the page of the newest rows on it."""
    for listing in sorted(set(re.findall(r'href="(/admin/[a-z]+/[a-z]+/)"', admin.get("/admin/")))):
        yield listing
        rows = re.findall(rf'href="({re.escape(listing)}[^/"]+/change/)', admin.get(listing))
        yield from sorted(set(rows))[-5:]


def _tables(stack: Stack) -> Iterator[tuple[str, str]]:
    """Every row of every table as text. Ciphertext is there too, and must not give the value away."""
    with psycopg.connect(stack.database_url) as database:
        names = database.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (name,) in names:
            rows = database.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(name)))
            yield f"table {name}", "\n".join(row[0] for row in rows)


def _valkey(stack: Stack) -> Iterator[tuple[str, str]]:
    """What is in memory now, and what was ever written to its log."""
    server = redis.Redis.from_url(stack.redis_url)
    for name in server.scan_iter():
        yield f"Valkey {name!r}", (server.dump(name) or b"").decode("latin-1")
    for file in (stack.places.var / "valkey").rglob("*"):
        if file.is_file():
            yield f"Valkey's {file.name}", file.read_bytes().decode("latin-1")
