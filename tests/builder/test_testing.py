"""Trying a draft out in the browser: what acts, with which data, and what is wrong with them."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from tests.builder.conftest import MAIL, PREPARE, REST
from tests.support.runs import rung
from workflows.models import Run, Workflow
from workspaces.models import User


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with rung():
        yield


def post(client: Client, url: str, data: object, *answered: str, query: str = "") -> Any:
    text = data if isinstance(data, str) else json.dumps(data)
    return client.post(f"{url}test/{query}", {"data": text, "answered": list(answered)})


def test_every_step_that_acts_pretends_unless_one_says_otherwise(client: Client, url: str) -> None:
    page = client.get(f"{url}test/").content.decode()

    assert page.count('name="answered"') == page.count(" checked") == 2
    assert "&quot;variables&quot;" in page


def test_a_test_is_a_run_of_kind_test_on_the_draft(client: Client, url: str, workflow: Workflow) -> None:
    answer = post(client, url, {"variables": {"plan": "gold"}}, REST, MAIL)

    run = Run.objects.get()
    assert (answer.status_code, answer.url) == (302, f"/runs/{run.pk}/")
    assert (run.kind, run.version.number, run.input["variables"]) == ("test", None, {"plan": "gold"})
    assert set(run.input["samples"]) == {REST, MAIL}
    assert run.input["samples"][REST]["status"] == 200


def test_one_step_is_tested_alone(client: Client, url: str, workflow: Workflow) -> None:
    post(client, url, {}, MAIL, query=f"?step={MAIL}")

    assert Run.objects.get().stop_path == MAIL


def test_the_data_of_a_past_run_can_be_taken(client: Client, url: str, workflow: Workflow) -> None:
    post(client, url, {"variables": {"plan": "silver"}}, REST, MAIL)

    page = client.get(f"{url}test/?run={Run.objects.get().pk}").content.decode()

    assert "silver" in page


@pytest.mark.parametrize("data", ["{", "[]", '{"action": {}}', '{"variables": 7}', '{"colour": {}}', ""])
def test_wrong_data_are_said_and_kept_and_start_nothing(
    client: Client, url: str, workflow: Workflow, data: str
) -> None:
    answer = post(client, url, data, REST)

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert not Run.objects.exists()


@pytest.mark.parametrize("query", ["?run=x", "?run=0190a000-0000-7000-8000-000000000000"])
def test_a_run_that_is_not_there_is_not_found(
    client: Client, url: str, workflow: Workflow, query: str
) -> None:
    assert client.get(f"{url}test/{query}").status_code == 404


def test_a_tester_may_and_a_viewer_may_not(tester: User, viewer: User, url: str, workflow: Workflow) -> None:
    client = Client()
    for person, status in ((tester, 302), (viewer, 403)):
        client.force_login(person)
        assert post(client, url, {}, REST, MAIL).status_code == status


def test_of_a_workflow_without_effects_nothing_is_asked(client: Client, url: str, workflow: Workflow) -> None:
    assert PREPARE not in client.get(f"{url}test/").content.decode()
