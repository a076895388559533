"""A call by Twilio's ConversationRelay: signed or refused, and cut where the caller speaks."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from itertools import chain, repeat
from typing import Any
from xml.etree import ElementTree

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from pytest_django.fixtures import Settings

from connectors import twilio
from conversations import calls, sockets, turning
from conversations.models import Conversation, Message, PhoneLine
from conversations.replying.events import Event, Heard, Piece
from conversations.services import ending, hearing, phone_lines, phoning, replying
from tests.support import phone
from tests.support.llm import Answer, LlmServer
from tests.support.make import make_agent, make_conversation, make_flow, make_phone_line
from tests.support.phone import Caller
from workflows.models import Agent
from workspaces.errors import Invalid
from workspaces.models import Workspace
from workspaces.vault import Secret

START = {
    "id": "n_start0001",
    "type": "start",
    "name": "Start",
    "message": {"inbound": "Hello, this is Mia.", "outbound": "Mia here, I call about your order."},
    "outcomes": [{"id": "o_done00001", "name": "Done", "description": "", "to": None}],
}


@pytest.fixture(autouse=True)
def _start_counting_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    cache.clear()
    monkeypatch.setattr(calls, "LETTERS_A_SECOND", 1e6)


@pytest.fixture
def agent(workspace: Workspace) -> Agent:
    agent = make_agent(workspace)
    make_flow(agent, {"nodes": [START]})
    return agent


@pytest.fixture
def line(agent: Agent) -> PhoneLine:
    return make_phone_line(agent)


# --- Signatures --------------------------------------------------------------------------------------------
def test_a_signature_is_the_one_that_twilio_documents() -> None:
    """The example of Twilio's page on webhook security."""
    fields = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"

    assert twilio.is_signed(url, fields.items(), "RSOYDt4T1cUTdK1PDd93/VVr8B8=", Secret("12345"))
    assert not twilio.is_signed(url, fields.items(), "RSOYDt4T1cUTdK1PDd93/VVr8B9=", Secret("12345"))
    assert not twilio.is_signed(
        url, {**fields, "To": "+1"}.items(), "RSOYDt4T1cUTdK1PDd93/VVr8B8=", Secret("12345")
    )


@pytest.mark.django_db
def test_a_call_is_handed_to_the_websocket_with_a_ticket(line: PhoneLine) -> None:
    answer = phone.webhook(line)

    relay = ElementTree.fromstring(answer.text).find("Connect/ConversationRelay")
    assert relay is not None
    assert answer["Content-Type"].startswith("text/xml")
    assert relay.get("url") == settings.BASE_URL.replace("http", "ws", 1) + f"/ws/calls/{line.public_key}/"
    assert (relay.get("language"), relay.get("dtmfDetection")) == ("en-US", "true")
    assert phoning.call_of(line, phone.ticket_in(answer.text), phone.SID) is not None
    assert not Conversation.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["", "after/"])
def test_who_is_not_twilio_is_told_nothing(line: PhoneLine, path: str) -> None:
    assert phone.webhook(line, path, token="0" * 32).status_code == 403
    assert Client().post(f"/calls/{line.public_key}/{path}", phone.FIELDS).status_code == 403


@pytest.mark.django_db
def test_a_line_that_is_off_is_not_there(agent: Agent) -> None:
    line = make_phone_line(agent, is_enabled=False)

    assert phone.webhook(line).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_handshake_that_is_not_signed_opens_nothing(line: PhoneLine) -> None:
    async def talk(caller: Caller) -> str:
        return "let in"

    assert phone.on_the_phone(line, talk, token="0" * 32) is None
    assert phone.on_the_phone(line, talk, path="/ws/calls/pl_nothing/") is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("wrong", ["none", "changed", "of another call", "of another line", "no setup"])
def test_without_the_ticket_of_this_very_call_nothing_begins(
    line: PhoneLine, workspace: Workspace, wrong: str
) -> None:
    ticket = phone.ticket_in(phone.webhook(line).text)
    other = make_phone_line(make_agent(workspace, "Other"))
    tickets = {
        "none": "",
        "changed": ticket[:-2] + "xx",
        "of another line": phone.ticket_in(phone.webhook(other).text),
    }

    async def talk(caller: Caller) -> int:
        if wrong == "no setup":
            await caller.says("Hello")
        elif wrong == "of another call":
            await caller.setup(ticket, callSid="CA" + "1" * 32)
        else:
            await caller.setup(tickets[wrong])
        return await caller.close_code()

    assert phone.on_the_phone(line, talk) == calls.REFUSED
    assert not Conversation.objects.exists()


# --- The talk ----------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_a_caller_is_greeted_and_answered(line: PhoneLine) -> None:
    ticket = phone.ticket_in(phone.webhook(line).text)

    async def talk(caller: Caller) -> list[str]:
        await caller.setup(ticket)
        greeting = await caller.hears()
        await caller.says("Hel", last=False)
        await caller.says("Hello there")
        return [greeting, await caller.hears()]

    spoken = phone.on_the_phone(line, talk)

    held = Conversation.objects.get()
    said = Message.objects.filter(conversation=held).order_by("seq").values_list("role", "text")
    assert (held.channel, held.direction, held.customer) == ("call", "inbound", {"phone": "+4915112345678"})
    assert list(said) == [("agent", spoken[0]), ("user", "Hello there"), ("agent", spoken[1])]
    assert spoken[0] == "Hello, this is Mia."


@pytest.mark.django_db(transaction=True)
def test_a_call_that_was_placed_is_greeted_as_such_and_is_the_called_persons(line: PhoneLine) -> None:
    ticket = phone.ticket_in(phone.webhook(line, Direction="outbound-api").text)

    async def talk(caller: Caller) -> str:
        await caller.setup(ticket, direction="outbound-api")
        return await caller.hears()

    assert phone.on_the_phone(line, talk) == "Mia here, I call about your order."
    assert Conversation.objects.get().customer == {"phone": "+493012345678"}


@pytest.mark.django_db(transaction=True)
def test_only_what_was_heard_counts_as_said(line: PhoneLine) -> None:
    ticket = phone.ticket_in(phone.webhook(line).text)

    async def talk(caller: Caller) -> None:
        await caller.setup(ticket)
        await caller.hears()
        await caller.interrupts("Hello, th")
        await caller.says("Stop")
        await caller.hears()

    phone.on_the_phone(line, talk)

    assert Message.objects.order_by("seq").values_list("text", flat=True)[0] == "Hello, th —"


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_is_being_written_stops_when_the_caller_speaks(
    line: PhoneLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = phone.ticket_in(phone.webhook(line).text)

    def endless(held: Conversation, text: str, *, is_stopped: Callable[[], bool]) -> Iterator[Event]:
        """Never comes to its end by itself."""
        heard = Message.objects.create(
            workspace=held.workspace, conversation=held, seq=2, role="user", text=text
        )
        yield Heard(seq=heard.seq, text=text, at=held.started_at)
        for word in chain(["Life ", "is ", "a "], repeat("long ")):
            yield Piece(text=word)
            time.sleep(0.01)

    monkeypatch.setattr(replying, "reply", endless)

    async def talk(caller: Caller) -> None:
        await caller.setup(ticket)
        await caller.hears()
        await caller.says("Tell me about life")
        while (await caller.frame())["token"] != "long ":
            pass
        await caller.interrupts("Life is a lo")
        while not await Message.objects.filter(seq=3).aexists():
            await asyncio.sleep(0.05)

    phone.on_the_phone(line, talk)

    assert Message.objects.get(seq=3).text == "Life is a lo —"


@pytest.mark.django_db(transaction=True)
def test_a_caller_who_speaks_while_the_model_is_silent_is_answered_at_once(
    workspace: Workspace, llm: LlmServer, settings: Settings
) -> None:
    settings.LLM_SILENCE_S = settings.LLM_TOTAL_S = 60.0
    agent = make_agent(workspace, model={"provider": "openai"})
    make_flow(agent, {"nodes": [START]})
    ticket = phone.ticket_in(phone.webhook(line := make_phone_line(agent)).text)
    llm.plays(Answer(text="Life is long", stalls_after=4), Answer(text="What else?"))

    async def talk(caller: Caller) -> str:
        await caller.setup(ticket)
        await caller.hears()
        await caller.says("Tell me about life")
        while (await caller.frame())["token"] != "long ":
            pass
        await caller.interrupts("Life is")
        await caller.says("Enough")
        return await caller.hears()

    assert phone.on_the_phone(line, talk).strip() == "What else?"
    said = Message.objects.order_by("seq").values_list("text", flat=True)
    assert list(said)[1:] == ["Tell me about life", "Life is —", "Enough", "What else?"]


@pytest.mark.django_db(transaction=True)
def test_keys_are_heard_as_what_they_spell(line: PhoneLine) -> None:
    ticket = phone.ticket_in(phone.webhook(line).text)

    async def talk(caller: Caller) -> None:
        await caller.setup(ticket)
        await caller.hears()
        for digit in "1042#":
            await caller.send(type="dtmf", digit=digit)
        await caller.hears()

    phone.on_the_phone(line, talk)

    assert Message.objects.get(role="user").text == "1042"


@pytest.mark.django_db(transaction=True)
def test_a_call_that_ended_elsewhere_is_hung_up(line: PhoneLine) -> None:
    ticket = phone.ticket_in(phone.webhook(line).text)

    async def talk(caller: Caller) -> Any:
        await caller.setup(ticket)
        await caller.hears()
        held = await Conversation.objects.aget()
        await turning.in_thread(lambda: ending.end(held, by="api"))
        return await caller.frame()

    assert phone.on_the_phone(line, talk) == {"type": "end"}


TRANSFER = {
    "id": "n_transfer01",
    "type": "end",
    "name": "A person",
    "mode": "transfer",
    "message": "I put you through.",
    "destination": "+49 30 555",
}


@pytest.mark.django_db(transaction=True)
def test_a_transfer_is_told_handed_over_and_dialled(line: PhoneLine, agent: Agent) -> None:
    way = {"id": "o_person001", "name": "Person", "description": "", "to": "n_transfer01"}
    make_flow(agent, {"nodes": [{**START, "outcomes": [way]}, TRANSFER]})
    ticket = phone.ticket_in(phone.webhook(line).text)

    async def talk(caller: Caller) -> Any:
        await caller.setup(ticket)
        await caller.hears()
        await caller.says("A person, please")
        return await caller.hears(), await caller.frame()

    words, end = phone.on_the_phone(line, talk)
    after = phone.webhook(line, "after/", SessionStatus="ended", HandoffData=end["handoffData"])

    assert words == "I put you through."
    assert end["type"] == "end"
    assert json.loads(end["handoffData"])["transfer"] == "+49 30 555"
    assert "<Dial><Number>+49 30 555</Number></Dial>" in after.text
    assert Conversation.objects.get().ended_by == "transfer"


BAD_FRAMES = {
    "no JSON": "{",
    "deep": "[" * 30_000,
    "no object": "[1]",
    "no text": '{"type": "prompt", "voicePrompt": 5}',
}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", BAD_FRAMES)
def test_a_frame_that_is_none_closes_the_line(line: PhoneLine, name: str) -> None:
    async def talk(caller: Caller) -> int:
        await caller.raw(BAD_FRAMES[name])
        return await caller.close_code()

    assert phone.on_the_phone(line, talk) == sockets.NOT_UNDERSTOOD


@pytest.mark.django_db(transaction=True)
def test_who_never_says_which_call_it_is_is_cut_off(line: PhoneLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calls, "SETS_UP_WITHIN_S", 0.05)

    assert phone.on_the_phone(line, Caller.close_code) == calls.REFUSED


# --- Afterwards --------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_who_hangs_up_ends_the_conversation(line: PhoneLine, agent: Agent) -> None:
    held = make_conversation(agent, channel="call", external_id=f"twilio:{phone.SID}")

    answer = phone.webhook(line, "after/", SessionStatus="completed", CallStatus="completed")

    held.refresh_from_db()
    assert "<Hangup" in answer.text
    assert (held.status, held.ended_by) == ("ended", "person")


@pytest.mark.django_db
def test_a_call_whose_line_to_us_broke_is_taken_up_again_but_not_for_ever(
    line: PhoneLine, agent: Agent
) -> None:
    held = make_conversation(agent, channel="call", external_id=f"twilio:{phone.SID}")

    answers = [phone.webhook(line, "after/", SessionStatus="failed").text for _ in range(4)]

    held.refresh_from_db()
    assert ["<ConversationRelay" in one for one in answers] == [True, True, True, False]
    assert held.status == "ended"


@pytest.mark.django_db
def test_no_words_are_dialled(line: PhoneLine, agent: Agent) -> None:
    held = make_conversation(agent, channel="call", external_id=f"twilio:{phone.SID}")
    ending.end(held, by="transfer", reason="<Number>+1900</Number>")

    assert "<Dial" not in phone.webhook(line, "after/").text


@pytest.mark.parametrize(
    ("texts", "heard", "kept"),
    [
        (["Life is a long road."], "Life is a", ["Life is a"]),
        (["Life is a long road."], "Life is a lo", ["Life is a lo"]),
        (["Life is a long road."], "Life is a long road.", ["Life is a long road."]),
        (["One moment.", "It is here."], "It is", ["One moment.", "It is"]),
        (["One moment.", "It is here."], "One moment. It", ["One moment.", "It"]),
        (["One moment.", "It is here."], "One", ["One", ""]),
        (["One moment.", "It is here."], "", ["One moment.", ""]),
        (["It costs 104.00 euros."], "It costs one hundred", ["It costs 104.00 euros."]),
        ([""], "anything", [""]),
        ([], "anything", []),
    ],
)
def test_what_was_heard_is_found_in_what_was_said(texts: list[str], heard: str, kept: list[str]) -> None:
    assert hearing.heard_of(texts, heard) == kept


# --- Its settings ------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_the_account_s_token_is_stored_sealed_and_kept_when_none_is_given(agent: Agent) -> None:
    make_phone_line(agent)
    again = make_phone_line(agent, auth_token="", voice="Joanna-Neural", tts_provider="Amazon")

    assert phone.TOKEN not in again.auth_token
    assert phone_lines.token_of(again).reveal() == phone.TOKEN


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("field", "over"),
    [
        ("auth_token", {"auth_token": ""}),
        ("auth_token", {"auth_token": "not a token!"}),
        ("tts_provider", {"tts_provider": "Nobody"}),
        ("tts_provider", {"voice": "Joanna"}),
    ],
)
def test_what_is_wrong_with_a_line_is_said_at_the_field(
    agent: Agent, field: str, over: dict[str, Any]
) -> None:
    with pytest.raises(Invalid) as refused:
        make_phone_line(agent, **over)

    assert {problem.path for problem in refused.value.problems} == {field}
