import pytest
from django.db import DatabaseError, transaction

from tests.support.make import (
    make_agent,
    make_document,
    make_published_workflow,
    make_step,
    make_workflow,
)
from workflows import selectors
from workflows.errors import DefinitionInvalid, NotPublished, StaleDraft
from workflows.models import DraftChange, Workflow, WorkflowVersion
from workflows.selectors import State
from workflows.services import drafting, publishing
from workspaces.models import AuditEntry
from workspaces.services.audit import Actor

pytestmark = pytest.mark.django_db

ADA = Actor(name="Ada")


def edited(workflow: Workflow, text: str = "edited") -> Workflow:
    content = make_document(workflow.name, make_step(value=text))
    return drafting.replace(workflow, content, revision=workflow.draft_revision, by=ADA)


def test_publishing_freezes_the_draft_and_makes_it_live() -> None:
    workflow = make_workflow()

    version = publishing.publish(workflow, revision=2, note="First", by=ADA)

    workflow.refresh_from_db()
    assert workflow.live_version == version
    assert (version.number, version.note, version.definition) == (1, "First", workflow.draft)
    assert selectors.state(workflow) == State.LIVE


def test_what_people_edit_afterwards_does_not_touch_the_live_version() -> None:
    workflow = make_published_workflow()
    before = workflow.live_version.definition  # type: ignore[union-attr]

    edited(workflow)

    workflow.refresh_from_db()
    assert workflow.live_version.definition == before  # type: ignore[union-attr]
    assert selectors.state(workflow) == State.UNPUBLISHED_CHANGES


def test_changing_a_value_back_by_hand_leaves_nothing_to_publish() -> None:
    workflow = edited(make_published_workflow())

    workflow = edited(workflow, "hello")

    assert selectors.state(workflow) == State.LIVE


def test_publishing_an_unchanged_draft_gives_the_live_version() -> None:
    workflow = make_published_workflow()

    version = publishing.publish(workflow, revision=workflow.draft_revision, by=ADA)

    assert version == workflow.live_version
    assert WorkflowVersion.objects.filter(workflow=workflow).count() == 1


def test_publishing_a_draft_that_was_changed_meanwhile_is_refused() -> None:
    workflow = make_workflow()
    edited(workflow)

    with pytest.raises(StaleDraft):
        publishing.publish(workflow, revision=workflow.draft_revision, by=ADA)

    assert not WorkflowVersion.objects.filter(workflow=workflow).exists()


def test_a_draft_with_errors_is_not_published() -> None:
    workflow = make_workflow(steps=[make_step(value="{{ steps.nowhere.output.x }}")])

    with pytest.raises(DefinitionInvalid) as refused:
        publishing.publish(workflow, revision=2, by=ADA)

    assert refused.value.problems[0].path.startswith("steps[0].inputs.values")
    workflow.refresh_from_db()
    assert selectors.state(workflow) == State.DRAFT_ONLY


def test_versions_are_numbered_on() -> None:
    workflow = edited(make_published_workflow())

    assert publishing.publish(workflow, revision=workflow.draft_revision, by=ADA).number == 2


def test_a_version_cannot_be_changed() -> None:
    version = make_published_workflow().live_version
    assert version is not None

    with pytest.raises(DatabaseError), transaction.atomic():
        WorkflowVersion.objects.filter(pk=version.pk).update(definition={})


def test_undo_returns_to_what_is_live_and_keeps_the_discarded_draft() -> None:
    workflow = make_published_workflow()
    discarded = edited(workflow)

    change = publishing.undo(discarded, revision=discarded.draft_revision, by=ADA)

    workflow.refresh_from_db()
    assert selectors.state(workflow) == State.LIVE
    assert change is not None
    assert change.before == discarded.draft
    brought_back = publishing.bring_back(workflow, change, revision=workflow.draft_revision, by=ADA)
    assert brought_back.draft == discarded.draft


def test_undo_of_what_was_never_published_is_refused() -> None:
    workflow = make_workflow()

    with pytest.raises(NotPublished):
        publishing.undo(workflow, revision=2, by=ADA)


def test_undo_of_a_draft_that_was_changed_meanwhile_is_refused() -> None:
    workflow = edited(make_published_workflow())
    edited(workflow, "again")

    with pytest.raises(StaleDraft):
        publishing.undo(workflow, revision=workflow.draft_revision, by=ADA)


def test_undo_to_a_name_that_another_draft_has_taken_is_a_problem_at_the_name() -> None:
    agent = make_agent()
    workflow = make_published_workflow(agent, "refund")
    renamed = drafting.replace(
        workflow, make_document("pay_back", make_step()), revision=workflow.draft_revision, by=ADA
    )
    make_workflow(agent, "refund")

    with pytest.raises(DefinitionInvalid) as refused:
        publishing.undo(renamed, revision=renamed.draft_revision, by=ADA)

    assert refused.value.problems[0].code == "name_taken"


def test_a_name_that_is_still_live_elsewhere_cannot_be_published() -> None:
    agent = make_agent()
    workflow = make_published_workflow(agent, "refund")
    drafting.replace(
        workflow, make_document("pay_back", make_step()), revision=workflow.draft_revision, by=ADA
    )
    other = make_workflow(agent, "refund")

    with pytest.raises(DefinitionInvalid) as refused:
        publishing.publish(other, revision=other.draft_revision, by=ADA)

    assert [(problem.path, problem.code) for problem in refused.value.problems] == [
        ("settings.name", "name_taken")
    ]


def test_an_old_version_can_be_restored_as_draft_and_rolled_back_to() -> None:
    workflow = make_published_workflow()
    first = workflow.live_version
    assert first is not None
    workflow = edited(workflow)
    publishing.publish(workflow, revision=workflow.draft_revision, by=ADA)

    restored = publishing.restore(workflow, first, revision=workflow.draft_revision, by=ADA)
    assert restored.draft == first.definition
    assert restored.live_version != first

    assert publishing.roll_back(workflow, first, by=ADA).version == first
    workflow.refresh_from_db()
    assert workflow.live_version == first


def test_publishing_and_undoing_are_audited() -> None:
    workflow = edited(make_published_workflow())
    publishing.undo(workflow, revision=workflow.draft_revision, by=ADA)

    verbs = (
        AuditEntry.objects.filter(object_id=str(workflow.pk)).order_by("at").values_list("verb", flat=True)
    )
    assert list(verbs) == ["workflow.created", "workflow.published", "workflow.undone"]


def test_the_banner_counts_what_changed_and_names_who_did_it() -> None:
    workflow = edited(make_published_workflow())

    unpublished = selectors.changes_since_publish(workflow)

    assert unpublished.count("edited") == 1
    assert unpublished.authors == ("Ada",)
    assert DraftChange.objects.filter(workflow=workflow).count() == 3
