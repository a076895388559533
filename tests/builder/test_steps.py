"""Adding, duplicating, moving, disabling, deleting a step and bringing it back."""

from collections.abc import Callable
from html import unescape
from typing import Any

from django.test import Client

from builder.presenters.pieces import item_of
from tests.builder.conftest import MAIL, PREPARE, REST
from workflows.models import Workflow
from workflows.services import drafting
from workspaces.services import audit


def ids(workflow: Workflow) -> list[str]:
    workflow.refresh_from_db()
    return [step["id"] for step in workflow.draft["steps"]]


def add(client: Client, url: str, workflow: Workflow, anchor: str, **over: Any) -> Any:
    form = {"anchor": anchor, "action": "flow.delay@1", "rev": workflow.draft_revision, **over}
    return client.post(f"{url}steps/", form)


def test_a_step_is_added_where_the_plus_was(client: Client, url: str, workflow: Workflow) -> None:
    response = add(client, url, workflow, f"after:{PREPARE}")

    added = ids(workflow)[1]
    assert ids(workflow) == [PREPARE, added, REST, MAIL]
    assert response.status_code == 302
    assert response["Location"] == f"{url}?step={added}"


def test_htmx_gets_the_new_card_and_the_numbers_below_it(
    htmx: Callable[..., Client], url: str, workflow: Workflow
) -> None:
    response = add(htmx(query=f"?add=after:{PREPARE}"), url, workflow, f"after:{PREPARE}")

    page = unescape(response.content.decode())
    added = ids(workflow)[1]
    assert f'hx-swap-oob="afterend:{item_of(PREPARE)}"' in page
    assert f'hx-swap-oob="outerHTML:#a-{MAIL} > .n">4.</span>' in page
    assert f'id="n-{MAIL}"' not in page
    assert f"{item_of(PREPARE)} > :is(.plus, .slot)" in page  # the open place is closed again
    assert "Delay added as step 2" in page
    assert response["HX-Push-Url"] == f"{url}?step={added}"
    assert response["HX-Retarget"] == "#panel"


def test_a_place_that_is_gone_is_asked_for_again(
    htmx: Callable[..., Client], url: str, workflow: Workflow
) -> None:
    response = add(htmx(query="?add=after:s_gone00001"), url, workflow, "after:s_gone00001", q="del")

    page = response.content.decode()
    assert response.status_code == 409
    assert "That spot changed" in page
    assert 'value="del"' in page


def test_an_action_nobody_knows_is_refused(client: Client, url: str, workflow: Workflow) -> None:
    response = add(client, url, workflow, "start", action="no.such@1")

    assert response.status_code == 302
    assert ids(workflow) == [PREPARE, REST, MAIL]


def test_the_first_step_replaces_the_empty_chain(
    htmx: Callable[..., Client], url: str, workflow: Workflow
) -> None:
    by = audit.system("test")
    for step_id in (PREPARE, REST, MAIL):
        drafting.remove_step(workflow, step_id, by=by)

    page = add(htmx(query="?add=start"), url, workflow, "start").content.decode()

    assert 'id="chain"' in page


def test_where_the_first_step_lands_is_drawn_in_an_empty_chain(
    htmx: Callable[..., Client], url: str, workflow: Workflow
) -> None:
    by = audit.system("test")
    for step_id in (PREPARE, REST, MAIL):
        drafting.remove_step(workflow, step_id, by=by)

    opened = htmx("panel").get(f"{url}?add=start").content.decode()
    closed = htmx("panel", query="?add=start").get(url).content.decode()

    assert "It lands here" in opened
    assert "Add first step" in closed
    assert all('id="chain"' in page for page in (opened, closed))


def test_a_copy_stands_below_its_original(client: Client, url: str, workflow: Workflow) -> None:
    response = client.post(f"{url}steps/{REST}/duplicate/", {"rev": workflow.draft_revision})

    before, copy, after = ids(workflow)[1:]
    assert (before, after) == (REST, MAIL)
    assert response["Location"] == f"{url}?step={copy}"


def test_a_step_moves_up_and_down(client: Client, url: str, workflow: Workflow) -> None:
    client.post(f"{url}steps/{REST}/move/", {"to": "up"})
    assert ids(workflow) == [REST, PREPARE, MAIL]

    client.post(f"{url}steps/{REST}/move/", {"to": "down"})
    client.post(f"{url}steps/{REST}/move/", {"to": "down"})
    assert ids(workflow) == [PREPARE, MAIL, REST]


def test_moving_draws_the_card_at_its_new_place(
    htmx: Callable[..., Client], url: str, workflow: Workflow
) -> None:
    page = unescape(htmx().post(f"{url}steps/{MAIL}/move/", {"to": "up"}).content.decode())

    assert f'<li hx-swap-oob="delete:{item_of(MAIL)}">' in page
    assert f'hx-swap-oob="afterend:{item_of(PREPARE)}"' in page
    assert "Moved to position 2 of 3" in page


def test_a_disabled_step_says_so_on_its_card(
    htmx: Callable[..., Client], url: str, workflow: Workflow
) -> None:
    page = htmx().post(f"{url}steps/{REST}/enabled/", {"enabled": "no"}).content.decode()

    workflow.refresh_from_db()
    assert workflow.draft["steps"][1]["enabled"] is False
    assert f'id="n-{REST}" hx-swap-oob="true"' in page
    assert "Disabled" in page


def test_deleting_offers_to_undo(client: Client, url: str, workflow: Workflow) -> None:
    response = client.post(f"{url}steps/{REST}/delete/")

    change = workflow.changes.get(operation="step_removed")
    assert ids(workflow) == [PREPARE, MAIL]
    assert response["Location"] == f"{url}?deleted={change.pk}"
    assert "The step was deleted." in client.get(response["Location"]).content.decode()

    client.post(f"{url}restore/", {"value": str(change.pk)})
    assert ids(workflow) == [PREPARE, REST, MAIL]


def test_the_step_that_read_it_needs_setup_at_once(
    htmx: Callable[..., Client], url: str, workflow: Workflow
) -> None:
    inputs = {"to": "{{ steps.look_up.output.body.mail }}", "subject": "S", "text": "T"}
    mail = workflow.draft["steps"][2]
    drafting.save_step(
        workflow,
        MAIL,
        revision=workflow.draft_revision,
        inputs=inputs,
        connection=mail["connection"],
        by=audit.system("test"),
    )

    page = htmx(query=f"?step={REST}").post(f"{url}steps/{REST}/delete/").content.decode()

    assert f'<li hx-swap-oob="delete:{item_of(REST)}">' in unescape(page)
    assert f'id="n-{MAIL}" hx-swap-oob="true"' in page
    assert "Needs setup" in page
    assert "Undo" in page


def test_what_was_deleted_elsewhere_cannot_be_restored_here(client: Client, url: str) -> None:
    assert client.post(f"{url}restore/", {"value": "not an id"}).status_code == 404


def test_the_menu_has_what_can_be_done(htmx: Callable[..., Client], url: str) -> None:
    page = htmx(target="menu").get(f"{url}steps/{PREPARE}/menu/").content.decode()

    assert "Duplicate" in page
    assert "Move down" in page
    assert "Move up" not in page
