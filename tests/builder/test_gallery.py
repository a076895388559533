"""The gallery of templates, and beginning with one of them."""

from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.support.make import make_agent, make_connection, make_workflow, make_workspace
from workflows import selectors
from workflows.gallery import templates
from workflows.models import Agent, Workflow
from workspaces.models import User, Workspace


@pytest.fixture
def agent(workspace: Workspace) -> Agent:
    return make_agent(workspace)


def use(client: Client, template: str, **over: Any) -> Any:
    return client.post(f"/w/acme/templates/{template}/", over)


def test_every_template_is_in_the_gallery(client: Client, workspace: Workspace) -> None:
    page = client.get("/w/acme/templates/").content.decode()

    for template in templates().values():
        assert template.file.name in page
        assert f"/w/acme/templates/{template.slug}/" in page


@pytest.mark.parametrize("slug", templates())
def test_a_template_shows_its_steps(client: Client, agent: Agent, slug: str) -> None:
    page = client.get(f"/w/acme/templates/{slug}/").content.decode()

    for step in templates()[slug].definition.steps:
        assert step.label in page


def test_using_one_opens_the_editor_at_the_first_step_to_set_up(client: Client, agent: Agent) -> None:
    response = use(client, "hand-over", agent=agent.pk)

    begun = Workflow.objects.get(agent=agent)
    assert response["Location"] == f"/workflows/{begun.pk}/?step=s_telltheteam"
    assert "Needs setup" in client.get(response["Location"]).content.decode()


def test_one_that_works_as_it_is_opens_at_its_settings(client: Client, agent: Agent) -> None:
    response = use(client, "order-status", agent=agent.pk)

    begun = Workflow.objects.get(agent=agent)
    assert response["Location"] == f"/workflows/{begun.pk}/?step=settings"
    assert not [problem for problem in selectors.problems(begun) if problem.is_error]


def test_a_connection_that_is_there_can_be_chosen(client: Client, agent: Agent, workspace: Workspace) -> None:
    post = make_connection(workspace, "email", "Post")
    make_connection(workspace, "rest", "Shop")
    page = client.get("/w/acme/templates/hand-over/").content.decode()
    assert (">Post</option>" in page, ">Shop</option>" in page) == (True, False)

    use(client, "hand-over", agent=agent.pk, connection_0=str(post.pk))

    assert Workflow.objects.get(agent=agent).draft["steps"][1]["connection"] == str(post.pk)


def test_a_connection_or_an_agent_of_elsewhere_cannot(client: Client, agent: Agent) -> None:
    elsewhere = make_workspace()
    theirs = make_connection(elsewhere, "email")

    connection = use(client, "hand-over", agent=agent.pk, connection_0=str(theirs.pk))
    other = use(client, "hand-over", agent=make_agent(elsewhere).pk)

    assert (connection.status_code, other.status_code) == (422, 422)
    assert not Workflow.objects.exists()


def test_a_second_post_conversation_workflow_asks_before_it_replaces(client: Client, agent: Agent) -> None:
    make_workflow(agent, "After", "post_conversation")

    asked = use(client, "ticket", agent=agent.pk)

    assert asked.status_code == 422
    assert "already has its post-conversation workflow" in asked.content.decode()
    assert 'name="is_replacing"' in asked.content.decode()
    assert use(client, "ticket", agent=agent.pk, is_replacing="on").status_code == 302
    assert Workflow.objects.get(agent=agent).draft["steps"][0]["slug"] == "was_it_solved"


def test_what_the_agent_finds_out_from_now_on_is_said(client: Client, agent: Agent) -> None:
    page = client.get(use(client, "ticket", agent=agent.pk)["Location"]).content.decode()

    assert "Mia finds out more from now on: Resolved, Topic." in page


def test_the_agents_page_leads_here_and_is_not_forgotten(client: Client, agent: Agent) -> None:
    other = make_agent(agent.workspace, "Abe")
    assert (
        f"/w/acme/templates/?agent={other.pk}#action" in client.get(f"/agents/{other.pk}/").content.decode()
    )

    gallery = client.get(f"/w/acme/templates/?agent={agent.pk}").content.decode()
    page = client.get(f"/w/acme/templates/refund/?agent={agent.pk}").content.decode()

    assert f"/w/acme/templates/refund/?agent={agent.pk}" in gallery
    assert f'value="{agent.pk}" selected' in page


def test_without_an_agent_one_is_made_first(client: Client, workspace: Workspace) -> None:
    page = client.get("/w/acme/templates/refund/").content.decode()

    assert "New agent" in page
    assert "Use template" not in page


def test_a_viewer_looks_and_begins_nothing(viewer: User, agent: Agent) -> None:
    client = Client()
    client.force_login(viewer)

    assert "Use template" not in client.get("/w/acme/templates/refund/").content.decode()
    assert use(client, "refund", agent=agent.pk).status_code == 403


def test_a_template_that_is_not_there_is_not_found(client: Client, workspace: Workspace) -> None:
    assert client.get("/w/acme/templates/nothing/").status_code == 404


def test_the_gallery_asks_little(
    client: Client, agent: Agent, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(8):
        client.get("/w/acme/templates/")
