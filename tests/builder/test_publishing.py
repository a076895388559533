"""Publishing a draft, undoing its changes, and the versions there have been."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.builder.conftest import MAIL, PREPARE
from tests.support.runs import start_run
from workflows.models import Run, Workflow
from workflows.services import drafting
from workspaces.services import audit


def change(workflow: Workflow, subject: str = "Other") -> None:
    mail = next(step for step in workflow.draft["steps"] if step["id"] == MAIL)
    drafting.save_step(
        workflow,
        MAIL,
        revision=workflow.draft_revision,
        inputs={**mail["inputs"], "subject": subject},
        connection=mail["connection"],
        by=audit.system("Tom"),
    )
    workflow.refresh_from_db()


def publish(client: Client, url: str, workflow: Workflow, **over: Any) -> Any:
    return client.post(f"{url}publish/", {"rev": workflow.draft_revision, "note": "Better", **over})


def test_without_changes_there_is_no_banner(client: Client, url: str) -> None:
    assert "Unpublished changes" not in client.get(url).content.decode()


def test_a_change_shows_the_banner_with_counts_and_authors(
    client: Client, url: str, workflow: Workflow
) -> None:
    change(workflow)

    page = client.get(url).content.decode()

    assert "Unpublished changes" in page
    assert "1 edited · by Tom" in page
    assert '<span class="mk">Edited</span>' in page


def test_changing_a_value_back_by_hand_removes_the_banner(
    client: Client, url: str, workflow: Workflow
) -> None:
    change(workflow, "Other")
    change(workflow, "Thanks")

    assert "Unpublished changes" not in client.get(url).content.decode()


def test_the_review_shows_what_changes_field_by_field(client: Client, url: str, workflow: Workflow) -> None:
    change(workflow)

    page = client.get(f"{url}changes/").content.decode()

    assert "<del>Thanks</del>" in page
    assert "<ins>Other</ins>" in page


def test_in_the_dialog_the_editor_is_swapped_and_on_its_own_page_the_form_is_a_plain_one(
    client: Client, url: str, workflow: Workflow, htmx: Callable[..., Client]
) -> None:
    """There is no panel on that page that an answer could go to."""
    change(workflow)

    for place in ("changes/", "undo/", f"steps/{MAIL}/move/"):
        assert "hx-post" not in client.get(url + place).content.decode(), place
        assert "hx-post" in htmx("dialog").get(url + place).content.decode(), place


def test_publishing_makes_the_next_version_live(client: Client, url: str, workflow: Workflow) -> None:
    change(workflow)

    response = publish(client, url, workflow)

    workflow.refresh_from_db()
    assert response.status_code == 302
    assert workflow.live_version is not None
    assert (workflow.live_version.number, workflow.live_version.note) == (2, "Better")
    assert "v2 is live" in client.get(url).content.decode()


def test_a_problem_blocks_publishing_and_says_where(client: Client, url: str, workflow: Workflow) -> None:
    change(workflow, "")

    response = publish(client, url, workflow)

    page = response.content.decode()
    assert response.status_code == 422
    assert "1 problem to fix" in page
    assert f'href="{url}?step={MAIL}#i-subject"' in page
    assert "Better" in page


def test_a_draft_that_moved_on_is_reviewed_again(client: Client, url: str, workflow: Workflow) -> None:
    change(workflow)
    seen = workflow.draft_revision
    change(workflow, "Newest")

    response = publish(client, url, workflow, rev=seen)

    assert response.status_code == 409
    assert "1 more change arrived" in response.content.decode()


def test_in_the_dialog_a_refusal_is_drawn_in_the_dialog(
    htmx: Callable[..., Client], url: str, workflow: Workflow
) -> None:
    change(workflow, "")

    response = publish(htmx(target="dialog"), url, workflow)

    page = response.content.decode()
    assert response.status_code == 422
    assert 'id="dialog-title"' in page
    assert "<html" not in page


def test_in_the_dialog_success_closes_it_and_draws_the_page(
    htmx: Callable[..., Client], url: str, workflow: Workflow
) -> None:
    change(workflow)

    response = publish(htmx(target="dialog"), url, workflow)

    page = response.content.decode()
    assert response["HX-Trigger"] == "close-dialog"
    assert "Live v2" in page
    assert "v2 is live" in page


def test_undo_asks_then_returns_to_what_is_live(client: Client, url: str, workflow: Workflow) -> None:
    change(workflow)

    assert "Undo all changes since v1?" in client.get(f"{url}undo/").content.decode()
    response = client.post(f"{url}undo/", {"rev": workflow.draft_revision})

    workflow.refresh_from_db()
    assert response.status_code == 302
    assert workflow.live_version is not None
    assert workflow.draft_sha256 == workflow.live_version.sha256


def test_what_was_undone_can_be_brought_back(client: Client, url: str, workflow: Workflow) -> None:
    change(workflow)
    undone = workflow.draft_sha256
    response = client.post(f"{url}undo/", {"rev": workflow.draft_revision})
    kept = workflow.changes.get(operation="undone")

    assert "Bring them back" in client.get(response["Location"]).content.decode()
    client.post(f"{url}bring-back/", {"value": str(kept.pk)})

    workflow.refresh_from_db()
    assert workflow.draft_sha256 == undone


def test_nothing_published_has_nothing_to_undo(client: Client, url: str, workflow: Workflow) -> None:
    drafting.remove_step(workflow, PREPARE, by=audit.system("test"))
    workflow.refresh_from_db()
    workflow.live_version = None
    workflow.save(update_fields=["live_version"])

    page = client.get(url).content.decode()

    assert "Not live yet" in page
    assert "Undo Changes" not in page
    assert client.post(f"{url}undo/", {"rev": workflow.draft_revision}).status_code == 302


def test_versions_are_listed_newest_first(client: Client, url: str, workflow: Workflow) -> None:
    change(workflow)
    publish(client, url, workflow)

    page = client.get(f"{url}versions/").content.decode()

    assert page.index("v2") < page.index("v1")
    assert "Better" in page


# --- The runs that wait ------------------------------------------------------------------------------------
def asleep(workflow: Workflow) -> Run:
    """A run of the live version, made to wait at its first step."""
    assert workflow.live_version
    run_id = start_run(workflow.live_version)
    tomorrow = timezone.now() + timedelta(days=1)
    Run.objects.filter(pk=run_id).update(wait_reason="delay", next_at=tomorrow, cur_path=PREPARE)
    return Run.objects.get(pk=run_id)


def test_the_review_asks_what_becomes_of_the_runs_that_wait(
    client: Client, workflow: Workflow, url: str
) -> None:
    asleep(workflow)
    change(workflow)

    page = client.get(f"{url}changes/").content.decode()

    assert "1 run is waiting in v1" in page
    assert "Let it finish on v1" in page
    assert "It waits at a step that still exists." in page


@pytest.mark.parametrize(
    ("choice", "told", "status"),
    [
        ("move", "v2 is live, 1 moved", "cancelled"),
        ("cancel", "v2 is live, 1 cancelled", "cancelled"),
        ("keep", "v2 is live", "queued"),
        ("nonsense", "v2 is live", "queued"),
    ],
)
def test_publishing_says_what_became_of_them(
    client: Client, workflow: Workflow, url: str, choice: str, told: str, status: str
) -> None:
    run = asleep(workflow)
    change(workflow)

    publish(client, url, workflow, waiting=choice)

    assert told in client.get(url).content.decode()
    assert Run.objects.get(pk=run.pk).status == status
