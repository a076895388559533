from typing import Any

from tests.support.make import make_agent, make_conversation, make_published_workflow
from tests.support.program import Program, error, paths
from workflows.models import Run
from workspaces.models import Workspace

SAID = [
    {"role": "agent", "text": "Hello", "at": "2026-11-22T10:00:00Z"},
    {
        "role": "tool",
        "text": "",
        "tool_call_id": "call-1",
        "name": "look_up",
        "arguments": {"number": 7},
        "result": {"found": True},
    },
    {"role": "user", "text": "Bye", "at": "2026-11-22T11:01:30+01:00"},
]


def test_a_conversation_is_started_read_ended_and_read_again(program: Program, workspace: Workspace) -> None:
    agent = make_agent(workspace, analysis=[{"name": "Mood", "key": "mood", "type": "string"}])
    make_published_workflow(agent, "After", "post_conversation", enabled=True)

    started = program.post(
        "/conversations",
        {
            "agent": str(agent.pk),
            "channel": "call",
            "direction": "outbound",
            "customer": {"email": "jonas@example.com"},
            "variables": {"plan": "gold"},
            "session": {"cart": 1},
            "metadata": {"campaign": "spring"},
            "secure_metadata": {"card": "4111-CANARY"},
            "external_id": "ext-1",
        },
    )

    assert started.status_code == 201
    conversation = started.json()
    assert (
        conversation
        | {
            "agent": str(agent.pk),
            "agent_version": 1,
            "channel": "call",
            "direction": "outbound",
            "status": "open",
            "customer": {"email": "jonas@example.com"},
            "variables": {"plan": "gold"},
            "session": {"cart": 1},
            "metadata": {"campaign": "spring"},
            "secure_metadata": ["card"],
            "external_id": "ext-1",
            "transcript": [],
            "tool_calls": [],
            "analysis": {},
            "runs": [],
            "ended_at": None,
            "ended_by": "",
            "ended_reason": "",
        }
        == conversation
    )
    assert b"CANARY" not in started.content

    path = f"/conversations/{conversation['id']}"
    ended = program.post(
        f"{path}/end", {"reason": "done", "transcript": SAID, "analysis": {"mood": "good", "score": 3}}
    )
    assert ended.status_code == 200
    over = ended.json()
    assert (
        over
        | {
            "status": "ended",
            "ended_by": "api",
            "ended_reason": "done",
            "analysis": {"mood": "good", "score": 3},
        }
        == over
    )
    assert [(run["trigger"], run["status"]) for run in over["runs"]] == [("conversation_ended", "queued")]
    assert over["transcript"][1] == SAID[1]
    assert over["transcript"][2]["at"] == "2026-11-22T10:01:30Z"
    assert program.get(path).json() == over


def test_ending_again_answers_with_what_is_stored(program: Program, workspace: Workspace) -> None:
    conversation = make_conversation(make_agent(workspace))
    path = f"/conversations/{conversation.pk}/end"

    first = program.post(path, {"reason": "done"})
    again = program.post(path, {"reason": "other", "transcript": SAID, "analysis": {"x": 1}})

    assert (again.status_code, again.json()) == (200, first.json())


def test_the_same_external_id_answers_with_the_conversation_that_is_there(
    program: Program, workspace: Workspace
) -> None:
    body = {"agent": str(make_agent(workspace).pk), "channel": "chat", "external_id": "ext-1"}

    first, again = (program.post("/conversations", body) for _ in range(2))

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()


def test_a_transcript_makes_it_an_import(program: Program, workspace: Workspace) -> None:
    agent = make_agent(workspace)
    make_published_workflow(agent, "After", "post_conversation", enabled=True)
    body = {"agent": str(agent.pk), "channel": "call", "external_id": "ext-1", "transcript": SAID}

    first, again = (program.post("/conversations", body) for _ in range(2))

    imported = first.json()
    assert (first.status_code, again.status_code) == (201, 200)
    assert imported["status"] == "ended"
    assert (imported["started_at"], imported["ended_at"]) == ("2026-11-22T10:00:00Z", "2026-11-22T10:01:30Z")
    assert len(imported["transcript"]) == 3
    assert Run.objects.count() == 1


def test_a_second_transcript_is_a_conflict(program: Program, workspace: Workspace) -> None:
    conversation = make_conversation(make_agent(workspace))
    conversation.messages.create(workspace=workspace, seq=1, role="user", text="Hi")

    refused = program.post(f"/conversations/{conversation.pk}/end", {"transcript": SAID})

    assert (refused.status_code, error(refused)["code"]) == (409, "has_messages")


def test_a_missing_variable_is_refused_by_its_name(program: Program, workspace: Workspace) -> None:
    agent = make_agent(workspace, variables=[{"name": "plan", "required": True}])

    refused = program.post("/conversations", {"agent": str(agent.pk), "channel": "chat"})

    assert (refused.status_code, paths(refused)) == (422, ["variables.plan"])


def test_a_wrong_analysis_is_refused_by_its_key(program: Program, workspace: Workspace) -> None:
    agent = make_agent(workspace, analysis=[{"name": "Resolved", "key": "resolved", "type": "boolean"}])
    conversation = make_conversation(agent)

    refused = program.post(f"/conversations/{conversation.pk}/end", {"analysis": {"resolved": "yes"}})

    assert (refused.status_code, paths(refused)) == (422, ["analysis.resolved"])


def test_conversations_are_listed_and_filtered_in_few_queries(
    program: Program, workspace: Workspace, django_assert_num_queries: Any
) -> None:
    agent = make_agent(workspace)
    chats = [make_conversation(agent) for _ in range(3)]
    call = make_conversation(make_agent(workspace), channel="call", external_id="ext-1")
    make_conversation()

    def ids(**filters: str) -> list[str]:
        return [item["id"] for item in program.get("/conversations", **filters).json()["items"]]

    assert len(ids()) == 4
    assert ids(channel="call") == ids(external_id="ext-1") == ids(agent=str(call.agent_id)) == [str(call.pk)]
    assert sorted(ids(agent=str(agent.pk))) == sorted(str(chat.pk) for chat in chats)
    assert ids(status="ended") == []
    with django_assert_num_queries(2):  # the key, the conversations
        ids()


def test_a_conversation_takes_the_same_few_queries_whatever_is_in_it(
    program: Program, workspace: Workspace, django_assert_max_num_queries: Any
) -> None:
    agent = make_agent(workspace)
    make_published_workflow(agent, "After", "post_conversation", enabled=True)
    conversation = make_conversation(agent)
    program.post(f"/conversations/{conversation.pk}/end", {"transcript": SAID * 10})

    with django_assert_max_num_queries(6):  # the key, the conversation, messages, calls, runs, secure names
        program.get(f"/conversations/{conversation.pk}")
