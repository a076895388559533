"""The workflows of an agent know what the others take, give back, call and keep."""

from typing import Any

import pytest

from tests.support.make import make_agent, make_published_workflow, make_step, make_workflow
from workflows import selectors
from workflows.models import Workflow
from workflows.services import drafting
from workspaces.services import audit

pytestmark = pytest.mark.django_db

NUMBER = {"name": "number", "type": "integer", "required": True}
TOTAL = {"name": "total", "type": "number", "value": 1}


def call(workflow: Workflow, slug: str = "call") -> dict[str, Any]:
    inputs = {"workflow": str(workflow.pk), "input": {"number": 1}}
    return make_step(slug, action="flow.call_workflow@1", inputs=inputs)


def keep(name: str) -> dict[str, Any]:
    return make_step("keep", action="flow.set_session@1", inputs={"name": name, "value": 1})


def test_a_live_workflow_is_known_as_it_is_live() -> None:
    agent = make_agent()
    live = make_published_workflow(agent, "look_up", variables=[NUMBER], response=[TOTAL])
    Workflow.objects.filter(pk=live.pk).update(draft={**live.draft, "settings": {"name": "changed"}})
    drafted = make_workflow(agent, "refund", steps=[call(live)])

    known = selectors.vocabulary(agent, drafted).workflows

    assert [variable.name for variable in known[str(live.pk)].variables] == ["number"]
    assert [field.name for field in known[str(live.pk)].response] == ["total"]
    assert (known[str(live.pk)].is_live, known[str(drafted.pk)].is_live) == (True, False)
    assert known[str(live.pk)].name == "look_up"
    assert known[str(drafted.pk)].calls == {str(live.pk)}


def test_calls_and_session_variables_are_found_however_deep_they_stand() -> None:
    agent = make_agent()
    target = make_published_workflow(agent, "look_up")
    loop = make_step("each", action="flow.loop@1", inputs={"items": ["a"]}, body=[call(target)])
    branches = [
        {"id": "b_left0000", "label": "Left", "steps": [loop, keep("order_number")]},
        {"id": "b_rest0000", "label": "Otherwise", "otherwise": True, "steps": []},
    ]
    deep = make_workflow(
        agent, "deep", steps=[make_step("choice", action="flow.split@1", inputs={}, branches=branches)]
    )

    vocabulary = selectors.vocabulary(agent, target)

    assert vocabulary.workflows[str(deep.pk)].calls == {str(target.pk)}
    assert vocabulary.session == {"order_number": "any"}
    assert selectors.vocabulary(agent, deep).session == {}


def test_workflows_of_other_agents_are_not_known() -> None:
    agent = make_agent()
    foreign = make_published_workflow(make_agent(agent.workspace), "look_up")
    workflow = make_workflow(agent, "refund", steps=[call(foreign)])

    problems = [problem for problem in selectors.problems(workflow) if problem.is_error]

    assert [(problem.path, problem.code) for problem in problems] == [
        ("steps[0].inputs.workflow", "unknown_workflow")
    ]


def test_two_workflows_cannot_call_each_other() -> None:
    agent = make_agent()
    first = make_published_workflow(agent, "first", variables=[NUMBER])
    second = make_published_workflow(agent, "second", variables=[NUMBER], steps=[call(first)])
    back = make_workflow(agent, "third", variables=[NUMBER], steps=[call(second)])
    circle = {**first.draft, "steps": back.draft["steps"]}
    first = drafting.replace(first, circle, revision=first.draft_revision, by=audit.system("test"))

    assert [problem.code for problem in selectors.problems(first) if problem.is_error] == ["not_callable"]
    assert [problem.code for problem in selectors.problems(back) if problem.is_error] == []
