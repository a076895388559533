"""An open chain learns what others did to it, and who they are; its own changes it has drawn already."""

import time
from typing import Any

import pytest

from builder.presenters import opened
from builder.presenters.chain import Chosen
from builder.together import ChainEditor, chosen_in
from tests.builder.conftest import MAIL, PREPARE, REST
from workflows.definition.operations import Anchor
from workflows.models import Workflow
from workflows.services import drafting, publishing
from workspaces.models import User
from workspaces.services.audit import Actor

ADA = Actor(name="ada@example.com", tab="hers")
MINE = Actor(name="me@example.com", tab="mine")


@pytest.fixture
def page(workflow: Workflow, editor: User) -> ChainEditor:
    socket = ChainEditor()
    socket.scope = {"query_string": f"tab=mine&rev={workflow.draft_revision}".encode()}
    socket._others = {}
    look(socket, workflow, editor)
    assert socket.draw() == ""
    return socket


def look(socket: ChainEditor, workflow: Workflow, person: User) -> None:
    """As `find_groups` does before each push."""
    found = Workflow.objects.select_related("workspace", *opened.RELATED).get(pk=workflow.pk)
    socket.workflow, socket.membership = found, person.memberships.get()


def pushed(socket: ChainEditor, workflow: Workflow) -> str:
    look(socket, workflow, socket.membership.user)
    return socket.draw()


def add(workflow: Workflow, by: Actor) -> str:
    _, step = drafting.add_step(workflow, anchor=Anchor("after", REST), action_ref="flow.stop@1", by=by)
    return step.id


def test_a_step_added_by_somebody_else_comes_as_one_card(page: ChainEditor, workflow: Workflow) -> None:
    added = add(workflow, ADA)

    html = pushed(page, workflow)

    assert f'id="n-{added}"' in html
    assert f'id="n-{PREPARE}"' not in html
    assert 'id="banner"' in html
    assert pushed(page, workflow) == ""


def test_what_this_page_did_itself_is_not_sent_again(page: ChainEditor, workflow: Workflow) -> None:
    add(workflow, MINE)

    assert pushed(page, workflow) == ""
    added = add(workflow, ADA)
    assert f'id="n-{added}"' in pushed(page, workflow)


def test_changes_of_both_at_once_draw_the_whole_chain(page: ChainEditor, workflow: Workflow) -> None:
    ids = {add(workflow, MINE), add(workflow, ADA)}

    html = pushed(page, workflow)

    assert 'id="chain"' in html
    assert all(html.count(f'id="n-{id_}"') == 1 for id_ in ids)


def test_a_page_that_was_drawn_before_the_change_is_brought_up_to_date(
    page: ChainEditor, workflow: Workflow
) -> None:
    page.here = None
    add(workflow, ADA)

    assert 'id="chain"' in pushed(page, workflow)


def test_the_open_panel_is_told_of_a_change_and_stays(page: ChainEditor, workflow: Workflow) -> None:
    page.chosen = Chosen(step=REST)
    drafting.enable_step(workflow, MAIL, is_enabled=False, by=ADA)
    assert 'id="news"' not in pushed(page, workflow)

    drafting.enable_step(workflow, REST, is_enabled=False, by=ADA)
    html = pushed(page, workflow)
    assert "<b>ada</b> changed this step" in html
    assert 'id="step-form"' not in html
    assert f'id="a-{REST}" href="?step={REST}" aria-current="true"' in html

    drafting.remove_step(workflow, REST, by=ADA)
    assert "<b>ada</b> deleted this step" in pushed(page, workflow)


def test_publishing_elsewhere_changes_the_bar(page: ChainEditor, workflow: Workflow) -> None:
    drafting.enable_step(workflow, MAIL, is_enabled=False, by=MINE)
    pushed(page, workflow)
    workflow.refresh_from_db()
    publishing.publish(workflow, revision=workflow.draft_revision, by=ADA)

    html = pushed(page, workflow)

    assert "Live v2" in html
    assert 'id="chain"' not in html


def test_others_stand_on_the_cards_where_they_are(page: ChainEditor, workflow: Workflow) -> None:
    me = str(page.membership.user.pk)
    page._others = {
        "a": person("ada", REST),
        "b": {**person("me", MAIL), "user": me},
        "c": {**person("gone", MAIL), "at": time.monotonic() - 90},
    }

    html = pushed(page, workflow)

    assert f'data-on="{REST}" title="ada · step 2"' in html
    assert f'data-on="{MAIL}" title="You, in another tab · step 3"' in html
    assert "gone" not in html
    assert pushed(page, workflow) == ""


def person(name: str, on: str) -> dict[str, Any]:
    return {"user": "other", "name": name, "on": on, "asks": False, "at": time.monotonic()}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"step": 1}', '{"step": "<b>"}', "null", '{"step": null}'])
def test_what_is_no_place_is_nothing(text: str) -> None:
    assert chosen_in(text) == Chosen()


def test_a_page_says_where_it_is() -> None:
    assert chosen_in('{"step": "s_abc", "add": "after:s_abc", "more": 1}') == Chosen(
        step="s_abc", add="after:s_abc"
    )
