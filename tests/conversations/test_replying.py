"""An agent walks through its flow: what is written is said word for word, and what dies is taken up again."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from conversations.errors import ConversationOver, TurnInProgress
from conversations.models import Conversation, Message, ToolCall
from conversations.replying import history
from conversations.replying.events import Calling, Ended, Event, Moved, Said, Suggested, shown
from conversations.services import ending, late, replying, sweeping, tool_calls
from conversations.services.talking import Talk
from conversations.services.turns import Turn
from tests.support.make import (
    make_agent,
    make_conversation,
    make_flow,
    make_published_workflow,
    make_step,
    make_workflow,
)
from tests.support.rows import fingerprint
from tests.support.runs import rung
from workflows.models import Agent, Run
from workspaces.ids import uuid7
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _inline(settings: Settings) -> None:
    settings.LIVE_EXECUTOR = "inline"


@pytest.fixture
def agent(workspace: Workspace) -> Agent:
    return make_agent(workspace, variables=[{"name": "first_name"}, {"name": "order"}])


def node(type_: str, name: str, **over: Any) -> dict[str, Any]:
    return {"id": f"n_{name}00000000", "type": type_, "name": name.capitalize(), **over}


def to(name: str, called: str = "always", description: str = "") -> dict[str, Any]:
    id_ = f"o_{called.replace(' ', '')}{name}000"
    return {"id": id_, "name": called, "description": description, "to": f"n_{name}00000000"}


def events(conversation: Conversation, text: str, **over: Any) -> list[Event]:
    return list(replying.reply(conversation, text, **over))


def said(happened: list[Event]) -> list[str]:
    return [one.text for one in happened if isinstance(one, Said)]


class TestGreeting:
    @pytest.fixture
    def chat(self, agent: Agent) -> Conversation:
        start = node(
            "start",
            "start",
            message={"inbound": "Hi {{ variables.first_name }}!", "outbound": "Hello, it is Mia."},
            suggested_replies=["Where is it?", "Refund"],
            strict_replies=True,
            outcomes=[to("need")],
        )
        make_flow(agent, {"nodes": [start, node("turn", "need", script="Tell me more.")]})
        return make_conversation(agent, variables={"first_name": "Jonas"})

    def test_the_agent_speaks_first_and_once(self, chat: Conversation) -> None:
        first, again = list(replying.begin(chat)), list(replying.begin(chat))

        assert said(first) == ["Hi Jonas!"]
        assert again == []
        assert [one.replies for one in first if isinstance(one, Suggested)] == [("Where is it?", "Refund")]
        assert all(shown(event)["type"] for event in first)

    def test_outbound_has_its_own_words(self, agent: Agent, chat: Conversation) -> None:
        assert said(list(replying.begin(make_conversation(agent, direction="outbound")))) == [
            "Hello, it is Mia."
        ]

    def test_with_strict_replies_only_those_are_taken(self, chat: Conversation) -> None:
        list(replying.begin(chat))

        other, fitting = events(chat, "My lamp is broken"), events(chat, "refund")

        assert said(other) == ["Please choose one of these: Where is it?, Refund."]
        assert said(fitting) == ["Tell me more."]


class TestFlow:
    def test_a_workflow_is_run_with_what_the_flow_gives_and_its_outcome_is_taken(self, agent: Agent) -> None:
        number = {"name": "order_number", "type": "integer", "required": True}
        value = [{"name": "n", "type": "integer", "value": "{{ action.order_number }}"}]
        workflow = make_published_workflow(agent, "look_up", variables=[number], response=value)
        run = node(
            "workflow",
            "run",
            workflow=str(workflow.pk),
            input={"order_number": "{{ variables.order }}"},
            outcomes={"succeeded": "n_good00000000", "failed": "n_bad00000000"},
        )
        start = node("start", "start", outcomes=[to("run")])
        make_flow(
            agent,
            {
                "nodes": [
                    start,
                    run,
                    node("end", "good", message="All is well, {{ variables.first_name }}."),
                    node("end", "bad", mode="transfer", destination="Support line", message="A moment."),
                ]
            },
        )
        chat = make_conversation(agent, variables={"order": "1042", "first_name": "Jonas"})
        unknown = make_conversation(agent, variables={"order": "none"})

        good, bad = events(chat, "hello"), events(unknown, "hello")

        assert said(good) == ["One moment, please.", "All is well, Jonas."]
        assert Run.objects.get().result == {"n": 1042}
        assert [one.node for one in good if isinstance(one, Moved)][-1] == "n_good00000000"
        assert said(bad)[-1] == "A moment." or "order number" in said(bad)[-1]
        chat.refresh_from_db()
        assert (chat.status, chat.ended_by) == ("ended", "agent")

    def test_a_transfer_ends_the_conversation_with_its_destination(self, agent: Agent) -> None:
        end = node("end", "hand", mode="transfer", destination="Support line", message="A moment.")
        make_flow(agent, {"nodes": [node("start", "start", outcomes=[to("hand")]), end]})
        chat = make_conversation(agent)

        happened = events(chat, "hello")

        assert [(one.by, one.destination) for one in happened if isinstance(one, Ended)] == [
            ("transfer", "Support line")
        ]
        chat.refresh_from_db()
        assert (chat.ended_by, chat.ended_reason) == ("transfer", "Support line")
        with pytest.raises(ConversationOver):
            events(chat, "are you there?")

    def test_a_flow_that_leads_in_a_circle_comes_to_rest(self, agent: Agent) -> None:
        one, other = (
            node("turn", "one", outcomes=[to("two")]),
            node("turn", "two", outcomes=[to("one", "next")]),
        )
        make_flow(agent, {"nodes": [node("start", "start", outcomes=[to("one")]), one, other]})

        assert said(events(make_conversation(agent), "hello"))

    def test_a_draft_is_talked_to_as_it_is_being_edited(self, agent: Agent) -> None:
        make_workflow(agent, "say_hello", description="Say hello to the person.")
        chat = make_conversation(agent, kind="test", edition="draft")

        happened = events(chat, "please say hello")

        assert Run.objects.get().kind == "test"
        assert "Done." in said(happened)[-1]
        ending.end(chat, by="person")
        assert Run.objects.count() == 1


def test_a_live_agents_mention_follows_a_workflow_that_is_called_otherwise_by_now(agent: Agent) -> None:
    workflow = make_published_workflow(agent, "look_up")
    other = make_published_workflow(agent, "greet")
    live = agent.live_version
    assert live
    live.definition["persona"] = "Call @old_name first, then @greet."
    live.references = {"old_name": str(workflow.pk), "greet": str(other.pk)}
    live.pk, live.number, live._state.adding = uuid7(), live.number + 1, True  # a version never changes
    live.save()
    agent.live_version = live
    agent.save()

    talk = Talk(make_conversation(agent).pk, lambda: None)

    assert talk.agent.persona == "Call @look_up first, then @greet."


class TestTurns:
    def test_one_at_a_time(self, agent: Agent) -> None:
        chat = make_conversation(agent)
        turn = Turn(chat.pk)
        before = fingerprint()

        with pytest.raises(TurnInProgress):
            events(chat, "hello")
        assert fingerprint() == before
        turn.release()
        assert said(events(chat, "hello"))

    def test_one_whose_process_died_is_taken_over_when_its_lease_is_over(self, agent: Agent) -> None:
        chat = make_conversation(agent)
        Turn(chat.pk)
        Conversation.objects.update(turn_until=timezone.now() - timedelta(seconds=1))

        assert said(events(chat, "hello"))

    def test_a_call_that_a_dead_turn_left_behind_gets_its_one_result(self, agent: Agent) -> None:
        make_published_workflow(agent, "greet", response=[{"name": "a", "value": "b"}])
        chat = make_conversation(agent)
        events(chat, "hello")
        tool_calls.begin(chat, tool_call_id="lost", name="greet", arguments={})

        events(chat, "and now?")

        told = Message.objects.get(role="tool", tool_call_id="lost")
        assert told.result == ToolCall.objects.get().result
        assert told.result == {"ok": True, "data": {"a": "b"}, "message": "", "error_code": None}
        assert Run.objects.count() == 1

    def test_what_a_tool_answered_long_ago_is_not_told_again(self, agent: Agent) -> None:
        make_published_workflow(agent, "greet", response=[{"name": "a", "value": "b"}])
        chat = make_conversation(agent)
        tool_calls.begin(chat, tool_call_id="old", name="greet", arguments={})
        events(chat, "hello")
        last = Message.objects.order_by("seq").last()
        assert last
        for seq in range(last.seq + 1, last.seq + 2 + history.MOST_MESSAGES):
            Message.objects.create(
                workspace_id=chat.workspace_id,
                conversation=chat,
                seq=seq,
                role="user",
                text="So.",
                at=last.at,
            )

        events(chat, "and now?")

        assert Message.objects.filter(role="tool").count() == 1

    def test_a_message_sent_again_after_a_death_is_answered_and_not_stored_twice(self, agent: Agent) -> None:
        chat = make_conversation(agent)
        stream = replying.reply(chat, "hello", key="k1")
        next(stream)
        stream.close()  # the process ends here

        happened = events(chat, "hello", key="k1")

        assert said(happened) == ["Hello! How can I help you?"]
        assert Message.objects.filter(role="user").count() == 1


class TestInterruptions:
    """A person who has heard enough: reads are called off, writes go on, and each call has its answer."""

    def calling(self, agent: Agent, method: str) -> tuple[str, bool]:
        """Interrupted as soon as the tool is called."""
        step = make_step(
            "send", action="rest.request@1", inputs={"method": method, "url": "https://shop.example/"}
        )
        make_published_workflow(agent, "greet", steps=[step], description="Say hello to them.")
        stops: list[bool] = []
        with rung():  # no worker hears of it: the run is still to begin
            chat = make_conversation(agent)
            for text in ("say hello", "yes"):  # a write is asked back first
                for event in replying.reply(chat, text, is_stopped=lambda: bool(stops)):
                    if isinstance(event, Calling):
                        stops.append(True)
                if stops:
                    break
        assert Conversation.objects.get().turn_until is None
        made = ToolCall.objects.get()
        assert made.result is not None
        assert Message.objects.get(role="tool").result == made.result
        return made.result["error_code"], made.late_due

    def test_what_only_reads_is_called_off(self, agent: Agent, settings: Settings) -> None:
        settings.LIVE_EXECUTOR = "celery"
        assert self.calling(agent, "GET") == ("failed", False)
        assert Run.objects.get().status == "cancelled"

    def test_what_writes_goes_on_and_is_told_later(self, agent: Agent, settings: Settings) -> None:
        settings.LIVE_EXECUTOR = "celery"
        assert self.calling(agent, "POST") == ("timed_out", True)
        assert Run.objects.get().status == "queued"

    def test_the_conversation_goes_on_afterwards(self, agent: Agent) -> None:
        chat = make_conversation(agent)
        stream = replying.reply(chat, "hello")
        next(stream)
        stream.close()

        assert said(events(chat, "hello?"))


class TestLateResults:
    def test_what_comes_after_the_deadline_is_told_in_the_conversation_once(self, agent: Agent) -> None:
        make_published_workflow(agent, "greet", response=[{"name": "answer", "value": "It is done"}])
        chat = make_conversation(agent)
        events(chat, "hello")
        made = tool_calls.call(chat, tool_call_id="slow", name="greet", arguments={})
        timed_out = {"ok": False, "data": None, "message": "Later.", "error_code": "timed_out"}
        ToolCall.objects.update(result=timed_out, late_due=True)
        events(chat, "hello?")

        for _ in range(2):
            late.tell(made.pk)

        made.refresh_from_db()
        came = {"ok": True, "data": {"answer": "It is done"}, "message": "", "error_code": None}
        assert (made.result, made.late_result) == (timed_out, came)
        assert Message.objects.filter(line="late").count() == 1
        assert Message.objects.order_by("seq").last().text == "It is done."  # type: ignore[union-attr]


class TestInactivity:
    def test_a_conversation_in_which_nobody_speaks_ends(self, agent: Agent) -> None:
        chat, elsewhere, busy = (make_conversation(agent) for _ in range(3))
        for one in (chat, busy):
            events(one, "hello")
        Conversation.objects.exclude(inactive_at=None).update(
            inactive_at=timezone.now() - timedelta(minutes=1)
        )
        Turn(busy.pk)

        sweeping.sweep()

        for one in (chat, elsewhere, busy):
            one.refresh_from_db()
        assert (chat.status, chat.ended_by) == ("ended", "inactivity")
        assert [elsewhere.status, busy.status] == ["open", "open"]


def test_a_slow_call_is_bridged_with_the_delayed_line_and_its_failure_told(
    agent: Agent, settings: Settings
) -> None:
    settings.LIVE_EXECUTOR = "celery"
    message = {"mode": "none", "delayed": {"after_ms": 1, "text": "Still on it."}, "failure": "No luck."}
    stop = make_step("stop", action="flow.stop@1", inputs={"result": "failed", "message": "no"})
    make_published_workflow(agent, "greet", steps=[stop], message=message, description="Say hello to them.")
    chat = make_conversation(agent)

    with rung():  # no worker hears of it, so it waits until this process runs it itself
        happened = events(chat, "say hello")

    lines = [(one.line, one.text) for one in happened if isinstance(one, Said)]
    assert lines[:2] == [("delayed", "Still on it."), ("failure", "No luck.")]
