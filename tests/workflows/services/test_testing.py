"""A draft is tried out on its own version: with samples, with the data of a past run, acting or not."""

from collections.abc import Iterator
from typing import Any

import pytest

from connectors.declare import JSON
from tests.support.probe import Probe, note
from tests.support.runs import (
    Rung,
    apps,
    make_version,
    output_of,
    rung,
    set_values,
    start_run,
    step,
    step_id,
    steps_of,
)
from tests.workflows.engine.test_loops import loop
from tests.workflows.engine.test_splits import branch, split, when
from workflows import selectors
from workflows.engine.advancing import advance
from workflows.models import Run, Workflow
from workflows.services import testing
from workflows.services.testing import TestData
from workspaces.models import Workspace
from workspaces.services import audit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quiet")]
BY = audit.system("test")


@pytest.fixture
def quiet() -> Iterator[Rung]:
    with rung() as bell:
        yield bell


@pytest.fixture
def probe() -> Iterator[Probe]:
    probe = Probe()
    with apps(probe.app()):
        yield probe


def draft(workspace: Workspace, *steps: dict[str, JSON], **over: Any) -> Workflow:
    workflow = make_version(workspace, *steps, **over).workflow
    workflow.agent.draft = {"schema": 1, "name": "Mia"}
    return workflow


def ended(run: Run) -> Run:
    advance(run.pk, run.lane)
    run.refresh_from_db()
    return run


def test_one_step_runs_alone_with_what_the_others_are_said_to_have_given(
    workspace: Workspace, probe: Probe
) -> None:
    workflow = draft(workspace, note("first"), note("second", "{{ steps.first.output.id }}"), note("third"))
    data = TestData(outputs={step_id("first"): {"id": 7}})

    run = ended(testing.test_step(workflow, step_id("second"), data=data, by=BY))

    assert (run.status, run.kind, run.version.number) == ("succeeded", "test", None)
    assert [text for text, _, _ in probe.calls] == ["7"]
    assert [path for path, _, _ in steps_of(run)] == [step_id("first"), step_id("second")]


def test_it_runs_with_what_is_on_the_screen(workspace: Workspace, probe: Probe) -> None:
    workflow = draft(workspace, note("only", "stored"))

    ended(testing.test_step(workflow, step_id("only"), data=TestData(), inputs={"text": "typed"}, by=BY))

    assert [text for text, _, _ in probe.calls] == ["typed"]
    workflow.refresh_from_db()
    assert selectors.definition(workflow).steps[0].inputs["text"] == "stored"


def test_a_sample_may_stand_for_the_answer_and_what_would_be_sent_is_shown(
    workspace: Workspace, probe: Probe
) -> None:
    workflow = draft(workspace, note("only", "{{ action.n }}"))
    data = TestData(input={"action": {"n": 5}})

    run = ended(
        testing.test_step(workflow, step_id("only"), data=data, answered={step_id("only"): {"id": 1}}, by=BY)
    )

    assert probe.calls == []
    assert output_of(run, step_id("only")) == {"id": 1}
    assert run.steps.get().input == {"text": 5}


def test_without_a_sample_the_step_says_which_value_is_missing(workspace: Workspace, probe: Probe) -> None:
    workflow = draft(workspace, note("first"), note("second", "{{ steps.first.output.id }}"))

    run = ended(testing.test_step(workflow, step_id("second"), data=TestData(), by=BY))

    assert run.status == "failed"
    assert run.error and run.error["code"] == "missing_value"


def test_a_step_in_a_branch_and_in_a_loop_is_reached(workspace: Workspace, probe: Probe) -> None:
    inner = split(
        branch("big", note("big", "{{ loop.item }}"), when=when("{{ loop.item }}", "gt", 100)),
        branch("other", otherwise=True),
    )
    workflow = draft(workspace, loop("each", "{{ action.items }}", set_values("v", a=1), inner))
    data = TestData(input={"action": {"items": [1, 2]}}, outputs={step_id("v"): {"a": 1}})

    run = ended(testing.test_step(workflow, step_id("big"), data=data, by=BY))

    assert run.status == "succeeded"
    assert [text for text, _, _ in probe.calls] == ["1"]


def test_a_loop_without_items_says_so(workspace: Workspace, probe: Probe) -> None:
    workflow = draft(workspace, loop("each", "{{ action.items }}", note("say")))

    run = ended(
        testing.test_step(workflow, step_id("say"), data=TestData(input={"action": {"items": []}}), by=BY)
    )

    assert run.error and run.error["code"] == "not_reached"
    assert probe.calls == []


def test_the_whole_draft_runs_with_the_data_of_a_past_run(workspace: Workspace, probe: Probe) -> None:
    probe.then = lambda inputs: {"id": inputs["text"]}
    response: dict[str, JSON] = {"it": "{{ steps.first.output.id }}"}
    version = make_version(workspace, note("first", "{{ action.n }}"), response=response)
    past = start_run(version, input={"action": {"n": "then"}})
    advance(past, "background")
    data = testing.data_of(Run.objects.get(pk=past))

    run = ended(testing.test_workflow(version.workflow, data=data, by=BY))

    assert (run.status, run.result) == ("succeeded", {"it": "then"})
    assert data.outputs == {step_id("first"): {"id": "then"}}


def test_a_session_variable_set_in_a_test_is_seen_by_later_steps(workspace: Workspace, probe: Probe) -> None:
    remember = step("remember", "flow.set_session@1", {"name": "cart", "value": 3})
    workflow = draft(workspace, remember, note("after", "{{ session.cart }}"))

    ended(testing.test_workflow(workflow, data=TestData(), by=BY))

    assert [text for text, _, _ in probe.calls] == ["3"]


def test_steps_with_effects_are_known_before_they_act(workspace: Workspace, probe: Probe) -> None:
    off: dict[str, JSON] = {**note("off"), "enabled": False}
    workflow = draft(workspace, note("sends"), note("reads", action="read"), set_values("v", a=1), off)

    assert [one.slug for one in testing.with_effects(selectors.definition(workflow))] == ["sends"]


def test_a_step_in_an_error_branch_is_reached(workspace: Workspace, probe: Probe) -> None:
    rescue = branch("wrong", note("rescue"), on_error=True)
    risky: dict[str, JSON] = {**note("risky"), "policy": {"on_error": "branch"}, "branches": [rescue]}

    run = ended(testing.test_step(draft(workspace, risky), step_id("rescue"), data=TestData(), by=BY))

    assert run.status == "succeeded"
    assert [text for text, _, _ in probe.calls] == ["rescue"]
