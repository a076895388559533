"""How is a workflow's draft changed? One function for each thing that people do to a chain.

Adding, moving and removing are anchored to step ids, so parallel ones all survive. Saving a step or the
settings carries the revision that was on the screen, and conflicts only with a later change of the same;
replacing everything conflicts with any. What cannot be done to the draft raises OperationRefused.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from connectors import registry
from connectors.declare import JSON
from workflows.definition import branch_operations, document, operations, replacing, texts, walk
from workflows.definition.document import Branch, Definition, Group, Policy, Settings, Step
from workflows.definition.operations import Anchor
from workflows.definition.problems import OperationRefused, StructureInvalid
from workflows.errors import DefinitionInvalid
from workflows.models import Agent, DraftChange, Workflow
from workflows.services import drafts
from workspaces.services import audit
from workspaces.services.audit import Actor


@transaction.atomic
def create(agent: Agent, kind: str, name: str, description: str = "", *, by: Actor) -> Workflow:
    definition = _parsed(document.dump(document.empty(kind, name, description)), kind)
    workflow = Workflow(
        workspace_id=agent.workspace_id,
        agent=agent,
        kind=kind,
        name=definition.settings.name,
        draft=document.dump(definition),
        draft_sha256=document.digest(definition),
    )
    drafts.save_named(workflow)
    drafts.record(workflow, operation="created", by=by)
    audit.record(workflow.workspace, by, "workflow.created", of=workflow)
    return workflow


@transaction.atomic
def add_step(workflow: Workflow, *, anchor: Anchor, action_ref: str, by: Actor) -> tuple[Workflow, Step]:
    draft = drafts.open_draft(workflow)
    after, step = operations.add_step(
        draft.definition, anchor=anchor, action_ref=action_ref, registry=registry.default()
    )
    changed, _ = drafts.store(draft, after, operation="step_added", by=by, step_id=step.id)
    return changed, step


@transaction.atomic
def save_step(
    workflow: Workflow,
    step_id: str,
    *,
    revision: int,
    inputs: Mapping[str, JSON],
    connection: str | None,
    policy: Policy | None = None,
    label: str | None = None,
    note: str | None = None,
    by: Actor,
) -> Workflow:
    """What the panel holds; None leaves a part as it is.

    Raises StaleDraft if the step was touched after `revision`.
    """
    draft = drafts.open_step(workflow, step_id, revision=revision)
    renamed = drafts.renamed_since(draft.workflow, revision)
    after = operations.configure_step(
        draft.definition,
        step_id,
        registry=registry.default(),
        inputs={name: texts.in_json(value, renamed) for name, value in inputs.items()},
        connection=connection,
        policy=policy,
        note=note,
    )
    if label is not None:
        after, _ = operations.rename_step(after, step_id, label)
    return _store_step(draft, after, step_id, "step_saved", by)


@transaction.atomic
def enable_step(workflow: Workflow, step_id: str, *, is_enabled: bool, by: Actor) -> Workflow:
    draft = drafts.open_draft(workflow)
    after = operations.configure_step(
        draft.definition, step_id, registry=registry.default(), enabled=is_enabled
    )
    return _store_step(draft, after, step_id, "step_enabled" if is_enabled else "step_disabled", by)


@transaction.atomic
def move_step(workflow: Workflow, step_id: str, *, anchor: Anchor, by: Actor) -> Workflow:
    draft = drafts.open_draft(workflow)
    after = operations.move_step(draft.definition, step_id, anchor)
    return _store_step(draft, after, step_id, "step_moved", by)


@dataclass(frozen=True)
class Renamed:
    workflow: Workflow
    rewritten: int
    """How many references in other fields now say the new name."""


@transaction.atomic
def rename_step(
    workflow: Workflow, step_id: str, *, label: str, was: str | None = None, by: Actor
) -> Renamed:
    """`was` is the name that was on the screen: who did not see another's name does not overwrite it."""
    draft = drafts.open_draft(workflow)
    found = walk.require(draft.definition, step_id).step.label
    if was is not None and found not in (was, label):
        raise OperationRefused("renamed_meanwhile", f"Somebody named this step “{found}” meanwhile.")
    after, rewritten = operations.rename_step(draft.definition, step_id, label)
    return Renamed(_store_step(draft, after, step_id, "step_renamed", by), rewritten)


@transaction.atomic
def note_step(workflow: Workflow, step_id: str, *, note: str, was: str, by: Actor) -> Workflow:
    """`was` is the note that was on the screen: who did not see another's does not overwrite it."""
    draft = drafts.open_draft(workflow)
    if walk.require(draft.definition, step_id).step.note not in (was, note):
        raise OperationRefused("noted_meanwhile", "Somebody changed this note meanwhile.")
    after = operations.configure_step(draft.definition, step_id, registry=registry.default(), note=note)
    return _store_step(draft, after, step_id, "step_saved", by)


@transaction.atomic
def replace_action(workflow: Workflow, step_id: str, *, action_ref: str, by: Actor) -> Workflow:
    draft = drafts.open_draft(workflow)
    after = replacing.replace_action(draft.definition, step_id, action_ref, registry=registry.default())
    return _store_step(draft, after, step_id, "step_replaced", by)


@transaction.atomic
def duplicate_step(workflow: Workflow, step_id: str, *, by: Actor) -> tuple[Workflow, Step]:
    draft = drafts.open_draft(workflow)
    after, copy = operations.duplicate_step(draft.definition, step_id)
    changed, _ = drafts.store(draft, after, operation="step_duplicated", by=by, step_id=copy.id)
    return changed, copy


@transaction.atomic
def remove_step(
    workflow: Workflow, step_id: str, *, keep_branch: str | None = None, by: Actor
) -> tuple[Workflow, DraftChange]:
    """The steps of `keep_branch` take the step's place. The change is what `restore_step` takes to put all
    back as it was.
    """
    draft = drafts.open_draft(workflow)
    after, removed = operations.remove_step(draft.definition, step_id, keep_branch=keep_branch)
    changed, change = drafts.store(
        draft, after, operation="step_removed", by=by, step_id=step_id, was=operations.dump_removed(removed)
    )
    assert change is not None, "a removed step always changes the document"
    return changed, change


@transaction.atomic
def restore_step(workflow: Workflow, change: DraftChange, *, by: Actor) -> Workflow:
    draft = drafts.open_draft(workflow)
    removed = operations.parse_removed(change.before, registry=registry.default())
    after = operations.restore_step(draft.definition, removed)
    changed, _ = drafts.store(draft, after, operation="step_restored", by=by, step_id=change.step_id)
    return changed


@transaction.atomic
def add_branch(workflow: Workflow, step_id: str, *, by: Actor) -> tuple[Workflow, Branch]:
    draft = drafts.open_draft(workflow)
    after, branch = branch_operations.add_branch(draft.definition, step_id)
    return _store_step(draft, after, step_id, "branch_added", by), branch


@transaction.atomic
def save_rules(
    workflow: Workflow, branch_id: str, *, revision: int, label: str | None, when: Group | None, by: Actor
) -> Workflow:
    """What the panel holds of a branch; a label of None leaves it as it is.

    Raises StaleDraft if the branch was touched after `revision`.
    """
    draft, step = drafts.open_branch(workflow, branch_id, revision=revision)
    if when is not None:
        when = texts.in_group(when, drafts.renamed_since(draft.workflow, revision))
    after = branch_operations.set_branch_rules(draft.definition, branch_id, when)
    if label is not None:
        after = branch_operations.rename_branch(after, branch_id, label)
    return _store_step(draft, after, step.id, "branch_saved", by)


@transaction.atomic
def rename_branch(workflow: Workflow, branch_id: str, *, label: str, by: Actor) -> Workflow:
    draft = drafts.open_draft(workflow)
    after = branch_operations.rename_branch(draft.definition, branch_id, label)
    return _store_branch(draft, after, branch_id, "branch_renamed", by)


@transaction.atomic
def move_branch(workflow: Workflow, branch_id: str, *, by_places: int, by: Actor) -> Workflow:
    """To the left (negative) or to the right."""
    draft = drafts.open_draft(workflow)
    after = branch_operations.move_branch(draft.definition, branch_id, by_places)
    return _store_branch(draft, after, branch_id, "branch_moved", by)


@transaction.atomic
def duplicate_branch(workflow: Workflow, branch_id: str, *, by: Actor) -> tuple[Workflow, Branch]:
    draft = drafts.open_draft(workflow)
    after, copy = branch_operations.duplicate_branch(draft.definition, branch_id)
    return _store_branch(draft, after, branch_id, "branch_duplicated", by), copy


@transaction.atomic
def remove_branch(workflow: Workflow, branch_id: str, *, by: Actor) -> tuple[Workflow, DraftChange]:
    """The change is what `restore_branch` takes to put the branch back with its steps."""
    draft = drafts.open_draft(workflow)
    step, _ = walk.require_branch(draft.definition, branch_id)
    after = branch_operations.remove_branch(draft.definition, branch_id)
    was, becomes = document.dump_step(step), _dumped_step(after, step.id)
    changed, change = drafts.store(
        draft, after, operation="branch_removed", by=by, step_id=step.id, was=was, becomes=becomes
    )
    assert change is not None, "a removed branch always changes the document"
    return changed, change


@transaction.atomic
def restore_branch(workflow: Workflow, change: DraftChange, *, by: Actor) -> tuple[Workflow, Branch]:
    draft = drafts.open_draft(workflow)
    before = document.parse_step(change.before, registry=registry.default())
    left = document.parse_step(change.after, registry=registry.default())
    kept = {branch.id for branch in left.branches}
    branch = next(branch for branch in before.branches if branch.id not in kept)
    after = branch_operations.restore_branch(draft.definition, before, branch.id)
    return _store_step(draft, after, before.id, "branch_restored", by), branch


@transaction.atomic
def save_settings(workflow: Workflow, *, revision: int, settings: Settings, by: Actor) -> Workflow:
    draft = drafts.open_settings(workflow, revision=revision)
    renamed = drafts.renamed_since(draft.workflow, revision)
    current = texts.in_definition(dataclasses.replace(draft.definition, settings=settings, steps=()), renamed)
    after = operations.configure_settings(draft.definition, current.settings)
    was = document.dump_settings(draft.definition.settings, kind=draft.definition.kind)
    changed, _ = drafts.store(draft, after, operation=drafts.SETTINGS, by=by, was=was)
    return changed


@transaction.atomic
def add_variable(workflow: Workflow, name: str, *, by: Actor) -> Workflow:
    """An action variable, made while somebody writes its name; what else it says follows in the settings."""
    draft = drafts.open_draft(workflow)
    after = operations.add_variable(draft.definition, name)
    was = document.dump_settings(draft.definition.settings, kind=draft.definition.kind)
    changed, _ = drafts.store(draft, after, operation=drafts.SETTINGS, by=by, was=was)
    return changed


@transaction.atomic
def switch(workflow: Workflow, *, is_enabled: bool, by: Actor) -> Workflow:
    """On or off from its next published version on; only a post-conversation workflow has the switch."""
    draft = drafts.open_draft(workflow)
    after = operations.set_enabled(draft.definition, is_enabled)
    was = document.dump_settings(draft.definition.settings, kind=draft.definition.kind)
    changed, _ = drafts.store(draft, after, operation=drafts.SETTINGS, by=by, was=was)
    return changed


@transaction.atomic
def replace(workflow: Workflow, content: JSON, *, revision: int, by: Actor) -> Workflow:
    """Raises DefinitionInvalid for what is no document; what is merely wrong is stored."""
    draft = drafts.open_whole(workflow, revision=revision)
    after = _parsed(content, draft.workflow.kind)
    changed, _ = drafts.store(draft, after, operation="replaced", by=by, was=document.dump(draft.definition))
    return changed


def _store_step(draft: drafts.Draft, after: Definition, step_id: str, operation: str, by: Actor) -> Workflow:
    changed, _ = drafts.store(
        draft,
        after,
        operation=operation,
        by=by,
        step_id=step_id,
        was=_dumped_step(draft.definition, step_id),
        becomes=_dumped_step(after, step_id),
    )
    return changed


def _store_branch(
    draft: drafts.Draft, after: Definition, branch_id: str, operation: str, by: Actor
) -> Workflow:
    step, _ = walk.require_branch(draft.definition, branch_id)
    return _store_step(draft, after, step.id, operation, by)


def _dumped_step(definition: Definition, step_id: str) -> JSON:
    place = walk.find(definition, step_id)
    return document.dump_step(place.step) if place else None


def _parsed(content: JSON, kind: str) -> Definition:
    try:
        return document.parse(content, kind=kind, registry=registry.default())
    except StructureInvalid as error:
        raise DefinitionInvalid(error.problems) from error
