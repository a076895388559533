"""What is old goes: first what runs took and gave, then the runs; what goes on is never touched."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import F
from django.utils import timezone

from connectors.declare import Inputs
from connectors.errors import Rejected
from tests.support.make import (
    make_agent,
    make_api_key,
    make_document,
    make_published_workflow,
    make_step,
    make_workflow,
    make_workspace,
)
from tests.support.probe import Probe, note
from tests.support.runs import Rung, apps, make_version, rung, start_run
from workflows.engine import claiming
from workflows.engine.advancing import advance
from workflows.errors import NotRetryable, StaleDraft
from workflows.models import (
    Agent,
    AgentChange,
    DraftChange,
    Outbox,
    Run,
    RunEvent,
    StepRun,
    Workflow,
    WorkflowVersion,
)
from workflows.services import agents, drafting, operating, outbox, retention
from workflows.services.drafts import CHANGES_KEPT
from workspaces.models import IdempotentAnswer, Workspace
from workspaces.services import audit

pytestmark = pytest.mark.django_db
BY = audit.system("test")


@pytest.fixture(autouse=True)
def bell() -> Iterator[Rung]:
    with rung() as bell:
        yield bell


@pytest.fixture
def probe() -> Iterator[Probe]:
    probe = Probe()
    with apps(probe.app()):
        yield probe


@pytest.fixture
def version(workspace: Workspace, probe: Probe) -> WorkflowVersion:
    return make_version(workspace, note("only"), kind="post_conversation")


def prune() -> dict[str, int]:
    counts: dict[str, int] = {}
    for batch in retention.batches():
        counts[batch.what] = counts.get(batch.what, 0) + batch.count
    return {what: count for what, count in counts.items() if count}


def ended(version: WorkflowVersion, probe: Probe, *, days_ago: float, fails: bool = False) -> UUID:
    def act(_: Inputs) -> Any:
        if fails:
            raise Rejected("No such order 4711.")
        return {"order": 4711}

    probe.then = act
    run_id = start_run(version, input={"action": {"order": 4711}})
    advance(run_id, "background")
    age(run_id, days_ago)
    return run_id


def age(run_id: UUID, days: float) -> None:
    span = timedelta(days=days)
    Run.objects.filter(pk=run_id).update(
        created_at=F("created_at") - span, finished_at=F("finished_at") - span
    )


def test_after_thirty_days_only_what_happened_is_kept(version: WorkflowVersion, probe: Probe) -> None:
    old, young = ended(version, probe, days_ago=31), ended(version, probe, days_ago=29)
    before = Run.objects.values().get(pk=young)

    assert prune() == {"payloads": 1}

    run = Run.objects.get(pk=old)
    assert (run.input, run.result, run.status) == ({}, None, "succeeded")
    assert run.pruned_at
    step = run.steps.get()
    assert (step.input, step.output, step.status) == (None, None, "succeeded")
    assert Run.objects.values().get(pk=young) == before
    assert StepRun.objects.get(run=young).output == {"order": 4711}


def test_of_an_error_only_its_kind_and_place_are_kept(version: WorkflowVersion, probe: Probe) -> None:
    run_id = ended(version, probe, days_ago=31, fails=True)

    prune()

    run = Run.objects.get(pk=run_id)
    assert run.error == {
        "code": "rejected",
        "step_id": "s_only0000",
        "path": "s_only0000",
        "action": "probe.note@1",
    }
    step = run.steps.get()
    assert (step.error, step.error_class) == (None, "rejected")


def test_only_payload_columns_of_an_ended_run_change(version: WorkflowVersion, probe: Probe) -> None:
    """What I9 allows."""
    run_id = ended(version, probe, days_ago=31, fails=True)
    before: dict[str, Any] = dict(Run.objects.values().get(pk=run_id))

    prune()

    after: dict[str, Any] = dict(Run.objects.values().get(pk=run_id))
    assert {name for name in after if after[name] != before[name]} == {"input", "error", "pruned_at"}


def test_a_workspace_chooses_its_days(workspace: Workspace, version: WorkflowVersion, probe: Probe) -> None:
    Workspace.objects.filter(pk=workspace.pk).update(payload_days=7, run_days=40)
    ended(version, probe, days_ago=8)
    ended(version, probe, days_ago=41)

    assert prune() == {"payloads": 2, "runs": 1}


def test_after_ninety_days_a_run_and_all_that_belongs_to_it_go(
    workspace: Workspace, version: WorkflowVersion, probe: Probe
) -> None:
    run_id = ended(version, probe, days_ago=91)
    RunEvent.objects.create(workspace=workspace, run_id=run_id, payload={}, received_at=timezone.now())

    assert prune()["runs"] == 1

    assert not Run.objects.exists()
    assert not StepRun.objects.exists()
    assert not RunEvent.objects.exists()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no row refers to what is gone


@pytest.mark.parametrize("status", ["waiting", "running", "quarantined"])
def test_what_has_not_ended_is_never_touched(version: WorkflowVersion, status: str) -> None:
    run_id = start_run(version, input={"action": {"order": 4711}})
    if status == "running":
        claiming.claim(run_id)
    if status == "quarantined":
        Run.objects.update(status="quarantined")
    Run.objects.update(
        created_at=timezone.now() - timedelta(days=400), next_at=timezone.now() + timedelta(days=1)
    )
    before = Run.objects.values().get(pk=run_id)

    assert prune() == {}
    assert Run.objects.values().get(pk=run_id) == before


def test_a_run_is_kept_as_long_as_its_successor_goes_on(version: WorkflowVersion, probe: Probe) -> None:
    failed = ended(version, probe, days_ago=0, fails=True)
    successor = operating.retry(Run.objects.get(pk=failed), by=BY)
    age(failed, 100)

    assert prune() == {}

    advance(successor.pk, "background")
    assert Run.objects.get(pk=successor.pk).status == "failed"


def test_a_run_outlives_what_refers_to_it_and_then_goes_with_it(
    version: WorkflowVersion, probe: Probe
) -> None:
    failed = ended(version, probe, days_ago=0, fails=True)
    successor = operating.retry(Run.objects.get(pk=failed), by=BY)
    advance(successor.pk, "background")
    age(failed, 100)
    age(successor.pk, 50)

    prune()
    kept = Run.objects.get(pk=successor.pk)
    assert kept.parent_run_id
    assert Run.objects.filter(pk=kept.parent_run_id).exists(), "the reference must stay valid"

    age(successor.pk, 50)
    prune()
    assert not Run.objects.exists()


def test_what_somebody_works_on_is_left_for_the_next_night(version: WorkflowVersion, probe: Probe) -> None:
    """More than one batch, broken off and gone on with."""
    for _ in range(3):
        ended(version, probe, days_ago=31)
    pieces = retention.batches()
    first = next(pieces)

    rest = list(retention.batches(first.then))

    assert first.count + sum(batch.count for batch in rest) == 3


def test_a_pruned_run_cannot_be_tried_again(version: WorkflowVersion, probe: Probe) -> None:
    run_id = ended(version, probe, days_ago=31, fails=True)
    prune()

    with pytest.raises(NotRetryable, match="not kept any more"):
        operating.retry(Run.objects.get(pk=run_id), by=BY)


def test_sent_and_given_up_outbox_rows_go_after_a_week(workspace: Workspace) -> None:
    long_ago = timezone.now() - timedelta(days=8)
    for key in ("sent", "given up", "just sent", "unsent"):
        outbox.post("alert.email", workspace.pk, key, {})
    Outbox.objects.filter(dedupe_key="sent").update(sent_at=long_ago)
    Outbox.objects.filter(dedupe_key="given up").update(given_up_at=long_ago)
    Outbox.objects.filter(dedupe_key="just sent").update(sent_at=timezone.now())
    Outbox.objects.filter(dedupe_key="unsent").update(created_at=long_ago, available_at=long_ago)

    assert prune() == {"outbox rows": 2}
    assert set(Outbox.objects.values_list("dedupe_key", flat=True)) == {"just sent", "unsent"}


def test_answers_to_repeated_requests_go_after_two_days(workspace: Workspace) -> None:
    key, _ = make_api_key(workspace)
    for name in ("old", "young"):
        IdempotentAnswer.objects.create(workspace=workspace, api_key=key, key=name, request_sha256="0" * 64)
    IdempotentAnswer.objects.filter(key="old").update(created_at=timezone.now() - timedelta(hours=49))

    assert prune() == {"idempotent answers": 1}


def edit(workflow: Workflow, text: str) -> Workflow:
    content = make_document(workflow.name, make_step(value=text))
    return drafting.replace(workflow, content, revision=workflow.draft_revision, by=BY)


def write_history(workflow: Workflow, *, revisions: int, days_ago: float) -> None:
    """As if the draft had been edited that often, long ago."""
    first = workflow.draft_revision + 1
    DraftChange.objects.bulk_create(
        DraftChange(
            workspace_id=workflow.workspace_id,
            workflow=workflow,
            revision=first + number,
            operation="step_saved",
            step_id="s_prepare0",
            by_name="Ada",
        )
        for number in range(revisions)
    )
    DraftChange.objects.filter(workflow=workflow).update(at=timezone.now() - timedelta(days=days_ago))
    Workflow.objects.filter(pk=workflow.pk).update(draft_revision=first + revisions - 1)
    workflow.refresh_from_db()


def test_old_draft_changes_go_but_for_the_newest_hundred_and_the_draft_set_aside() -> None:
    workflow = make_workflow()  # its first document replaced an empty one: the last draft set aside
    write_history(workflow, revisions=CHANGES_KEPT + 20, days_ago=31)

    assert prune() == {"draft changes": 21}  # with its creation
    kept = DraftChange.objects.filter(workflow=workflow).order_by("revision")
    assert kept[0].operation == "replaced"
    assert kept.count() == CHANGES_KEPT + 1


def test_changes_since_the_last_publish_stay() -> None:
    workflow = make_published_workflow()
    write_history(workflow, revisions=CHANGES_KEPT + 20, days_ago=31)
    WorkflowVersion.objects.update(published_at=timezone.now() - timedelta(days=60))

    assert prune() == {}


def test_a_screen_older_than_what_is_known_of_the_draft_overwrites_nothing() -> None:
    workflow = make_workflow()
    seen = workflow.draft_revision
    write_history(workflow, revisions=CHANGES_KEPT + 20, days_ago=31)
    prune()
    DraftChange.objects.filter(operation="replaced").delete()

    with pytest.raises(StaleDraft):
        drafting.save_step(
            workflow,
            "s_prepare0",
            revision=seen,
            inputs={"values": [{"name": "greeting", "value": "mine"}]},
            connection=None,
            by=BY,
        )


def test_the_command_says_what_it_deleted(version: WorkflowVersion, probe: Probe) -> None:
    ended(version, probe, days_ago=31)
    said = StringIO()

    call_command("prune", stdout=said)

    assert "1 payloads" in said.getvalue()
    assert Run.objects.get().pruned_at


def test_old_changes_of_an_agent_go_but_for_the_newest_hundred_and_the_draft_set_aside() -> None:
    agent = make_agent(make_workspace())
    seen, last = agent.draft_revision, agent.draft_revision + CHANGES_KEPT + 20
    rows = [
        AgentChange(
            workspace_id=agent.workspace_id,
            agent=agent,
            revision=revision,
            operation="undone" if revision == seen + 1 else "saved",
            place="" if revision == seen + 1 else "persona",
            by_name="Ada",
        )
        for revision in range(seen + 1, last + 1)
    ]
    AgentChange.objects.filter(agent=agent).delete()
    AgentChange.objects.bulk_create(rows)
    AgentChange.objects.update(at=timezone.now() - timedelta(days=31))
    Agent.objects.filter(pk=agent.pk).update(draft_revision=last)

    assert prune() == {"agent changes": 19}
    kept = AgentChange.objects.filter(agent=agent).order_by("revision")
    assert (kept[0].operation, kept.count()) == ("undone", CHANGES_KEPT + 1)
    kept[0].delete()
    agent.refresh_from_db()
    with pytest.raises(StaleDraft):
        agents.replace_draft(agent, agent.draft, revision=seen, by=BY)
