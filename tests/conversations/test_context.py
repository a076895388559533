import pytest

from conversations.services import ending
from conversations.transcripts import Entry
from tests.support.make import make_conversation
from workflows.engine import context
from workspaces.ids import uuid7
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db


def test_a_run_sees_its_conversation() -> None:
    conversation = make_conversation(channel="call", customer={"email": "jonas@example.com"})
    said = [
        Entry(role="agent", text="Hello"),
        Entry(role="tool", name="look_up", result={"found": True}),
        Entry(role="user", text="Bye"),
    ]
    ended = ending.end(conversation, by="api", reason="done", transcript=said)

    seen = context.of(conversation.workspace_id, conversation.pk, None).values("conversation")

    assert seen["id"] == str(conversation.pk)
    assert (seen["channel"], seen["direction"]) == ("call", "inbound")
    assert seen["customer"] == {"id": None, "name": None, "email": "jonas@example.com", "phone": None}
    assert (seen["ended_by"], seen["ended_reason"], seen["duration_s"]) == ("api", "done", 0)
    assert ended.ended_at is not None
    assert seen["ended_at"] == ended.ended_at.isoformat().replace("+00:00", "Z")
    assert seen["transcript_text"] == "Agent: Hello\nUser: Bye"
    assert seen["transcript"] == [
        {"role": "agent", "text": "Hello"},
        {"role": "tool", "text": "", "name": "look_up", "result": {"found": True}},
        {"role": "user", "text": "Bye"},
    ]


def test_a_live_run_sees_the_transcript_up_to_its_moment() -> None:
    conversation = make_conversation()
    ending.end(conversation, by="api", transcript=[Entry(role="user", text=text) for text in "abc"])

    seen = context.of(conversation.workspace_id, conversation.pk, 2).values("conversation")

    assert seen["transcript_text"] == "User: a\nUser: b"


def test_the_transcript_is_fetched_only_when_it_is_used(
    django_assert_num_queries: pytest.FixtureRequest,
) -> None:
    conversation = make_conversation()

    with django_assert_num_queries(1):  # type: ignore[operator]
        seen = context.of(conversation.workspace_id, conversation.pk, None).values("conversation")
        assert seen["channel"] == "chat"


def test_a_session_variable_is_remembered_for_the_next_step() -> None:
    conversation = make_conversation(session={"cart": 1})
    run = context.of(conversation.workspace_id, conversation.pk, None)

    run.set_session("paid", True)

    assert run.values("session") == {"cart": 1, "paid": True}


def test_secure_values_are_revealed_one_by_one() -> None:
    conversation = make_conversation(secure_metadata={"card": "4111-CANARY"})
    run = context.of(conversation.workspace_id, conversation.pk, None)

    assert run.secure_names() == {"card"}
    assert run.reveal("card").reveal() == "4111-CANARY"
    with pytest.raises(KeyError):
        run.reveal("other")


def test_a_conversation_of_another_workspace_cannot_be_seen(workspace: Workspace) -> None:
    conversation = make_conversation(secure_metadata={"card": "4111-CANARY"})

    with pytest.raises(KeyError):
        context.of(workspace.pk, conversation.pk, None).reveal("card")


def test_without_a_conversation_the_roots_are_empty() -> None:
    assert context.of(uuid7(), None, None).values("conversation") == {}
