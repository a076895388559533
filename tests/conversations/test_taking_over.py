"""A person takes the agent's place in a chat: the agent pauses, and the visitor sees who writes."""

import threading

import pytest
from django.db import connection
from django.test import Client

from conversations.errors import TakenByAnother, TurnInProgress
from conversations.models import Conversation, Message
from conversations.presenters import widget
from conversations.presenters.chat import ChatPanel
from conversations.services import replying, taking_over
from conversations.services.turns import Turn
from tests.support.make import make_agent, make_conversation, make_member
from workflows.models import Agent
from workspaces.models import AuditEntry, Role, User, Workspace
from workspaces.services import audit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def agent(workspace: Workspace) -> Agent:
    return make_agent(workspace)


@pytest.fixture
def chat(agent: Agent) -> Conversation:
    held = make_conversation(agent, channel="chat")
    list(replying.reply(held, "hello"))
    held.refresh_from_db()
    return held


def spoken(chat: Conversation) -> list[tuple[str, str]]:
    rows = Message.objects.filter(conversation=chat).order_by("seq").values_list("line", "text")
    return [(line, text) for line, text in rows]


def test_the_agent_pauses_while_a_person_answers_and_goes_on_afterwards(
    client: Client, editor: User, chat: Conversation
) -> None:
    client.force_login(editor)
    path = f"/conversations/{chat.pk}"
    before = len(spoken(chat))

    client.post(f"{path}/take-over/")
    list(replying.reply(chat, "Is somebody there?"))
    client.post(f"{path}/say/", {"text": "Yes, <b>I</b> am."})
    client.post(f"{path}/hand-back/")
    list(replying.reply(chat, "hello"))

    name = editor.name
    assert spoken(chat)[before:-1] == [
        ("joined", f"{name} has joined the conversation."),
        ("", "Is somebody there?"),
        ("member", "Yes, <b>I</b> am."),
        ("left", f"{name} has left the conversation."),
        ("", "hello"),
    ]
    assert spoken(chat)[-1][1]
    verbs = AuditEntry.objects.filter(object_id=str(chat.pk)).values_list("verb", flat=True)
    assert set(verbs) >= {"conversation.taken_over", "conversation.handed_back"}


def test_the_visitor_and_the_timeline_show_the_persons_name(
    client: Client, editor: User, chat: Conversation
) -> None:
    by = audit.system("test")
    taking_over.take(chat, editor, by)
    taking_over.say(chat, editor, "I am here.")
    client.force_login(editor)

    lines = [(one.kind, one.by) for one in ChatPanel(chat.agent, chat, chat.edition).turns[-2:]]
    page = client.get(f"/conversations/{chat.pk}/").content.decode()
    listed = client.get("/w/acme/conversations/").content.decode()

    told, _ = widget.news(chat, 0)
    assert (told[-1]["name"], told[-1]["note"], told[-2]["note"]) == (editor.name, False, True)
    assert lines == [("note", ""), ("member", editor.name)]
    assert "You answer instead of" in page
    assert f"{editor.name} answers" in listed


def test_only_who_has_it_writes_and_what_was_typed_is_kept(
    client: Client, editor: User, workspace: Workspace, chat: Conversation
) -> None:
    other = make_member(workspace, Role.ADMIN)
    taking_over.take(chat, other, audit.system("test"))
    client.force_login(editor)

    answer = client.post(f"/conversations/{chat.pk}/say/", {"text": "Let me."})

    assert answer.status_code == 409
    assert not Message.objects.filter(line="member").exists()
    assert f"{other.name}</b> answers" in answer.content.decode()
    with pytest.raises(TakenByAnother):
        taking_over.hand_back(chat, editor, audit.system("test"))


def test_nobody_speaks_into_the_agents_turn(editor: User, chat: Conversation) -> None:
    turn = Turn(chat.pk)

    with pytest.raises(TurnInProgress):
        taking_over.take(chat, editor, audit.system("test"))
    turn.release()
    taking_over.take(chat, editor, audit.system("test"))

    chat.refresh_from_db()
    assert chat.taken_by == editor


def test_a_person_who_writes_while_the_visitor_does_is_heard_a_moment_later(
    editor: User, chat: Conversation
) -> None:
    taking_over.take(chat, editor, audit.system("test"))
    visitors = Turn(chat.pk)

    def finish() -> None:
        visitors.release()
        connection.close()

    done = threading.Timer(0.3, finish)
    done.start()

    taking_over.say(chat, editor, "I am here.")

    done.join()
    assert spoken(chat)[-1] == ("member", "I am here.")


@pytest.mark.parametrize("channel", ["call", "chat"])
def test_what_parley_does_not_hold_in_writing_cannot_be_taken(
    client: Client, editor: User, agent: Agent, channel: str
) -> None:
    held = make_conversation(agent, channel=channel)  # nobody has spoken yet: a runtime elsewhere may hold it
    client.force_login(editor)

    assert client.post(f"/conversations/{held.pk}/take-over/").status_code == 409
    held.refresh_from_db()
    assert held.taken_by is None
