"""What of a step stays when another action takes its place? All that fits; its id stays in any case."""

from dataclasses import replace

from connectors.declare import JSON, Action
from workflows.definition import operations, tree, walk
from workflows.definition.catalogue import BRANCHING, LOOPING, Catalogue, Known, without_version
from workflows.definition.fields import normalised
from workflows.definition.problems import OperationRefused
from workflows.definition.shapes import Branch, Definition, Step


def replace_action(
    definition: Definition, step_id: str, action_ref: str, *, registry: Catalogue
) -> Definition:
    """The fields of the same name and kind stay, the connection if it is of the same app, and what every step
    has: note, policy, error branch. A name that only said the action follows it.
    """
    step = walk.require(definition, step_id).step
    old, new = registry.find(step.action), registry.find(action_ref)
    if old is None or new is None:
        raise OperationRefused("unknown_action", f"There is no action “{action_ref[:100]}”.")
    if action_ref == step.action:
        return definition
    changed = replace(
        step,
        action=action_ref,
        inputs=_fitting(step, old.action, new.action),
        connection=step.connection if old.app.slug == new.app.slug else None,
        branches=_branches(step, action_ref),
        body=_body(step, action_ref),
    )
    after = replace(definition, steps=tree.update(definition.steps, changed))
    if not _is_named_by(step, old):
        return after
    renamed, _ = operations.rename_step(after, step_id, new.action.label)
    return renamed


def _fitting(step: Step, old: Action, new: Action) -> dict[str, JSON]:
    kinds = {field.name: field.kind for field in old.fields}
    wanted = {field.name for field in new.fields if kinds.get(field.name) is field.kind}
    return normalised({name: step.inputs[name] for name in wanted & step.inputs.keys()}, new)


def _branches(step: Step, action_ref: str) -> tuple[Branch, ...]:
    was, will = (without_version(ref) in BRANCHING for ref in (step.action, action_ref))
    own = tuple(branch for branch in step.branches if not branch.on_error)
    on_error = tuple(branch for branch in step.branches if branch.on_error)
    if was and will:
        return step.branches
    if any(branch.steps for branch in own):
        raise OperationRefused("not_empty", "First move or delete the steps in its branches.")
    return (*(operations.first_branches() if will else ()), *on_error)


def _body(step: Step, action_ref: str) -> tuple[Step, ...] | None:
    if without_version(action_ref) in LOOPING:
        return step.body or ()
    if step.body:
        raise OperationRefused("not_empty", "First move or delete the steps in the loop.")
    return None


def _is_named_by(step: Step, known: Known) -> bool:
    return step.label in ("", known.action.label)
