"""How is a workflow changed? Pure operations: a definition goes in, a new one comes out, or OperationRefused.

Ids never change. Slugs stay unique, and whoever renames a step rewrites every token that refers to it.
"""

from collections.abc import Mapping
from dataclasses import replace

from connectors.declare import JSON
from workflows.definition import naming, texts, tree, walk
from workflows.definition.anchors import START, Anchor, parse_anchor
from workflows.definition.catalogue import BRANCHING, LOOPING, Catalogue, without_version
from workflows.definition.check_settings import NAME
from workflows.definition.document import new_branch_id, new_step_id
from workflows.definition.fields import normalised
from workflows.definition.json_limits import find_problem
from workflows.definition.problems import OperationRefused
from workflows.definition.removing import (
    Removed,
    dump_removed,
    parse_removed,
    remove_step,
    restore_step,
)
from workflows.definition.shapes import (
    MAX_BYTES,
    ActionVariable,
    Branch,
    Definition,
    Policy,
    Settings,
    Step,
)
from workflows.templating import tokens

__all__ = [
    "START",
    "Anchor",
    "OperationRefused",
    "Removed",
    "add_step",
    "add_variable",
    "configure_settings",
    "configure_step",
    "dump_removed",
    "duplicate_step",
    "first_branches",
    "move_step",
    "parse_anchor",
    "parse_removed",
    "remove_step",
    "rename_step",
    "restore_step",
    "set_enabled",
]


class _Unchanged:
    pass


_UNCHANGED = _Unchanged()


def add_step(
    definition: Definition,
    *,
    anchor: Anchor,
    action_ref: str,
    registry: Catalogue,
    step_id: str | None = None,
    label: str | None = None,
) -> tuple[Definition, Step]:
    """A new step with its declared defaults; a split begins with two branches."""
    known = registry.find(action_ref)
    if known is None:
        raise OperationRefused("unknown_action", f"There is no action “{action_ref[:100]}”.")
    step_id = step_id or new_step_id()
    naming.require_new_id(definition, step_id)
    label = known.action.label if label is None else naming.tidy_label(label)
    action = without_version(action_ref)
    step = Step(
        id=step_id,
        slug=naming.free_slug(label, naming.slugs(definition)),
        label=label,
        action=action_ref,
        inputs=normalised({}, known.action),
        branches=first_branches() if action in BRANCHING else (),
        body=() if action in LOOPING else None,
    )
    return replace(definition, steps=tree.insert(definition.steps, anchor, step)), step


def move_step(definition: Definition, step_id: str, anchor: Anchor) -> Definition:
    """The step with all it contains, put elsewhere. Tokens refer to slugs, so none has to be rewritten."""
    step = walk.require(definition, step_id).step
    if anchor == Anchor("after", step_id):
        return definition
    rest = tree.remove(definition.steps, step_id)
    if _names_something_in(step, anchor):
        raise OperationRefused("inside_itself", "A step cannot be moved into itself.")
    return replace(definition, steps=tree.insert(rest, anchor, step))


def configure_step(
    definition: Definition,
    step_id: str,
    *,
    registry: Catalogue,
    inputs: Mapping[str, JSON] | None = None,
    connection: str | _Unchanged | None = _UNCHANGED,
    policy: Policy | None = None,
    note: str | None = None,
    enabled: bool | None = None,
) -> Definition:
    """What is given replaces what was there, `inputs` as a whole. A connection of None takes it away."""
    step = walk.require(definition, step_id).step
    if inputs is not None:
        step = replace(step, inputs=_checked_inputs(step, inputs, registry))
    if not isinstance(connection, _Unchanged):
        step = replace(step, connection=connection or None)
    if policy is not None:
        step = _with_policy(step, policy)
    if note is not None:
        step = replace(step, note=note[:10_000])
    if enabled is not None:
        step = replace(step, enabled=enabled)
    return replace(definition, steps=tree.update(definition.steps, step))


def rename_step(definition: Definition, step_id: str, label: str) -> tuple[Definition, int]:
    """The step under a new label, and how many texts were rewritten because its slug changed with it."""
    step, label = walk.require(definition, step_id).step, naming.tidy_label(label)
    slug = naming.free_slug(label, naming.slugs(definition) - {step.slug})
    renamed = replace(definition, steps=tree.update(definition.steps, replace(step, label=label, slug=slug)))
    if slug == step.slug:
        return renamed, 0
    rewritten = 0

    def rewrite(text: str) -> str:
        nonlocal rewritten
        new = tokens.rewrite(text, {step.slug: slug})
        rewritten += new != text
        return new

    return texts.in_definition(renamed, rewrite), rewritten


def duplicate_step(
    definition: Definition, step_id: str, *, new_id: str | None = None
) -> tuple[Definition, Step]:
    """A copy right after the step. What it contains gets new ids and slugs too; its inner tokens follow."""
    step = walk.require(definition, step_id).step
    new_id = new_id or new_step_id()
    naming.require_new_id(definition, new_id)
    slugs, ids = naming.for_copies(definition, (step,))
    copy = naming.with_new_names(step, slugs, ids | {step.id: new_id})
    copy = replace(copy, label=naming.copied_label(step.label or step.slug))
    return replace(definition, steps=tree.insert(definition.steps, Anchor("after", step_id), copy)), copy


def configure_settings(definition: Definition, settings: Settings) -> Definition:
    return replace(definition, settings=settings)


def add_variable(definition: Definition, name: str) -> Definition:
    """One that is there already stays as it is."""
    settings = definition.settings
    if not NAME.fullmatch(name):
        raise OperationRefused(
            "bad_name", "A name begins with a letter and has at most 64 letters, digits, _ and -."
        )
    if any(variable.name == name for variable in settings.variables):
        return definition
    return configure_settings(
        definition, replace(settings, variables=(*settings.variables, ActionVariable(name=name)))
    )


def set_enabled(definition: Definition, enabled: bool) -> Definition:
    """Switches a post-conversation workflow on or off, from its next published version on."""
    if definition.kind == "action":
        raise OperationRefused(
            "wrong_kind", "An action workflow has no switch: it is called when it is live."
        )
    return replace(definition, settings=replace(definition.settings, enabled=enabled))


def _names_something_in(step: Step, anchor: Anchor) -> bool:
    return any(
        anchor.id in (inner.id, *(branch.id for branch in inner.branches)) for inner in walk.steps_below(step)
    )


def first_branches() -> tuple[Branch, ...]:
    return (
        Branch(id=new_branch_id(), label="Branch 1"),
        Branch(id=new_branch_id(), label="Otherwise", otherwise=True),
    )


def _checked_inputs(step: Step, inputs: Mapping[str, JSON], registry: Catalogue) -> dict[str, JSON]:
    if problem := find_problem(dict(inputs), "inputs", max_bytes=MAX_BYTES, max_levels=20):
        raise OperationRefused(problem.code, problem.message)
    known = registry.find(step.action)
    if known is None:
        raise OperationRefused("unknown_action", f"There is no action “{step.action}”.")
    unknown = inputs.keys() - {field.name for field in known.action.fields}
    if unknown:
        raise OperationRefused("unknown_key", f"“{known.action.label}” has no field “{min(unknown)[:60]}”.")
    return normalised(inputs, known.action)


def _with_policy(step: Step, policy: Policy) -> Step:
    """A step that goes on in an error branch has one; any other has none."""
    error_branch = next((branch for branch in step.branches if branch.on_error), None)
    if policy.on_error == "branch" and error_branch is None:
        added = Branch(id=new_branch_id(), label="On error", on_error=True)
        return replace(step, policy=policy, branches=(*step.branches, added))
    if policy.on_error != "branch" and error_branch is not None:
        if error_branch.steps:
            raise OperationRefused(
                "error_branch_not_empty", "First move or delete the steps of its error branch."
            )
        kept = tuple(branch for branch in step.branches if branch is not error_branch)
        return replace(step, policy=policy, branches=kept)
    return replace(step, policy=policy)
