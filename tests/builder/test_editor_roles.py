"""Who may only read sees the same chain and no forms; what it costs does not grow with the chain."""

import gzip

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.builder.conftest import REST
from tests.support.make import make_agent, make_published_workflow, make_step
from workspaces.models import User, Workspace


@pytest.mark.parametrize("query", ["", f"?step={REST}", "?step=settings", "?add=start"])
def test_a_viewer_reads_without_forms(viewer: User, url: str, query: str) -> None:
    client = Client()
    client.force_login(viewer)

    page = client.get(url + query).content.decode()

    assert "Look up" in page
    assert "<form" not in page
    assert 'class="plus"' not in page


def test_a_viewer_reads_what_is_set(viewer: User, url: str) -> None:
    client = Client()
    client.force_login(viewer)

    page = client.get(f"{url}?step={REST}").content.decode()

    assert "<dt>Path</dt><dd>/orders</dd>" in page


@pytest.mark.parametrize("query", ["", "?step={0}", "?step=settings", "?add=after:{0}"])
def test_the_editor_asks_at_most_eight_times(
    client: Client,
    workspace: Workspace,
    query: str,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    steps = [make_step(f"step_{number}", id=f"s_number{number:04}") for number in range(100)]
    workflow = make_published_workflow(make_agent(workspace), "long", steps=steps)
    address = f"/workflows/{workflow.pk}/{query.format('s_number0050')}"

    client.get(f"/workflows/{workflow.pk}/")  # the first opening of a session is noted in it

    with django_assert_max_num_queries(8):
        client.get(address)


def test_a_chain_of_200_steps_stays_small(client: Client, workspace: Workspace) -> None:
    steps = [make_step(f"step_{number}", id=f"s_number{number:04}") for number in range(200)]
    workflow = make_published_workflow(make_agent(workspace), "long", steps=steps)

    page = client.get(f"/workflows/{workflow.pk}/").content

    assert len(page) < 150_000
    assert len(gzip.compress(page)) < 15_000


def test_the_variables_of_a_long_chain_come_by_themselves(client: Client, workspace: Workspace) -> None:
    steps = [make_step(f"step_{number}", id=f"s_number{number:04}") for number in range(80)]
    url = f"/workflows/{make_published_workflow(make_agent(workspace), 'long', steps=steps).pk}/"

    panel = client.get(f"{url}?step=s_number0070").content.decode()
    offered = client.get(f"{url}variables/?step=s_number0070").content.decode()

    assert f'hx-get="{url}variables/?step=s_number0070"' in panel
    assert "steps.step_69.output.greeting" in offered
    assert "steps.step_70.output" not in offered
