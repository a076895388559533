"""Branches are edited like steps: no edit is lost, and what was deleted can be brought back."""

from typing import Any

import pytest

from tests.support.make import make_step, make_workflow
from workflows import selectors
from workflows.definition import document, walk
from workflows.definition.document import Branch, Group, Rule, Step
from workflows.definition.problems import OperationRefused
from workflows.errors import StaleDraft
from workflows.models import DraftChange, Workflow
from workflows.services import drafting
from workspaces.services.audit import Actor

pytestmark = pytest.mark.django_db

ADA = Actor(name="Ada", tab="tab-a")
BEN = Actor(name="Ben", tab="tab-b")
SPLIT, SMALL, LARGE, REST = "s_choice000", "b_small0000", "b_large0000", "b_rest00000"


def rules(left: str = "{{ steps.prepare.output.greeting }}", right: str = "hello") -> Group:
    return Group(mode="all", rules=(Rule(left=left, op="is", right=right),))


@pytest.fixture
def workflow() -> Workflow:
    branches: list[Any] = [
        {"id": SMALL, "label": "Small", "steps": [make_step("inner")]},
        {"id": LARGE, "label": "Large", "steps": []},
        {"id": REST, "label": "Otherwise", "otherwise": True, "steps": []},
    ]
    split = {"id": SPLIT, "slug": "choice", "label": "Choice", "action": "flow.split@1", "branches": branches}
    return make_workflow(steps=[make_step(), split, make_step("second")])


def split_of(workflow: Workflow) -> Step:
    place = walk.find(selectors.definition(workflow), SPLIT)
    assert place is not None
    return place.step


def branch_of(workflow: Workflow, branch_id: str) -> Branch:
    return next(branch for branch in split_of(workflow).branches if branch.id == branch_id)


def labels(workflow: Workflow) -> list[str]:
    return [branch.label for branch in split_of(workflow).branches]


def test_rules_and_name_are_saved_together(workflow: Workflow) -> None:
    saved = drafting.save_rules(workflow, SMALL, revision=2, label="Tiny", when=rules(), by=ADA)

    branch = branch_of(saved, SMALL)
    assert (branch.label, branch.when) == ("Tiny", rules())
    change = DraftChange.objects.get(workflow=workflow, revision=3)
    assert (change.step_id, change.operation, change.by_name) == (SPLIT, "branch_saved", "Ada")
    assert change.before == document.dump_step(split_of(workflow))


def test_a_branch_that_somebody_else_changed_is_not_overwritten(workflow: Workflow) -> None:
    drafting.save_rules(workflow, SMALL, revision=2, label=None, when=rules(), by=ADA)

    with pytest.raises(StaleDraft) as refused:
        drafting.save_rules(workflow, SMALL, revision=2, label=None, when=rules(right="bye"), by=BEN)

    assert [(change.step_id, change.by) for change in refused.value.changes] == [(SPLIT, "Ada")]
    workflow.refresh_from_db()
    assert branch_of(workflow, SMALL).when == rules()


def test_edits_of_other_branches_and_of_the_split_itself_are_no_conflict(workflow: Workflow) -> None:
    drafting.save_rules(workflow, SMALL, revision=2, label=None, when=rules(), by=ADA)
    drafting.add_branch(workflow, SPLIT, by=ADA)
    drafting.move_branch(workflow, SMALL, by_places=1, by=ADA)
    saved = drafting.save_rules(workflow, LARGE, revision=2, label="Huge", when=rules(), by=BEN)
    saved = drafting.save_step(workflow, SPLIT, revision=2, inputs={"mode": "every"}, connection=None, by=BEN)
    saved = drafting.save_rules(workflow, SMALL, revision=3, label="Tiny", when=rules(), by=BEN)

    assert labels(saved) == ["Huge", "Tiny", "Branch 3", "Otherwise"]
    assert split_of(saved).inputs["mode"] == "every"


def test_rules_typed_before_a_step_was_renamed_use_its_new_name(workflow: Workflow) -> None:
    drafting.rename_step(workflow, "s_prepare0", label="Say hello", by=ADA)

    saved = drafting.save_rules(workflow, SMALL, revision=2, label=None, when=rules(), by=BEN)

    assert branch_of(saved, SMALL).when == rules("{{ steps.say_hello.output.greeting }}")


def test_rules_after_the_whole_draft_was_replaced_are_refused(workflow: Workflow) -> None:
    changed = document.dump(selectors.definition(workflow))
    changed["steps"][0]["note"] = "new"  # type: ignore[index,call-overload]
    drafting.replace(workflow, changed, revision=2, by=ADA)

    with pytest.raises(StaleDraft):
        drafting.save_rules(workflow, SMALL, revision=2, label=None, when=rules(), by=BEN)


def test_a_branch_that_is_gone_cannot_be_saved(workflow: Workflow) -> None:
    drafting.remove_branch(workflow, SMALL, by=ADA)

    with pytest.raises(OperationRefused):
        drafting.save_rules(workflow, SMALL, revision=2, label=None, when=rules(), by=BEN)


def test_branches_are_added_renamed_moved_and_copied(workflow: Workflow) -> None:
    _, added = drafting.add_branch(workflow, SPLIT, by=ADA)
    drafting.rename_branch(workflow, added.id, label="Huge", by=ADA)
    drafting.move_branch(workflow, added.id, by_places=-9, by=ADA)
    changed, copy = drafting.duplicate_branch(workflow, SMALL, by=ADA)

    assert labels(changed) == ["Huge", "Small", "Small (copy)", "Large", "Otherwise"]
    assert [step.slug for step in copy.steps] == ["inner_2"]
    operations = DraftChange.objects.filter(workflow=workflow, revision__gt=2, step_id=SPLIT)
    assert [change.operation for change in operations.order_by("revision")] == [
        "branch_added",
        "branch_renamed",
        "branch_moved",
        "branch_duplicated",
    ]


def test_a_removed_branch_can_be_put_back_as_it_was(workflow: Workflow) -> None:
    before = document.digest(selectors.definition(workflow))

    removed, change = drafting.remove_branch(workflow, SMALL, by=ADA)
    assert labels(removed) == ["Large", "Otherwise"]
    restored, branch = drafting.restore_branch(removed, change, by=ADA)

    assert branch.id == SMALL
    assert document.digest(selectors.definition(restored)) == before


def test_a_split_that_goes_may_leave_the_steps_of_a_branch(workflow: Workflow) -> None:
    before = document.digest(selectors.definition(workflow))

    removed, change = drafting.remove_step(workflow, SPLIT, keep_branch=SMALL, by=ADA)
    slugs = [place.step.slug for place in walk.places(selectors.definition(removed))]
    restored = drafting.restore_step(removed, change, by=ADA)

    assert slugs == ["prepare", "inner", "second"]
    assert document.digest(selectors.definition(restored)) == before
