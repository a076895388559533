"""A write that is sent again with its Idempotency-Key happens once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.support.make import make_agent, make_published_workflow, make_workspace
from tests.support.program import Program, error
from workflows.models import Agent, Run
from workspaces.models import IdempotentAnswer, Workspace

KEY = {"Idempotency_Key": "order-17"}
MIA = {"name": "Mia"}


def test_the_same_write_again_gets_the_first_answer(program: Program) -> None:
    first = program.post("/agents", MIA, **KEY)
    again = program.post("/agents", MIA, **KEY)

    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert Agent.objects.count() == 1


def test_another_body_with_the_same_key_is_refused(program: Program) -> None:
    program.post("/agents", MIA, **KEY)

    refused = program.post("/agents", {"name": "Leo"}, **KEY)

    assert (refused.status_code, error(refused)["code"]) == (422, "idempotency_key_reused")
    assert Agent.objects.count() == 1


def test_another_route_with_the_same_key_is_refused(program: Program, workspace: Workspace) -> None:
    agent = make_agent(workspace)
    program.post(f"/agents/{agent.pk}/publish", **KEY)

    assert program.post("/agents", {}, **KEY).status_code == 422


def test_a_second_call_while_the_first_is_running_is_told_to_wait(program: Program) -> None:
    program.post("/agents", MIA, **KEY)
    IdempotentAnswer.objects.update(status=None, body=None)

    refused = program.post("/agents", MIA, **KEY)

    assert (refused.status_code, error(refused)["code"]) == (409, "in_progress")


def test_a_first_call_that_died_is_given_up_after_minutes(program: Program) -> None:
    program.post("/agents", MIA, **KEY)
    IdempotentAnswer.objects.update(status=None, body=None, created_at=timezone.now() - timedelta(minutes=6))

    assert program.post("/agents", MIA, **KEY).status_code == 201


def test_an_answer_is_kept_for_two_days(program: Program) -> None:
    program.post("/agents", MIA, **KEY)
    IdempotentAnswer.objects.update(created_at=timezone.now() - timedelta(hours=49))

    program.post("/agents", MIA, **KEY)

    assert Agent.objects.count() == 2


def test_what_was_refused_may_be_tried_again(program: Program, workspace: Workspace) -> None:
    workflow = make_published_workflow(make_agent(workspace))
    path, stale = f"/workflows/{workflow.pk}/publish", {"revision": 1}

    refused = [program.post(path, stale, **KEY).status_code for _ in range(2)]

    assert refused == [409, 409]
    assert not IdempotentAnswer.objects.exists()


def test_the_keys_of_two_workspaces_are_two_keys(program: Program) -> None:
    program.post("/agents", MIA, **KEY)

    other = Program(make_workspace()).post("/agents", {"name": "Leo"}, **KEY)

    assert (other.status_code, other.json()["name"]) == (201, "Leo")


def test_a_run_is_bound_to_its_key_even_if_the_answer_was_lost(
    program: Program, workspace: Workspace
) -> None:
    workflow = make_published_workflow(make_agent(workspace))
    first = program.post(f"/workflows/{workflow.pk}/runs", {"input": {}}, **KEY).json()
    IdempotentAnswer.objects.all().delete()

    again = program.post(f"/workflows/{workflow.pk}/runs", {"input": {}}, **KEY).json()

    assert again["id"] == first["id"]
    assert Run.objects.count() == 1


@pytest.mark.parametrize("key", ["", " ", "x" * 256, "tab\there", "é"])
def test_a_key_of_another_form_is_refused(key: str, program: Program) -> None:
    refused = program.post("/agents", MIA, Idempotency_Key=key)

    assert (refused.status_code, error(refused)["code"]) == (422, "bad_idempotency_key")
    assert Agent.objects.count() == 0
