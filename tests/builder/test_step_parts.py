"""A step's name, note and action, changed without its panel; nobody's change is overwritten unseen."""

from collections.abc import Callable
from typing import Any

from django.test import Client

from tests.builder.conftest import MAIL, PREPARE, REST
from workflows.models import Workflow
from workflows.services import drafting
from workspaces.services import audit

ADA = audit.system("Ada")
GREETING = "{{ steps.prepare.output.greeting }}"


def stored(workflow: Workflow, index: int) -> Any:
    workflow.refresh_from_db()
    return workflow.draft["steps"][index]


def test_a_step_is_renamed_on_its_card_and_references_follow(
    htmx: Callable[..., Client], url: str, workflow: Workflow
) -> None:
    mail = stored(workflow, 2)
    inputs = {**mail["inputs"], "text": "{{ steps.look_up.output.status }}"}
    revision = workflow.draft_revision
    drafting.save_step(
        workflow, MAIL, revision=revision, inputs=inputs, connection=mail["connection"], by=ADA
    )

    page = htmx().post(f"{url}steps/{REST}/name/", {"label": "Find it", "was": "Look up"}).content.decode()

    assert "Step 2 is now Find it, 1 reference follows" in page
    assert stored(workflow, 2)["inputs"]["text"] == "{{ steps.find_it.output.status }}"


def test_a_name_given_meanwhile_is_not_overwritten(
    htmx: Callable[..., Client], url: str, workflow: Workflow
) -> None:
    drafting.rename_step(workflow, REST, label="Theirs", by=ADA)

    response = htmx().post(f"{url}steps/{REST}/name/", {"label": "Mine", "was": "Look up"})

    assert response.status_code == 409
    assert "Somebody named this step “Theirs” meanwhile" in response.content.decode()
    assert stored(workflow, 1)["label"] == "Theirs"


def test_a_note_stands_on_its_card(htmx: Callable[..., Client], url: str, workflow: Workflow) -> None:
    page = htmx().post(f"{url}steps/{REST}/note/", {"note": "Ask Ada", "was": ""}).content.decode()

    assert '<p class="note">' in page
    assert stored(workflow, 1)["note"] == "Ask Ada"


def test_two_notes_are_both_shown_before_one_is_kept(
    htmx: Callable[..., Client], url: str, workflow: Workflow
) -> None:
    drafting.note_step(workflow, REST, note="Theirs", was="", by=ADA)

    response = htmx().post(f"{url}steps/{REST}/note/", {"note": "Mine", "was": ""})

    page = response.content.decode()
    assert response.status_code == 409
    assert "It says: “Theirs”" in page
    assert "Mine</textarea>" in page
    assert stored(workflow, 1)["note"] == "Theirs"
    htmx().post(f"{url}steps/{REST}/note/", {"note": "Mine", "was": "Theirs"})
    assert stored(workflow, 1)["note"] == "Mine"


def test_another_action_is_picked_on_the_left_and_takes_its_place(
    client: Client, url: str, workflow: Workflow
) -> None:
    page = client.get(f"{url}?replace={REST}").content.decode()
    assert "Replace the action" in page
    assert f'action="{url}steps/{REST}/replace/"' in page

    client.post(f"{url}steps/{REST}/replace/", {"action": "flow.delay@1"})

    assert stored(workflow, 1)["id"] == REST
    assert stored(workflow, 1)["action"] == "flow.delay@1"
    assert stored(workflow, 1)["label"] == "Look up"


def test_deleting_what_others_use_says_where(
    htmx: Callable[..., Client], url: str, workflow: Workflow
) -> None:
    write_mail(workflow, GREETING)

    response = htmx().post(f"{url}steps/{PREPARE}/delete/", {"ask": "yes"})

    page = response.content.decode()
    assert response["HX-Retarget"] == "#dialog"
    assert "1 place uses what it gives" in page
    assert "3. Thank" in page
    assert "Delete anyway" in page
    assert stored(workflow, 0)["id"] == PREPARE
    htmx().post(f"{url}steps/{PREPARE}/delete/")
    assert stored(workflow, 0)["id"] == REST


def test_a_move_before_the_data_it_uses_is_asked_about(
    htmx: Callable[..., Client], client: Client, url: str, workflow: Workflow
) -> None:
    write_mail(workflow, GREETING)

    response = htmx().post(f"{url}steps/{MAIL}/move/", {"to": "start", "ask": "yes"})

    assert "all the same?" in response.content.decode()
    assert response["HX-Retarget"] == "#dialog"
    assert stored(workflow, 0)["id"] == PREPARE
    assert (
        "Move anyway"
        in client.post(f"{url}steps/{MAIL}/move/", {"to": "start", "ask": "yes"}).content.decode()
    )
    htmx().post(f"{url}steps/{MAIL}/move/", {"to": "start"})
    assert stored(workflow, 0)["id"] == MAIL


def test_a_move_that_breaks_nothing_is_made_at_once(
    htmx: Callable[..., Client], url: str, workflow: Workflow
) -> None:
    htmx().post(f"{url}steps/{MAIL}/move/", {"to": "up", "ask": "yes"})

    assert stored(workflow, 1)["id"] == MAIL


def write_mail(workflow: Workflow, text: str) -> None:
    mail = stored(workflow, 2)
    drafting.save_step(
        workflow,
        MAIL,
        revision=workflow.draft_revision,
        inputs={**mail["inputs"], "text": text},
        connection=mail["connection"],
        by=ADA,
    )
