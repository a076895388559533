import pytest

from tests.support.make import (
    make_agent,
    make_connection,
    make_document,
    make_published_workflow,
    make_step,
    make_workflow,
)
from tests.support.program import Program, error, paths
from workflows.models import WorkflowVersion
from workspaces.ids import uuid7
from workspaces.models import Workspace


def test_a_workflow_is_created_filled_published_and_read(program: Program, workspace: Workspace) -> None:
    agent = make_agent(workspace)

    made = program.post(f"/agents/{agent.pk}/workflows", {"kind": "action", "name": "greet"})
    assert made.status_code == 201
    assert made.json() | {"state": "draft_only", "live_version": None, "draft_revision": 1} == made.json()
    path = f"/workflows/{made.json()['id']}"
    document = make_document("greet", make_step())
    changed = program.put(f"{path}/draft", {"revision": 1, "document": document})
    assert (changed.status_code, changed.json()["draft_revision"]) == (200, 2)
    published = program.post(f"{path}/publish", {"revision": 2, "note": "First"})
    assert (published.status_code, published.json()) == (200, {"version": 1})

    read = program.get(path).json()
    assert read | {"kind": "action", "name": "greet", "state": "live", "live_version": 1} == read
    assert read["draft"]["steps"][0]["slug"] == "prepare"


def test_what_get_gives_put_takes(program: Program, workspace: Workspace) -> None:
    workflow = make_workflow(make_agent(workspace))
    path = f"/workflows/{workflow.pk}"
    draft = program.get(path).json()["draft"]

    stored = program.put(f"{path}/draft", {"revision": 2, "document": draft})

    assert (stored.status_code, stored.json()["draft_revision"]) == (200, 2)


def test_what_is_wrong_but_storable_comes_back_as_problems(program: Program, workspace: Workspace) -> None:
    workflow = make_workflow(make_agent(workspace))
    document = make_document(workflow.name, make_step(value="{{ steps.nowhere.output.x }}"))

    stored = program.put(f"/workflows/{workflow.pk}/draft", {"revision": 2, "document": document})
    refused = program.post(f"/workflows/{workflow.pk}/publish", {"revision": 3})

    assert stored.status_code == 200
    assert ("steps[0].inputs.values[0].value", "error") in [
        (problem["path"], problem["severity"]) for problem in stored.json()["problems"]
    ]
    assert refused.status_code == 422
    assert "steps[0].inputs.values[0].value" in paths(refused)
    assert not WorkflowVersion.objects.exists()


def test_a_document_with_unknown_keys_is_refused_with_their_paths(
    program: Program, workspace: Workspace
) -> None:
    workflow = make_workflow(make_agent(workspace))
    step = make_step(action="nobody.knows@1")
    document = {**make_document(workflow.name, step), "colour": "red"}

    refused = program.put(f"/workflows/{workflow.pk}/draft", {"revision": 2, "document": document})

    assert refused.status_code == 422
    assert set(paths(refused)) == {"colour", "steps[0].action"}


def test_a_foreign_connection_is_refused(program: Program, workspace: Workspace) -> None:
    workflow = make_workflow(make_agent(workspace))
    foreign = make_connection(make_agent().workspace)
    step = make_step(action="rest.request@1", inputs={}, connection=str(foreign.pk))

    refused = program.put(
        f"/workflows/{workflow.pk}/draft", {"revision": 2, "document": make_document("x", step)}
    )

    assert (refused.status_code, paths(refused)) == (422, ["steps[0].connection"])


def test_writing_on_an_older_draft_is_a_conflict(program: Program, workspace: Workspace) -> None:
    workflow = make_workflow(make_agent(workspace))
    path, older = f"/workflows/{workflow.pk}", {"revision": 1}

    answers = [
        program.put(f"{path}/draft", {**older, "document": make_document("x")}),
        program.post(f"{path}/publish", older),
        program.post(f"{path}/undo", older),
    ]

    assert [(answer.status_code, error(answer)["code"]) for answer in answers] == [(409, "stale_draft")] * 3


def test_publishing_an_unchanged_draft_answers_with_the_current_version(
    program: Program, workspace: Workspace
) -> None:
    workflow = make_published_workflow(make_agent(workspace))

    again = program.post(f"/workflows/{workflow.pk}/publish", {"revision": workflow.draft_revision})

    assert (again.status_code, again.json()) == (200, {"version": 1})


def test_undo_returns_to_the_live_version(program: Program, workspace: Workspace) -> None:
    workflow = make_published_workflow(make_agent(workspace))
    path = f"/workflows/{workflow.pk}"
    program.put(f"{path}/draft", {"revision": 2, "document": make_document(workflow.name)})
    assert program.get(path).json()["state"] == "unpublished_changes"

    undone = program.post(f"{path}/undo", {"revision": 3})

    assert (undone.status_code, undone.json()["draft_revision"]) == (200, 4)
    assert program.get(path).json()["state"] == "live"


def test_undo_of_what_was_never_published_is_a_conflict(program: Program, workspace: Workspace) -> None:
    workflow = make_workflow(make_agent(workspace))

    refused = program.post(f"/workflows/{workflow.pk}/undo", {"revision": 2})

    assert (refused.status_code, error(refused)["code"]) == (409, "not_published")


def test_a_taken_name_is_a_problem_at_the_name(program: Program, workspace: Workspace) -> None:
    agent = make_agent(workspace)
    make_workflow(agent, "greet")

    refused = program.post(f"/agents/{agent.pk}/workflows", {"kind": "action", "name": "greet"})

    assert (refused.status_code, paths(refused)) == (422, ["settings.name"])


def test_versions_are_listed_newest_first(program: Program, workspace: Workspace) -> None:
    workflow = make_published_workflow(make_agent(workspace))
    path = f"/workflows/{workflow.pk}"
    program.put(f"{path}/draft", {"revision": 2, "document": make_document(workflow.name)})
    program.post(f"{path}/publish", {"revision": 3, "note": "Emptied"})

    listed = program.get(f"{path}/versions").json()

    shown = [(item["version"], item["note"], item["is_live"]) for item in listed["items"]]
    assert shown == [(2, "Emptied", True), (1, "", False)]


def test_a_list_of_many_workflows_takes_as_many_queries_as_one(
    program: Program, workspace: Workspace, django_assert_num_queries: pytest.FixtureRequest
) -> None:
    agent = make_agent(workspace)
    for _ in range(3):
        make_published_workflow(agent)
    program.get("/agents")  # the first call of a key notes that it was used

    with django_assert_num_queries(3):  # type: ignore[operator]  # key, agent, workflows
        assert len(program.get(f"/agents/{agent.pk}/workflows").json()["items"]) == 3


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PUT", "/draft", {"revision": 1, "document": {}}),
        ("POST", "/publish", {"revision": 1}),
        ("POST", "/undo", {"revision": 1}),
        ("GET", "/versions", None),
        ("POST", "/runs", {"input": {}}),
    ],
)
def test_a_workflow_of_somebody_else_does_not_exist(
    method: str, path: str, body: object, program: Program, workspace: Workspace
) -> None:
    foreign = make_published_workflow()

    theirs, nothing, no_id = (
        program.send(method, f"/workflows/{id_}{path}", body or b"") for id_ in (foreign.pk, uuid7(), "x")
    )

    assert theirs.status_code == nothing.status_code == no_id.status_code == 404
    assert theirs.content == nothing.content == no_id.content
