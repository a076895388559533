"""What is read with prepared statements is what the ORM would give."""

from typing import Any

import pytest
from django.db.models import Model

from tests.support.make import make_workspace
from tests.support.runs import make_version, set_values, start_run
from workflows import reading
from workflows.engine.advancing import advance_one
from workflows.models import Run, StepRun, Workflow
from workspaces.models import Workspace


def stored(row: Model) -> dict[str, Any]:
    return {name: value for name, value in vars(row).items() if not name.startswith("_")}


@pytest.mark.django_db
def test_a_run_and_its_steps_are_read_as_they_are(workspace: Workspace) -> None:
    version = make_version(workspace, set_values("first", text="one"), set_values("second", text="two"))
    run_id = start_run(version)
    advance_one(run_id)

    run = reading.run(run_id)

    assert stored(run) == stored(Run.objects.get(pk=run_id))
    assert [stored(step) for step in reading.steps(run)] == [
        stored(step) for step in StepRun.objects.filter(run=run_id).order_by("seq", "attempt")
    ]


@pytest.mark.django_db
def test_a_workflow_comes_with_its_live_version_and_reads_its_draft_when_asked(workspace: Workspace) -> None:
    version = make_version(workspace, set_values("first", text="one"))
    Workflow.objects.filter(pk=version.workflow_id).update(live_version=version)

    found = reading.workflow(workspace, version.workflow_id)

    assert found
    assert found.live_version == version
    assert "draft" not in vars(found)
    assert found.draft == Workflow.objects.get(pk=found.pk).draft


@pytest.mark.django_db
def test_a_workflow_of_another_workspace_is_not_found(workspace: Workspace) -> None:
    version = make_version(workspace, set_values("first", text="one"))

    assert reading.workflow(make_workspace("beta"), version.workflow_id) is None
