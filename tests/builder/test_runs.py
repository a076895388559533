"""The runs of a workspace, and one run laid over its chain."""

from uuid import UUID

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.support.runs import make_version, rung, set_values, start_run, step, step_id
from workflows.engine.advancing import advance
from workflows.models import Run
from workspaces.models import User, Workspace


@pytest.fixture
def failed(workspace: Workspace) -> UUID:
    """Its first step succeeded, its second said stop, its third was not reached."""
    stop = step("stop", "flow.stop@1", {"result": "failed", "message": "The shop is closed"})
    with rung():
        run_id = start_run(make_version(workspace, set_values("note", a=1), stop, set_values("after", b=2)))
        advance(run_id, "background")
    return run_id


@pytest.fixture
def waiting(workspace: Workspace) -> UUID:
    pause = step("pause", "flow.delay@1", {"mode": "for", "amount": 2, "unit": "days"})
    with rung():
        run_id = start_run(make_version(workspace, pause, kind="post_conversation"))
        advance(run_id, "background")
    return run_id


def test_the_list_shows_state_and_error_in_plain_words(client: Client, failed: UUID) -> None:
    page = client.get("/w/acme/runs/").content.decode()

    assert "Failed" in page
    assert "The shop is closed" in page


def test_the_list_can_be_narrowed_to_a_state(client: Client, failed: UUID, waiting: UUID) -> None:
    page = client.get("/w/acme/runs/?state=waiting").content.decode()

    assert f"/runs/{waiting}/" in page
    assert f"/runs/{failed}/" not in page


def test_a_filter_that_makes_no_sense_leaves_nothing_out(client: Client, failed: UUID) -> None:
    page = client.get("/w/acme/runs/?state=nonsense&workflow=nonsense&before=nonsense")

    assert page.status_code == 200
    assert f"/runs/{failed}/" in page.content.decode()


def test_the_list_goes_on_where_the_last_page_ended(client: Client, failed: UUID, waiting: UUID) -> None:
    page = client.get(f"/w/acme/runs/?before={waiting}").content.decode()

    assert f"/runs/{failed}/" in page
    assert f'href="/runs/{waiting}/"' not in page


def test_an_empty_list_says_what_to_do(client: Client, workspace: Workspace) -> None:
    assert "No runs yet" in client.get("/w/acme/runs/").content.decode()


def test_the_list_asks_as_much_for_many_as_for_one(
    client: Client, failed: UUID, waiting: UUID, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(9):
        client.get("/w/acme/runs/")


def test_a_run_opens_at_its_first_failed_step(client: Client, failed: UUID) -> None:
    page = client.get(f"/runs/{failed}/").content.decode()

    assert "This step failed" in page or "The shop is closed" in page
    assert "Fix in draft" in page
    assert "Not reached" in page


def test_a_chosen_step_shows_its_input_and_output(client: Client, failed: UUID) -> None:
    page = client.get(f"/runs/{failed}/?step={step_id('note')}").content.decode()

    assert 'aria-label="Input"' in page
    assert 'aria-label="Output"' in page


def test_a_waiting_run_says_when_it_goes_on(client: Client, waiting: UUID) -> None:
    page = client.get(f"/runs/{waiting}/?step=").content.decode()

    assert "Goes on" in page
    assert "in 2 d" in page


def test_a_waiting_run_can_be_cancelled(client: Client, waiting: UUID) -> None:
    with rung():
        response = client.post(f"/runs/{waiting}/cancel/")

    assert response["Location"] == f"/runs/{waiting}/"
    assert Run.objects.get(pk=waiting).status == "cancelled"


def test_a_failed_run_is_tried_again_from_the_failed_step(client: Client, failed: UUID) -> None:
    with rung():
        response = client.post(f"/runs/{failed}/retry/")

    successor = Run.objects.get(parent_run_id=failed)
    assert response["Location"] == f"/runs/{successor.pk}/"
    assert [row.step_id for row in successor.steps.all()] == [step_id("note")]


def test_a_run_that_has_not_failed_is_not_tried_again(client: Client, waiting: UUID) -> None:
    response = client.post(f"/runs/{waiting}/retry/", follow=True)

    assert "Only a run that failed" in response.content.decode()
    assert not Run.objects.filter(parent_run_id=waiting).exists()


def test_a_viewer_looks_but_does_not_touch(viewer: User, waiting: UUID) -> None:
    client = Client()
    client.force_login(viewer)

    assert "Cancel run" not in client.get(f"/runs/{waiting}/").content.decode()
    assert client.post(f"/runs/{waiting}/cancel/").status_code == 403
