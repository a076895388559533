"""The workflow editor's page."""

from django.test import Client

from tests.builder.conftest import MAIL, REST
from workflows.models import Workflow
from workflows.services import drafting
from workspaces.services import audit

ADA = audit.system("Ada")


def test_the_chain_shows_every_step_with_its_number(client: Client, url: str) -> None:
    page = client.get(url).content.decode()

    assert 'id="n-trigger"' in page
    assert f'step={REST}"><span class="n">2.</span>' in page
    assert f'step={MAIL}"><span class="n">3.</span> Thank</a>' in page
    assert f'href="?add=after:{REST}"' in page


def test_a_step_s_address_shows_its_panel(client: Client, url: str) -> None:
    page = client.get(f"{url}?step={REST}").content.decode()

    assert 'id="step-form"' in page
    assert 'name="i.path"' in page
    assert "/orders" in page


def test_the_plus_s_address_shows_the_step_picker(client: Client, url: str) -> None:
    page = client.get(f"{url}?add=after:{REST}").content.decode()

    assert "Add a step" in page
    assert "REST API" in page
    assert "It lands here, after 2" in page


def test_the_outline_lists_every_step_with_what_is_wrong(
    client: Client, url: str, workflow: Workflow
) -> None:
    steps = workflow.draft["steps"]
    drafting.save_step(workflow, REST, revision=workflow.draft_revision, inputs={}, connection=None, by=ADA)

    page = client.get(f"{url}outline/").content.decode()

    assert page.count("data-jump=") == len(steps) == 3
    assert "1 step needs setup" in page
