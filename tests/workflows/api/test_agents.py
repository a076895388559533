from typing import Any

import pytest

from tests.support.make import (
    make_agent,
    make_connection,
    make_published_workflow,
    make_step,
    make_workspace,
)
from tests.support.program import Program, error, paths
from workflows.models import Agent, AgentVersion
from workspaces.models import Workspace


def test_an_agent_needs_a_name_and_is_live_at_once(program: Program) -> None:
    made = program.post("/agents", {"name": " Mia ", "persona": "Brief.", "language": "de"})

    assert made.status_code == 201
    agent = made.json()
    assert agent | {"name": "Mia", "state": "live", "live_version": 1, "draft_revision": 1} == agent
    assert (
        agent["draft"] | {"schema": 1, "persona": "Brief.", "language": "de", "time_zone": ""}
        == agent["draft"]
    )
    assert program.get(f"/agents/{agent['id']}").json() == agent


def test_a_changed_draft_goes_live_when_it_is_published(program: Program, workspace: Workspace) -> None:
    path = f"/agents/{make_agent(workspace).pk}"
    draft = program.get(path).json()["draft"]

    changed = program.put(f"{path}/draft", {"revision": 1, "document": {**draft, "name": "Leo"}})
    assert (changed.status_code, changed.json()) == (200, {"draft_revision": 2})
    assert program.get(path).json()["state"] == "unpublished_changes"
    published = program.post(f"{path}/publish", {"note": "Renamed"})
    again = program.post(f"{path}/publish")

    assert published.json() == again.json() == {"version": 2}
    agent = program.get(path).json()
    assert agent | {"name": "Leo", "state": "live", "live_version": 2} == agent
    assert AgentVersion.objects.count() == 2


def test_what_get_gives_put_takes_and_nothing_changes(program: Program, workspace: Workspace) -> None:
    path = f"/agents/{make_agent(workspace, variables=[{'name': 'plan', 'sample': [1]}]).pk}"
    draft = program.get(path).json()["draft"]

    assert program.put(f"{path}/draft", {"revision": 1, "document": draft}).json() == {"draft_revision": 1}


def test_an_older_revision_is_a_conflict(program: Program, workspace: Workspace) -> None:
    path = f"/agents/{make_agent(workspace).pk}"
    program.put(f"{path}/draft", {"revision": 1, "document": {"name": "Leo"}})

    answers = [
        program.put(f"{path}/draft", {"revision": 1, "document": {"name": "Ada"}}),
        program.post(f"{path}/publish", {"revision": 1}),
    ]

    assert [(answer.status_code, error(answer)["code"]) for answer in answers] == [(409, "stale_draft")] * 2


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("name", "", "name"),
        ("name", "x" * 121, "name"),
        ("schema", 2, "schema"),
        ("language", "german", "language"),
        ("time_zone", "Mars/Olympus", "time_zone"),
        ("time_zone", "../etc/passwd", "time_zone"),
        ("channels", ["fax"], "channels[0]"),
        ("channels", ["chat", "chat"], "channels[1]"),
        ("model", {"provider": "demo", "temperature": 3}, "model.temperature"),
        ("variables", [{"name": "1st"}], "variables[0].name"),
        ("variables", [{"name": "a"}, {"name": "a"}], "variables[1].name"),
        ("variables", [{"name": "a", "type": "date"}], "variables[0].type"),
        ("secure_metadata", [{"name": "a b"}], "secure_metadata[0].name"),
        ("analysis", [{"name": "A", "key": "a", "type": "enum"}], "analysis[0].choices"),
        ("analysis", [{"name": "A", "key": "a"}], "analysis[0].type"),
        ("rules", {"sms": "x"}, "rules.sms"),
        ("flow", {"nodes": [{"id": "a"}]}, "flow.nodes[0]"),
        ("flow", {"nodes": [{"type": "start", "id": "n_1", "name": "Hello"}]}, "flow.nodes[0].id"),
        ("flow", {"nodes": [{"type": "turn", "id": "n_turn00001", "name": "Help"}]}, "flow.nodes"),
    ],
)
def test_a_document_that_makes_no_sense_is_refused_where_it_is_wrong(
    field: str, value: Any, path: str, program: Program, workspace: Workspace
) -> None:
    agent = make_agent(workspace)
    document = {"name": "Leo", field: value}

    refusals = [
        program.post("/agents", document),
        program.put(f"/agents/{agent.pk}/draft", {"revision": 1, "document": document}),
    ]

    assert [(refused.status_code, paths(refused)) for refused in refusals] == [(422, [path])] * 2
    assert Agent.objects.count() == 1


def test_an_agent_goes_to_another_workspace_as_a_file(program: Program, workspace: Workspace) -> None:
    agent = make_agent(workspace, persona="Brief.")
    connection = make_connection(workspace)
    inputs = {"method": "GET", "path": "/"}
    step = make_step("ask", action="rest.request@1", connection=str(connection.pk), inputs=inputs)
    make_published_workflow(agent, "look_up", steps=[step])
    elsewhere = Program(make_workspace())

    file = program.get(f"/agents/{agent.pk}/export").json()
    brought = elsewhere.post("/agents/import", file)

    assert file["format"] == "parley.agent"
    assert brought.status_code == 201
    made = brought.json()
    assert made | {"name": "Mia", "state": "live", "live_version": 1, "without_connection": 1} == made
    assert made["draft"]["persona"] == "Brief."
    assert elsewhere.get(f"/agents/{made['id']}").json() == {
        name: value for name, value in made.items() if name != "without_connection"
    }
    workflows = elsewhere.get(f"/agents/{made['id']}/workflows").json()["items"]
    assert [(one["name"], one["state"]) for one in workflows] == [("look_up", "draft_only")]
    again = elsewhere.get(f"/agents/{made['id']}/export").json()
    assert again["agent"] == file["agent"]


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"format": "other"}, "format"),
        ({"schema": 2}, "schema"),
        ({"more": 1}, "more"),
        ({"agent": {"name": ""}}, "agent.name"),
        (
            {"workflows": [{"id": "w", "kind": "action", "document": {"steps": 1}}]},
            "workflows[0].document.steps",
        ),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_where_it_is_wrong(
    change: dict[str, Any], path: str, program: Program, workspace: Workspace
) -> None:
    file = program.get(f"/agents/{make_agent(workspace).pk}/export").json()

    refused = program.post("/agents/import", {**file, **change})

    assert refused.status_code == 422
    assert path in paths(refused)
    assert Agent.objects.count() == 1


def test_agents_of_other_workspaces_are_not_listed(program: Program, workspace: Workspace) -> None:
    mine = make_agent(workspace)
    make_agent(make_workspace())

    assert [item["id"] for item in program.get("/agents").json()["items"]] == [str(mine.pk)]
