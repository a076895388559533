import threading

import pytest
from django.db import connection

from conversations.errors import HasMessages
from conversations.models import Conversation, Message
from conversations.services import ending
from conversations.transcripts import Entry
from tests.support.make import (
    make_agent,
    make_conversation,
    make_document,
    make_published_workflow,
    make_step,
)
from workflows.errors import InputInvalid
from workflows.models import Run, Workflow
from workflows.services import drafting, publishing
from workspaces.services import audit

BY = audit.system("test")
INTENT = {"name": "Intent", "key": "intent", "type": "enum", "choices": ["refund", "other"]}
RESOLVED = {"name": "Resolved", "key": "resolved", "type": "boolean"}


def follow_up(agent: object, *, enabled: bool = True) -> Workflow:
    return make_published_workflow(agent, "After", "post_conversation", enabled=enabled)  # type: ignore[arg-type]


@pytest.mark.django_db
class TestEnding:
    def test_the_post_conversation_workflow_starts_once_however_often_it_is_repeated(self) -> None:
        agent = make_agent()
        workflow = follow_up(agent)
        conversation = make_conversation(agent)

        for _ in range(3):
            ended = ending.end(conversation, by="api", reason="done")

        assert (ended.status, ended.ended_by, ended.ended_reason) == ("ended", "api", "done")
        run = Run.objects.get()
        assert run.version == workflow.live_version
        assert (run.trigger, run.trigger_key, run.lane) == (
            "conversation_ended",
            f"conversation:{conversation.pk}",
            "background",
        )
        assert run.context_id == conversation.pk

    def test_whoever_ends_it_second_changes_nothing(self) -> None:
        conversation = make_conversation()
        ending.end(conversation, by="api", reason="first")

        again = ending.end(
            conversation, by="api", reason="second", transcript=[Entry(role="user", text="Hi")]
        )

        assert again.ended_reason == "first"
        assert not Message.objects.exists()

    def test_the_run_starts_with_the_small_values_and_secure_ones_stay_away(self) -> None:
        agent = make_agent(
            variables=[{"name": "plan"}, {"name": "country"}], secure_metadata=[{"name": "card"}]
        )
        follow_up(agent)
        conversation = make_conversation(
            agent, variables={"plan": "gold"}, session={"cart": 1}, secure_metadata={"card": "4111-CANARY"}
        )

        ending.end(conversation, by="api", analysis={"mood": "good"})

        assert Run.objects.get().input == {
            "action": {},
            "variables": {"plan": "gold", "country": None},
            "analysis": {"mood": "good"},
            "session": {"cart": 1},
        }

    @pytest.mark.parametrize("state", ["draft", "disabled", "none"])
    def test_nothing_follows_where_nothing_is_live_and_enabled(self, state: str) -> None:
        agent = make_agent()
        if state == "disabled":
            follow_up(agent, enabled=False)
        if state == "draft":
            drafting.create(agent, "post_conversation", "After", by=BY)

        ending.end(make_conversation(agent), by="api")

        assert not Run.objects.exists()

    def test_what_follows_waits_while_the_workflow_is_paused(self) -> None:
        agent = make_agent()
        follow_up(agent)
        Workflow.objects.update(paused_at="2026-11-22T00:00:00Z")

        ending.end(make_conversation(agent), by="api")

        assert Run.objects.get().status == "queued"

    def test_the_live_version_counts_and_not_the_draft(self) -> None:
        agent = make_agent()
        workflow = follow_up(agent)
        content = make_document("After", make_step(), enabled=False)
        drafting.replace(workflow, content, revision=workflow.draft_revision, by=BY)

        ending.end(make_conversation(agent), by="api")

        assert Run.objects.count() == 1

    def test_declared_analysis_is_null_until_known_and_undeclared_is_kept(self) -> None:
        agent = make_agent(analysis=[INTENT, RESOLVED])

        ended = ending.end(make_conversation(agent), by="api", analysis={"intent": "refund", "mood": 3})
        without = ending.end(make_conversation(agent), by="api")

        assert ended.analysis == {"intent": "refund", "resolved": None, "mood": 3}
        assert without.analysis == {"intent": None, "resolved": None}

    @pytest.mark.parametrize(("key", "value"), [("intent", "sales"), ("intent", 3), ("resolved", "yes")])
    def test_a_wrong_analysis_is_refused_and_the_conversation_stays_open(
        self, key: str, value: object
    ) -> None:
        agent = make_agent(analysis=[INTENT, RESOLVED])
        conversation = make_conversation(agent)

        with pytest.raises(InputInvalid) as refused:
            ending.end(conversation, by="api", analysis={key: value})  # type: ignore[dict-item]

        assert [problem.path for problem in refused.value.problems] == [f"analysis.{key}"]
        conversation.refresh_from_db()
        assert conversation.status == "open"

    def test_a_transcript_is_taken_over_when_there_are_no_messages(self) -> None:
        conversation = make_conversation()
        said = [Entry(role="agent", text="Hello"), Entry(role="user", text="Hi")]

        ending.end(conversation, by="api", transcript=said)

        stored = Message.objects.filter(conversation=conversation).order_by("seq")
        assert list(stored.values_list("seq", "role", "text")) == [(1, "agent", "Hello"), (2, "user", "Hi")]

    def test_a_transcript_never_replaces_messages(self) -> None:
        conversation = make_conversation()
        Message.objects.create(
            workspace_id=conversation.workspace_id, conversation=conversation, seq=1, role="user", text="Hi"
        )

        with pytest.raises(HasMessages):
            ending.end(conversation, by="api", transcript=[Entry(role="user", text="Other")])

        conversation.refresh_from_db()
        assert conversation.status == "open"


@pytest.mark.django_db(transaction=True)
def test_ends_that_come_at_once_make_one_run() -> None:
    agent = make_agent()
    workflow = follow_up(agent)
    publishing.publish(workflow, revision=workflow.draft_revision, by=BY)
    conversation = make_conversation(agent)
    barrier = threading.Barrier(4)

    def end() -> None:
        barrier.wait(timeout=10)
        ending.end(conversation, by="api")
        connection.close()

    threads = [threading.Thread(target=end) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)

    assert Conversation.objects.get().status == "ended"
    assert Run.objects.count() == 1
