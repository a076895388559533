"""The list of conversations and the timeline of one: who may look, what is found, what is told."""

import csv
import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.test import Client
from django.utils import timezone

from conversations.models import Conversation, Message, findable
from conversations.presenters import exported as exporting
from conversations.services import ending, replying, tool_calls
from conversations.transcripts import Entry
from tests.support.make import (
    make_agent,
    make_conversation,
    make_published_workflow,
    make_workspace,
)
from tests.support.program import Program
from workflows.models import Agent, Run
from workspaces.models import AuditEntry, User, Workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(workspace: Workspace) -> Agent:
    return make_agent(
        workspace,
        analysis=[
            {"name": "Intent", "key": "intent", "type": "string", "description": "What they want."},
            {"name": "Solved", "key": "solved", "type": "boolean", "description": "Whether it is."},
        ],
    )


def shown(client: Client, workspace: Workspace, query: str = "") -> str:
    answer = client.get(f"/w/{workspace.slug}/conversations/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def hold(agent: Agent, name: str, said: str = "Hello", **analysis: object) -> Conversation:
    held = make_conversation(agent, customer={"name": name, "email": f"{name.lower()}@example.com"})
    return ending.end(held, by="person", transcript=[Entry(role="user", text=said)], analysis=analysis)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "query",
    [
        "search=broken+lamp",
        "search=lamp+brok",
        "search=%27lamp%27+%26+%21%28my%29+%5C",
        "search=ADA",
        "search=ada%40example.com",
        "customer=ada%40example",
        "property=intent&value=Refund",
        "property=solved&value=yes",
        "property=solved&value=yes&channel=chat&status=ended&span=24h",
    ],
)
def test_the_list_is_narrowed_to_what_is_asked_for(
    client: Client, viewer: User, workspace: Workspace, agent: Agent, query: str
) -> None:
    hold(agent, "Ada", "My broken lamp", intent="refund", solved=True)
    hold(agent, "Bob", "Where is it?", intent="order_status", solved=False)
    client.force_login(viewer)

    page = shown(client, workspace, f"?{query}")

    assert "Ada" in page
    assert "Bob" not in page


@pytest.mark.parametrize(
    "query", ["search=amp", "search=%F0%9F%91%8D", "search=-", "customer=.", "search=lamp"]
)
def test_other_words_are_not_found_nor_those_of_another_workspace(
    client: Client, viewer: User, workspace: Workspace, agent: Agent, query: str
) -> None:
    hold(make_agent(make_workspace()), "Lampert", "My lamp")
    hold(agent, "Ada", "My broken shade")
    client.force_login(viewer)

    page = shown(client, workspace, f"?{query}")

    assert "Ada" not in page
    assert "Lampert" not in page


@pytest.mark.parametrize("query", ["0012", "%2B49151550", "151+550+0012"])
def test_a_customer_is_found_by_a_telephone_number_and_by_its_end(
    client: Client, viewer: User, workspace: Workspace, agent: Agent, query: str
) -> None:
    make_conversation(agent, customer={"name": "Ada", "phone": "+49 151 550 0012"})
    make_conversation(agent, customer={"name": "Bob", "phone": "+49210051"})
    client.force_login(viewer)

    page = shown(client, workspace, f"?customer={query}")

    assert "Ada" in page
    assert "Bob" not in page


def test_a_message_of_very_many_words_is_stored_and_found(
    client: Client, viewer: User, workspace: Workspace, agent: Agent
) -> None:
    hold(agent, "Ada", " ".join(f"word{number}x" for number in range(80_000)))
    client.force_login(viewer)

    assert "Ada" in shown(client, workspace, "?search=word77x")


@pytest.mark.parametrize(
    ("rows", "index"),
    [
        (Message.objects.filter(findable.said("lamp")), "message_words"),
        (Conversation.objects.filter(findable.named("ada")), "conversation_customer"),
    ],
    ids=["said", "named"],
)
def test_what_is_looked_for_is_asked_of_an_index(rows: QuerySet[Any], index: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    assert index in rows.explain()


@pytest.mark.parametrize(
    "query",
    ["agent=x", "before=1", "since=31.2.", "channel=fax", "run=odd", "property=%00", "value=1"],
)
def test_what_makes_no_sense_leaves_nothing_out(
    client: Client, viewer: User, workspace: Workspace, agent: Agent, query: str
) -> None:
    hold(agent, "Ada")
    client.force_login(viewer)

    assert "Ada" in shown(client, workspace, f"?{query}")


def test_a_run_state_finds_the_conversations_that_have_such_a_run(
    client: Client, viewer: User, workspace: Workspace, agent: Agent
) -> None:
    make_published_workflow(agent, kind="post_conversation", enabled=True)
    hold(agent, "Ada")
    Run.objects.update(status="failed", finished_at=timezone.now(), next_at=None)
    hold(agent, "Bob")
    client.force_login(viewer)

    page = shown(client, workspace, "?run=failed")

    assert "Ada" in page
    assert "Bob" not in page


def test_tests_are_shown_when_they_are_asked_for(
    client: Client, viewer: User, workspace: Workspace, agent: Agent
) -> None:
    make_conversation(agent, customer={"name": "Tess"}, kind="test")
    client.force_login(viewer)

    assert "Tess" not in shown(client, workspace)
    assert "Tess" in shown(client, workspace, "?kind=test")


def test_older_ones_are_on_the_next_page(
    client: Client, viewer: User, workspace: Workspace, agent: Agent
) -> None:
    for number in range(52):
        make_conversation(agent, customer={"name": f"No{number:02}"})
    client.force_login(viewer)

    answer = client.get(f"/w/{workspace.slug}/conversations/")
    older = shown(client, workspace, f"?before={answer.context['older']}")

    assert "No51" in answer.content.decode()
    assert "No02" in answer.content.decode()
    assert "No02" not in older
    assert "No01" in older


def test_the_list_asks_the_database_the_same_however_long_it_is(
    client: Client,
    viewer: User,
    workspace: Workspace,
    agent: Agent,
    django_assert_max_num_queries: Any,
) -> None:
    for number in range(20):
        hold(agent, f"No{number}")
    client.force_login(viewer)

    for query in ("", "?search=hello", "?customer=no1&run=succeeded"):
        with django_assert_max_num_queries(12):
            shown(client, workspace, query)


def test_the_timeline_tells_what_was_said_called_and_ended(
    client: Client, viewer: User, agent: Agent
) -> None:
    make_published_workflow(agent, "look_up")
    held = make_conversation(agent, customer={"name": "Ada"})
    list(replying.begin(held))
    list(replying.reply(held, "Hello you"))
    tool_calls.call(held, tool_call_id="c1", name="look_up", arguments={})
    ending.end(held, by="person")
    client.force_login(viewer)

    page = client.get(f"/conversations/{held.pk}/").content.decode()

    assert page.index("Hello you") < page.index("look_up") < page.index("Ada ended the conversation")
    assert f"/runs/{Run.objects.get(trigger='tool_call').pk}/" in page
    assert "Demo model" in page


def test_what_is_still_to_come_stands_at_the_end_with_its_time(
    client: Client, viewer: User, agent: Agent
) -> None:
    make_published_workflow(agent, kind="post_conversation", enabled=True)
    held = hold(agent, "Ada", solved=True)
    Run.objects.filter(context_id=held.pk).update(
        next_at=timezone.now() + timedelta(days=2, minutes=1), wait_reason="delay", cur_path="s_prepare0"
    )
    client.force_login(viewer)

    page = client.get(f"/conversations/{held.pk}/").content.decode()

    assert page.index("Solved") < page.index("Still to come") < page.index("ends in 2 d")


def test_a_brought_in_transcript_shows_its_tools_without_runs(
    client: Client, viewer: User, agent: Agent
) -> None:
    held = make_conversation(agent)
    said = [
        Entry(role="user", text="Hi"),
        Entry(role="tool", name="elsewhere", arguments={"a": 1}, result=[2]),
    ]
    ending.end(held, by="api", transcript=said)
    client.force_login(viewer)

    page = client.get(f"/conversations/{held.pk}/").content.decode()

    assert "elsewhere" in page
    assert "Ended through the API" in page


def test_secure_values_are_named_and_never_shown(client: Client, viewer: User, agent: Agent) -> None:
    held = make_conversation(agent, secure_metadata={"card": "4111-secret"})
    client.force_login(viewer)

    for path in (f"/conversations/{held.pk}/", f"/conversations/{held.pk}/export/"):
        page = client.get(path).content.decode()
        assert "card" in page
        assert "4111-secret" not in page


def test_the_export_is_the_conversation_as_the_api_gives_it(
    client: Client, viewer: User, agent: Agent
) -> None:
    held = hold(agent, "Ada", "Hällo")
    client.force_login(viewer)

    answer = client.get(f"/conversations/{held.pk}/export/")

    assert answer["Content-Disposition"].startswith("attachment")
    assert json.loads(answer.content)["transcript"][0]["text"] == "Hällo"


# --- All that the list shows, as a file --------------------------------------------------------------------
def exported(client: Client, query: str = "", *, as_: str = "jsonl") -> str:
    answer = client.post(f"/w/acme/conversations/export/{query}", {"format": as_})
    assert answer.status_code == 200
    assert answer["Content-Disposition"].endswith(f'.{as_}"')
    return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]


def test_the_export_has_what_the_filter_shows_on_all_pages(
    client: Client, viewer: User, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Ada", "Bob", "Cleo", "Dora"):
        hold(agent, name, "My lamp" if name != "Bob" else "My cup")
    hold(make_agent(make_workspace()), "Eve", "My lamp")
    make_conversation(agent, customer={"name": "Tess"}, kind="test")
    newest = Conversation.objects.latest("pk")
    client.force_login(viewer)
    monkeypatch.setattr(exporting, "AT_ONCE", 2)

    lines = exported(client, f"?search=lamp&before={newest.pk}").splitlines()

    assert [json.loads(line)["customer"]["name"] for line in lines] == ["Dora", "Cleo", "Ada"]
    entry = AuditEntry.objects.get(verb="conversations.exported")
    assert (entry.user, entry.object_name, entry.details) == (viewer, "search=lamp", {"format": "jsonl"})


def test_a_line_is_the_conversation_as_the_api_gives_it(
    client: Client, viewer: User, agent: Agent, program: Program
) -> None:
    make_published_workflow(agent, kind="post_conversation", enabled=True)
    make_published_workflow(agent, "look_up")
    held = make_conversation(agent, secure_metadata={"card": "4111-secret"}, variables={"tier": "gold"})
    tool_calls.call(held, tool_call_id="c1", name="look_up", arguments={})
    ending.end(held, by="person", transcript=[Entry(role="user", text="Hällo")])
    client.force_login(viewer)

    line = exported(client)

    assert json.loads(line) == program.get(f"/conversations/{held.pk}").json()
    assert len(json.loads(line)["runs"]) == 2
    assert "4111-secret" not in line


def test_the_table_has_a_column_for_each_property_and_no_formula(
    client: Client, viewer: User, agent: Agent
) -> None:
    hold(agent, "=cmd|' /C calc'!A0", 'Say "hi",\nplease', intent="-refund", solved=True)
    client.force_login(viewer)

    rows = list(csv.DictReader(StringIO(exported(client, as_="csv").removeprefix("\ufeff"))))

    assert len(rows) == 1
    assert rows[0]["customer_name"] == "'=cmd|' /C calc'!A0"
    assert rows[0]["transcript"] == 'User: Say "hi",\nplease'
    assert (rows[0]["analysis: Intent"], rows[0]["analysis: Solved"]) == ("'-refund", "yes")


@pytest.mark.parametrize("as_", ["csv", "jsonl"])
def test_a_portion_of_the_export_asks_the_database_the_same_however_many_it_holds(
    client: Client, viewer: User, agent: Agent, django_assert_max_num_queries: Any, as_: str
) -> None:
    make_published_workflow(agent, kind="post_conversation", enabled=True)
    for number in range(20):
        hold(agent, f"No{number}")
    client.force_login(viewer)

    with django_assert_max_num_queries(15):
        assert "No19" in exported(client, as_=as_)


def test_what_is_no_format_is_not_found(client: Client, viewer: User, agent: Agent) -> None:
    client.force_login(viewer)

    assert client.post("/w/acme/conversations/export/", {"format": "xlsx"}).status_code == 404
    assert client.get("/w/acme/conversations/export/").status_code == 405


def test_only_an_admin_is_offered_to_erase_it(
    client: Client, viewer: User, admin: User, agent: Agent
) -> None:
    held = hold(agent, "Ada")

    client.force_login(viewer)
    assert "/data/erase/" not in client.get(f"/conversations/{held.pk}/").content.decode()
    client.force_login(admin)
    assert "/data/erase/" in client.get(f"/conversations/{held.pk}/").content.decode()


def test_what_people_say_is_text_and_never_markup(client: Client, viewer: User, agent: Agent) -> None:
    held = hold(agent, "<b>Ada</b>", "<script>alert(1)</script>")
    client.force_login(viewer)

    page = client.get(f"/conversations/{held.pk}/").content.decode()

    assert "<script>alert(1)" not in page
    assert "<b>Ada" not in page
    assert Message.objects.get(conversation=held).text == "<script>alert(1)</script>"
