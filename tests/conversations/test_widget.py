"""The chat on customers' pages: who may show it, who comes in, and what counts of what a page says."""

import json
import time
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from conversations import colours, origins, tokens
from conversations.models import Conversation, Message, SecureValue, Widget
from conversations.services import visiting, widgets
from conversations.views import widget as views
from tests.support.make import make_agent, make_flow, make_published_workflow, make_widget
from tests.support.tokens import customer_token
from workflows.models import Agent
from workspaces.errors import Invalid
from workspaces.models import AuditEntry, Workspace
from workspaces.services import audit

BY = audit.system("test")
PAGE = "https://shop.example"
START = {
    "id": "n_start0001",
    "type": "start",
    "name": "Start",
    "message": {"inbound": "Hello {{ variables.first_name }}!", "outbound": ""},
    "suggested_replies": ["Where is my order?"],
}


@pytest.fixture(autouse=True)
def _start_counting_anew() -> None:
    cache.clear()


@pytest.fixture
def agent(workspace: Workspace) -> Agent:
    names = [{"name": name} for name in ("plan", "customer_id", "first_name")]
    return make_agent(workspace, variables=names, secure_metadata=[{"name": "crm_token"}])


@pytest.fixture
def widget(agent: Agent) -> Widget:
    return make_widget(agent)


def post(widget: Widget, what: str = "sessions", *, origin: str = "http://testserver", **brought: Any) -> Any:
    path = f"/widget/{widget.public_key}/{what}"
    return Client().post(path, brought, content_type="application/json", headers={"Origin": origin})


# --- Where it may stand ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("https://Shop.Example/", "https://shop.example"),
        (" https://shop.example:443", "https://shop.example"),
        ("http://localhost:8080", "http://localhost:8080"),
        ("https://*.shop.example", "https://*.shop.example"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("https://*.example", None),
        ("https://*", None),
        ("*", None),
        ("null", None),
        ("https://shop.example/path", None),
        ("https://shop.example; script-src *", None),
        ("https://a@shop.example", None),
        ("javascript:alert(1)", None),
        ("shop.example", None),
    ],
)
def test_an_origin_is_a_scheme_and_a_host(typed: str, normal: str | None) -> None:
    assert origins.normal(typed) == normal


def test_a_star_stands_for_subdomains_only() -> None:
    allowed = ["https://*.shop.example"]

    assert origins.covers(allowed, "https://www.shop.example")
    assert origins.covers(allowed, "https://a.b.shop.example")
    for other in ("https://shop.example", "https://evilshop.example", "http://www.shop.example", "null"):
        assert not origins.covers(allowed, other)


@pytest.mark.parametrize("colour", ["#ffffff", "#000000", "#4f46e5", "#f5c400", "#808080", "#777777"])
def test_text_on_any_accent_can_be_read(colour: str) -> None:
    assert colours.contrast(colour, colours.text_on(colour)) >= 4.4


@pytest.mark.django_db
def test_the_frame_is_for_the_pages_named_and_sets_no_cookie(widget: Widget, client: Client) -> None:
    response = client.get(f"/widget/{widget.public_key}/")

    assert f"frame-ancestors 'self' {PAGE}" in response["Content-Security-Policy"]
    assert "script-src 'self'" in response["Content-Security-Policy"]
    assert "X-Frame-Options" not in response
    assert not response.cookies
    assert "Demo model" in response.text


@pytest.mark.django_db
def test_other_pages_stay_unframed(client: Client) -> None:
    response = client.get("/login")

    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "DENY"


@pytest.mark.django_db
def test_only_the_pages_named_read_how_it_looks(widget: Widget, client: Client) -> None:
    path = f"/widget/{widget.public_key}/look"

    allowed = client.get(path, headers={"Origin": PAGE})
    foreign = client.get(path, headers={"Origin": "https://shop.example.evil.example"})

    assert allowed["Access-Control-Allow-Origin"] == PAGE
    assert allowed.json()["on_accent"] == "#ffffff"
    assert foreign.status_code == 403
    assert "Access-Control-Allow-Origin" not in foreign


@pytest.mark.django_db
def test_the_script_is_kept_by_browsers_and_asked_for_again_by_its_tag(client: Client) -> None:
    first = client.get("/widget.js")
    again = client.get("/widget.js", headers={"If-None-Match": first["ETag"]})

    assert first["Content-Type"].startswith("text/javascript")
    assert "max-age=3600" in first["Cache-Control"]
    assert len(first.content) < 10_000
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["", "look"])
def test_a_widget_that_is_off_or_cannot_chat_is_not_there(agent: Agent, client: Client, path: str) -> None:
    off = make_widget(agent, is_enabled=False)
    assert client.get(f"/widget/{off.public_key}/{path}").status_code == 404

    calls_only = make_widget(make_agent(agent.workspace, "Caller", channels=["call"]))
    assert client.get(f"/widget/{calls_only.public_key}/{path}").status_code == 404


# --- Who comes in ------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_nothing_is_stored_before_a_visitor_speaks(widget: Widget, agent: Agent) -> None:
    make_flow(agent, {"nodes": [START]})
    secret = widgets.replace_secret(agent, by=BY)
    token = customer_token(secret, variables={"first_name": "Ada"})

    told = post(widget, "welcome", token=token).json()

    assert told["greeting"] == "Hello Ada!"
    assert told["replies"] == ["Where is my order?"]
    assert not Conversation.objects.exists()


@pytest.mark.django_db
def test_a_visitor_begins_a_chat_and_gets_a_session_for_it(widget: Widget, agent: Agent) -> None:
    make_flow(agent, {"nodes": [START]})
    token = post(widget, metadata={"page": "/cart", "member": "x"}).json()["session"]

    held = Conversation.objects.get()
    assert visiting.find(widget, token) == held
    assert (held.channel, held.kind, held.metadata) == ("chat", "production", {"page": "/cart"})
    assert Message.objects.get().line == "greeting"


@pytest.mark.django_db
@pytest.mark.parametrize("origin", ["", "null", PAGE, "https://testserver.evil.example"])
def test_no_page_begins_a_chat_behind_the_frames_back(widget: Widget, origin: str) -> None:
    assert post(widget, origin=origin).status_code == 403
    assert not Conversation.objects.exists()


@pytest.mark.django_db
def test_what_a_page_says_sets_only_variables_that_are_left_to_it(agent: Agent) -> None:
    widget = make_widget(agent, page_variables="plan")
    brought = {"plan": "gold", "customer_id": "7"}

    told = post(widget, "welcome", variables=brought).json()
    post(widget, variables=brought)

    assert told["ignored"] == ["customer_id"]
    assert Conversation.objects.get().variables == {"plan": "gold"}


@pytest.mark.django_db
def test_a_variable_that_an_action_workflow_trusts_is_never_left_to_a_page(agent: Agent) -> None:
    widget = make_widget(agent, page_variables="customer_id")
    trusted = {"name": "customer", "type": "string", "source": "trusted", "from": "variables.customer_id"}
    make_published_workflow(agent, "refund", variables=[trusted])

    post(widget, variables={"customer_id": "somebody else"})

    assert Conversation.objects.get().variables == {}
    with pytest.raises(Invalid, match="trusted"):
        make_widget(agent, page_variables="customer_id")


@pytest.mark.django_db
def test_the_customers_server_vouches_for_a_visitor(widget: Widget, agent: Agent) -> None:
    secret = widgets.replace_secret(agent, by=BY)
    token = customer_token(
        secret,
        customer={"id": "7", "name": "Ada"},
        variables={"customer_id": "7"},
        secure_metadata={"crm_token": "canary-of-the-crm"},
    )

    answer = post(widget, token=token)

    held = Conversation.objects.get()
    assert answer.status_code == 200
    assert (held.customer, held.variables) == ({"id": "7", "name": "Ada"}, {"customer_id": "7"})
    assert SecureValue.objects.get(conversation=held).name == "crm_token"
    assert "canary" not in answer.text


def forged(secret: str) -> dict[str, str]:
    good = customer_token(secret, customer={"id": "7"})
    head, body, mac = good.split(".")
    hour = 3600
    return {
        "another secret": customer_token("wsk_other", customer={"id": "7"}),
        "no algorithm": customer_token(secret, alg="none"),
        "no signature": f"{head}.{body}.",
        "half a token": f"{head}.{body}",
        "another body": f"{head}.{customer_token(secret, customer={'id': '8'}).split('.')[1]}.{mac}",
        "expired": customer_token(secret, exp=int(time.time()) - 1),
        "good for too long": customer_token(secret, exp=int(time.time()) + 25 * hour),
        "not good yet": customer_token(secret, nbf=int(time.time()) + hour),
        "unknown claim": customer_token(secret, admin=True),
        "unstorable": customer_token(secret, variables={"plan": "a\x00"}),
        "nonsense": "nonsense",
        "huge": "a" * 20_000 + ".b.c",
    }


@pytest.mark.django_db
@pytest.mark.parametrize("name", forged("x"))
def test_a_token_that_is_not_the_servers_own_opens_nothing(widget: Widget, agent: Agent, name: str) -> None:
    secret = widgets.replace_secret(agent, by=BY)

    answer = post(widget, token=forged(secret)[name])

    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "token_refused")
    assert not Conversation.objects.exists()


@pytest.mark.django_db
def test_without_a_secret_no_token_is_good(widget: Widget) -> None:
    assert post(widget, token=customer_token("")).status_code == 403


@pytest.mark.django_db
def test_while_a_secret_is_replaced_both_are_good(widget: Widget, agent: Agent) -> None:
    former, present = (widgets.replace_secret(agent, by=BY) for _ in range(2))

    assert [post(widget, token=customer_token(one)).status_code for one in (former, present)] == [200, 200]

    Widget.objects.update(former_until="2020-01-01T00:00:00Z")
    assert post(widget, token=customer_token(former)).status_code == 403


@pytest.mark.django_db
def test_a_session_is_good_for_its_own_widget_only(widget: Widget, workspace: Workspace) -> None:
    other = make_widget(make_agent(workspace, "Other"))
    token = post(widget).json()["session"]

    assert visiting.find(other, token) is None
    assert visiting.find(widget, token[:-2] + "xx") is None
    assert tokens.opened("") is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "status"),
    [
        ('{"variables": 5}', 422),
        ('{"unknown": 1}', 422),
        ("[", 422),
        ('{"metadata": {"a": "\\u0000"}}', 422),
        (json.dumps({"metadata": {"a": "b" * 40_000}}), 413),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(widget: Widget, body: str, status: int) -> None:
    path = f"/widget/{widget.public_key}/sessions"
    headers = {"Origin": "http://testserver"}
    answer = Client().post(path, body, content_type="application/json", headers=headers)

    assert answer.status_code == status
    assert answer.json()["error"]["message"]


@pytest.mark.django_db
def test_an_address_begins_so_many_chats_and_no_more(widget: Widget) -> None:
    statuses = [post(widget).status_code for _ in range(views.MOST_BEGUN + 1)]

    assert statuses == [200] * views.MOST_BEGUN + [429]
    assert Conversation.objects.count() == views.MOST_BEGUN


# --- Its settings ------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_widget_is_set_up_at_once_and_the_log_says_so(agent: Agent) -> None:
    first = make_widget(agent, origins="https://shop.example, https://*.shop.example")
    second = make_widget(agent, accent="#ABC", is_enabled=False, origins="")

    assert first.public_key == second.public_key
    assert (first.origins, second.origins) == (["https://shop.example", "https://*.shop.example"], [])
    assert second.accent == "#aabbcc"
    assert AuditEntry.objects.filter(verb="widget.changed").count() == 2


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "typed"),
    [("origins", ""), ("origins", "shop"), ("accent", "red"), ("theme", "pink"), ("page_variables", "nope")],
)
def test_what_is_wrong_with_it_is_said_at_the_field(agent: Agent, field: str, typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        make_widget(agent, **{field: typed})

    assert [problem.path for problem in refused.value.problems] == [field]


@pytest.mark.django_db
def test_the_secret_is_stored_sealed(agent: Agent) -> None:
    secret = widgets.replace_secret(agent, by=BY)

    kept = Widget.objects.get()
    assert secret not in kept.secret
    assert [one.reveal() for one in widgets.secrets_of(kept)] == [secret]
