"""What stands for a step's output: what a person chose, as long as the step and the run's data are there."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.support.make import make_agent, make_published_workflow, make_step, make_workspace
from workflows import selectors
from workflows.definition.problems import OperationRefused
from workflows.models import Run, StepSample, Workflow
from workflows.services import retention, sampling, testing
from workspaces.services import audit

STEP = "s_prepare001"
ADA = audit.system("ada")


@pytest.fixture
def workflow(db: None) -> Workflow:
    agent = make_agent(make_workspace())
    return make_published_workflow(agent, "After", "post_conversation", steps=[make_step("prepare", id=STEP)])


def samples(workflow: Workflow) -> object:
    return selectors.samples(workflow, selectors.definition(workflow))


def test_what_was_chosen_stands_until_it_is_dropped(workflow: Workflow) -> None:
    sampling.keep(workflow, STEP, {"greeting": "hello"}, by=ADA)
    sampling.keep(workflow, STEP, {"greeting": "bye"}, by=ADA)
    assert samples(workflow) == {STEP: {"greeting": "bye"}}

    sampling.drop(workflow, STEP)
    assert samples(workflow) == {}


def test_of_a_step_that_was_replaced_nothing_stands(workflow: Workflow) -> None:
    sampling.keep(workflow, STEP, {"greeting": "hello"}, by=ADA)
    StepSample.objects.update(action="rest.request@1")

    assert samples(workflow) == {}


@pytest.mark.parametrize("output", ["x" * 200_001, {"a": {"b": "\ud800"}}])
def test_what_cannot_be_kept_is_refused(workflow: Workflow, output: object) -> None:
    with pytest.raises(OperationRefused):
        sampling.keep(workflow, STEP, output, by=ADA)  # type: ignore[arg-type]


def test_a_step_that_is_gone_has_no_sample(workflow: Workflow) -> None:
    with pytest.raises(OperationRefused):
        sampling.keep(workflow, "s_gone000001", {}, by=ADA)


def test_a_sample_goes_when_the_data_of_its_run_go(workflow: Workflow) -> None:
    run = testing.test_workflow(workflow, data=testing.TestData(), by=ADA)
    sampling.keep(workflow, STEP, {"greeting": "hello"}, run=run, by=ADA)
    long_ago = timezone.now() - timedelta(days=4000)
    Run.objects.filter(pk=run.pk).update(
        status="succeeded", next_at=None, wait_reason=None, finished_at=long_ago
    )

    for _ in retention.batches():
        pass

    assert not StepSample.objects.exists()
