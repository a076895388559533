from typing import Any

import pytest

from tests.support.make import make_agent, make_connection, make_document, make_step, make_workflow
from workflows import selectors
from workflows.definition import document, operations, walk
from workflows.errors import DefinitionInvalid, StaleDraft
from workflows.models import DraftChange, Workflow
from workflows.services import drafting
from workspaces.services import audit
from workspaces.services.audit import Actor

pytestmark = pytest.mark.django_db

ADA = Actor(name="Ada", tab="tab-a")
BEN = Actor(name="Ben", tab="tab-b")
FIRST, SECOND = "s_prepare0", "s_second00"


def values(text: str) -> Any:
    return {"values": [{"name": "greeting", "value": text}]}


def greeting(workflow: Workflow, step_id: str = FIRST) -> object:
    place = walk.find(selectors.definition(workflow), step_id)
    assert place is not None
    return place.step.inputs["values"][0]["value"]  # type: ignore[index,call-overload]


@pytest.fixture
def workflow() -> Workflow:
    return make_workflow(steps=[make_step(), make_step("second")])


def test_a_saved_step_is_in_the_draft_with_the_next_revision(workflow: Workflow) -> None:
    saved = drafting.save_step(
        workflow, FIRST, revision=workflow.draft_revision, inputs=values("hi"), connection=None, by=ADA
    )

    assert saved.draft_revision == workflow.draft_revision + 1
    assert greeting(saved) == "hi"


def test_what_was_stored_is_known_and_says_what_the_row_says(
    workflow: Workflow, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A long chain takes longer to read than all else in a save."""
    saved = drafting.save_step(workflow, FIRST, revision=2, inputs=values("hi"), connection=None, by=ADA)
    read = selectors.parsed
    monkeypatch.setattr(selectors, "parsed", lambda *_: pytest.fail("read again"))

    row = Workflow.objects.get(pk=saved.pk)

    assert selectors.definition(row) == read(row.draft, row.kind)


def test_a_change_is_recorded_with_its_author_tab_and_what_stood_there(workflow: Workflow) -> None:
    drafting.save_step(workflow, FIRST, revision=2, inputs=values("hi"), connection=None, by=ADA)

    change = DraftChange.objects.get(workflow=workflow, revision=3)
    assert (change.step_id, change.operation, change.by_name, change.tab) == (
        FIRST,
        "step_saved",
        "Ada",
        "tab-a",
    )
    assert change.before is not None
    assert change.after is not None
    assert (change.before["inputs"], change.after["inputs"]) == (values("hello"), values("hi"))


def test_saving_what_is_there_already_is_no_change(workflow: Workflow) -> None:
    saved = drafting.save_step(workflow, FIRST, revision=2, inputs=values("hello"), connection=None, by=ADA)

    assert saved.draft_revision == 2
    assert not DraftChange.objects.filter(workflow=workflow, revision=3).exists()


def test_saving_a_step_that_somebody_else_changed_is_refused_and_names_them(workflow: Workflow) -> None:
    drafting.save_step(workflow, FIRST, revision=2, inputs=values("Ada's"), connection=None, by=ADA)

    with pytest.raises(StaleDraft) as refused:
        drafting.save_step(workflow, FIRST, revision=2, inputs=values("Ben's"), connection=None, by=BEN)

    assert refused.value.current_revision == 3
    assert [(change.step_id, change.by) for change in refused.value.changes] == [(FIRST, "Ada")]
    workflow.refresh_from_db()
    assert greeting(workflow) == "Ada's"


def test_saving_another_step_meanwhile_is_no_conflict(workflow: Workflow) -> None:
    drafting.save_step(workflow, FIRST, revision=2, inputs=values("Ada's"), connection=None, by=ADA)
    saved = drafting.save_step(workflow, SECOND, revision=2, inputs=values("Ben's"), connection=None, by=BEN)

    assert (greeting(saved), greeting(saved, SECOND)) == ("Ada's", "Ben's")


def test_saving_a_step_after_the_whole_draft_was_replaced_is_refused(workflow: Workflow) -> None:
    steps = [make_step(value="new"), make_step("second")]
    drafting.replace(workflow, make_document(workflow.name, *steps), revision=2, by=ADA)

    with pytest.raises(StaleDraft):
        drafting.save_step(workflow, SECOND, revision=2, inputs=values("x"), connection=None, by=BEN)


def test_saving_a_step_that_was_removed_is_refused(workflow: Workflow) -> None:
    drafting.remove_step(workflow, FIRST, by=ADA)

    with pytest.raises(StaleDraft):
        drafting.save_step(workflow, FIRST, revision=2, inputs=values("x"), connection=None, by=BEN)


def test_fields_typed_before_another_step_was_renamed_use_its_new_name(workflow: Workflow) -> None:
    drafting.rename_step(workflow, FIRST, label="Say hello", by=ADA)

    token = "{{ steps.prepare.output.greeting }}"
    saved = drafting.save_step(workflow, SECOND, revision=2, inputs=values(token), connection=None, by=BEN)

    assert greeting(saved, SECOND) == "{{ steps.say_hello.output.greeting }}"


def test_two_people_who_add_a_step_at_the_same_place_both_keep_theirs(workflow: Workflow) -> None:
    anchor = operations.parse_anchor(f"after:{FIRST}")
    drafting.add_step(workflow, anchor=anchor, action_ref="flow.set_values@1", by=ADA)
    changed, _ = drafting.add_step(workflow, anchor=anchor, action_ref="flow.stop@1", by=BEN)

    actions = [place.step.action for place in walk.places(selectors.definition(changed))]
    assert actions == ["flow.set_values@1", "flow.stop@1", "flow.set_values@1", "flow.set_values@1"]


def test_a_removed_step_can_be_put_back_as_it_was(workflow: Workflow) -> None:
    before = document.digest(selectors.definition(workflow))
    removed, change = drafting.remove_step(workflow, FIRST, by=ADA)
    restored = drafting.restore_step(removed, change, by=ADA)

    assert document.digest(selectors.definition(restored)) == before


def test_a_draft_that_is_no_document_is_refused_and_not_stored(workflow: Workflow) -> None:
    broken = make_document(workflow.name, {**make_step(), "colour": "red"})

    with pytest.raises(DefinitionInvalid) as refused:
        drafting.replace(workflow, broken, revision=2, by=ADA)

    assert [problem.path for problem in refused.value.problems] == ["steps[0].colour"]
    workflow.refresh_from_db()
    assert workflow.draft_revision == 2


def test_a_replacement_written_on_an_older_draft_is_refused(workflow: Workflow) -> None:
    drafting.save_step(workflow, FIRST, revision=2, inputs=values("hi"), connection=None, by=ADA)

    with pytest.raises(StaleDraft):
        drafting.replace(workflow, make_document(workflow.name), revision=2, by=BEN)


def test_two_action_workflows_of_an_agent_cannot_have_one_name() -> None:
    agent = make_agent()
    make_workflow(agent, "refund")
    other = make_workflow(agent, "look_up")

    with pytest.raises(DefinitionInvalid) as refused:
        drafting.replace(other, make_document("refund"), revision=other.draft_revision, by=ADA)

    assert [(problem.path, problem.code) for problem in refused.value.problems] == [
        ("settings.name", "name_taken")
    ]
    with pytest.raises(DefinitionInvalid):
        drafting.create(agent, "action", "refund", by=ADA)


def test_an_agent_has_one_post_conversation_workflow() -> None:
    agent = make_agent()
    make_workflow(agent, "After", "post_conversation")

    with pytest.raises(DefinitionInvalid) as refused:
        drafting.create(agent, "post_conversation", "Another", by=ADA)

    assert refused.value.problems[0].code == "exists"


def test_a_connection_of_another_workspace_is_refused(workflow: Workflow) -> None:
    foreign = make_connection(make_agent().workspace)
    step = make_step(action="rest.request@1", inputs={}, connection=str(foreign.pk))

    with pytest.raises(DefinitionInvalid) as refused:
        drafting.replace(workflow, make_document(workflow.name, step), revision=2, by=ADA)

    assert [problem.path for problem in refused.value.problems] == ["steps[0].connection"]


def test_a_connection_that_was_deleted_since_does_not_block_other_edits() -> None:
    agent = make_agent()
    connection = make_connection(agent.workspace)
    step = make_step("call", action="rest.request@1", inputs={}, connection=str(connection.pk))
    workflow = make_workflow(agent, steps=[make_step(), step])
    connection.delete()

    saved = drafting.save_step(workflow, FIRST, revision=2, inputs=values("hi"), connection=None, by=ADA)

    assert greeting(saved) == "hi"


def test_settings_conflict_with_settings_only(workflow: Workflow) -> None:
    settings = selectors.definition(workflow).settings
    by = audit.system("test")
    drafting.save_step(workflow, FIRST, revision=2, inputs=values("hi"), connection=None, by=by)
    renamed = document.Settings(**{**vars(settings), "description": "Says hello."})
    saved = drafting.save_settings(workflow, revision=2, settings=renamed, by=by)
    assert saved.draft["settings"]["description"] == "Says hello."

    with pytest.raises(StaleDraft):
        drafting.save_settings(workflow, revision=2, settings=settings, by=by)
