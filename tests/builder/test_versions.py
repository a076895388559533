"""What a version held, how two differ, going back to one; and a workflow as a file."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from tests.builder.conftest import MAIL
from tests.builder.test_publishing import change
from tests.support.runs import rung, start_run
from workflows.models import Run, Workflow
from workflows.services import publishing
from workspaces.services import audit


@pytest.fixture
def second(workflow: Workflow) -> Workflow:
    """Its mail says something else in v2, and again in the draft."""
    change(workflow, "Second")
    publishing.publish(workflow, revision=workflow.draft_revision, by=audit.system("Tom"))
    workflow.refresh_from_db()
    change(workflow, "Third")
    return workflow


def page(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def subject(workflow: Workflow) -> object:
    workflow.refresh_from_db()
    return next(step for step in workflow.draft["steps"] if step["id"] == MAIL)["inputs"]["subject"]


def test_a_version_shows_what_its_steps_held(client: Client, url: str, second: Workflow) -> None:
    shown = page(client, f"{url}versions/1/")

    assert "<ins>Thanks</ins>" in shown
    assert "Second" not in shown


@pytest.mark.parametrize(
    ("query", "before", "after"),
    [("from=1&to=2", "Thanks", "Second"), ("from=1", "Thanks", "Third"), ("from=2&to=1", "Second", "Thanks")],
)
def test_any_two_are_compared_field_by_field(
    client: Client, url: str, second: Workflow, query: str, before: str, after: str
) -> None:
    shown = page(client, f"{url}versions/compare/?{query}")

    assert f"<del>{before}</del><ins>{after}</ins>" in shown


@pytest.mark.parametrize("query", ["", "from=9", "from=x", "from=1&to=9", "from=1&to=²", "from=99999999999"])
def test_what_is_no_version_cannot_be_compared(
    client: Client, url: str, second: Workflow, query: str
) -> None:
    assert client.get(f"{url}versions/compare/?{query}").status_code == 404


def test_restoring_makes_the_version_the_draft_and_leaves_what_is_live(
    client: Client, url: str, second: Workflow
) -> None:
    live = second.live_version_id

    answer = client.post(f"{url}versions/1/restore/", {"rev": second.draft_revision})

    assert answer.status_code == 302
    assert (subject(second), second.live_version_id) == ("Thanks", live)


def test_restoring_over_a_change_that_was_not_seen_is_refused(
    client: Client, url: str, second: Workflow
) -> None:
    client.post(f"{url}versions/1/restore/", {"rev": second.draft_revision - 1})

    assert subject(second) == "Third"


def test_rolling_back_makes_it_live_and_leaves_the_draft(client: Client, url: str, second: Workflow) -> None:
    client.post(f"{url}versions/1/roll-back/")

    assert subject(second) == "Third"
    assert second.live_version and second.live_version.number == 1


def upload(client: Client, url: str, content: object, revision: int) -> Any:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return client.post(f"{url}import/", {"rev": revision, "file": SimpleUploadedFile("w.json", raw)})


def test_what_is_exported_can_be_imported(client: Client, url: str, second: Workflow) -> None:
    exported = client.get(f"{url}export/")
    assert exported["Content-Disposition"] == 'attachment; filename="after.json"'
    change(second, "Fourth")

    answer = upload(client, url, json.loads(exported.content), second.draft_revision)

    assert answer.status_code == 302
    assert subject(second) == "Third"


def test_connections_of_another_workspace_are_left_out_and_said(
    client: Client, url: str, second: Workflow
) -> None:
    document = json.loads(client.get(f"{url}export/").content)
    document["steps"][1]["connection"] = "0190a000-0000-7000-8000-000000000000"

    answer = client.get(upload(client, url, document, second.draft_revision).url)

    assert "1 step needs a connection" in answer.content.decode()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nonsense",
        b"[]",
        b'{"schema": 1}',
        b'{"schema": 99, "settings": {"name": "x"}, "steps": []}',
        b"\xff\xfe",
    ],
)
def test_a_file_that_is_no_workflow_is_refused_with_the_reason(
    client: Client, url: str, second: Workflow, content: bytes
) -> None:
    answer = upload(client, url, content, second.draft_revision)

    assert answer.status_code == 422
    assert "The file was not imported" in answer.content.decode()
    assert subject(second) == "Third"


def test_an_import_over_a_change_that_was_not_seen_is_refused(
    client: Client, url: str, second: Workflow
) -> None:
    document = json.loads(client.get(f"{url}export/").content)

    answer = upload(client, url, document, second.draft_revision - 1)

    assert answer.status_code == 409


def test_of_runs_that_wait_one_is_asked_before_rolling_back(
    client: Client, url: str, second: Workflow
) -> None:
    assert second.live_version
    with rung():
        run_id = start_run(second.live_version)
    Run.objects.filter(pk=run_id).update(wait_reason="delay", next_at=timezone.now() + timedelta(days=2))

    assert 'href="' + f'{url}versions/1/roll-back/" data-dialog' in client.get(f"{url}versions/").text
    asked = client.get(f"{url}versions/1/roll-back/").text
    assert "1 run is waiting in v2" in asked
    assert 'name="waiting" value="cancel"' in asked

    client.post(f"{url}versions/1/roll-back/", {"waiting": "cancel"})
    assert Run.objects.get().status == "cancelled"
