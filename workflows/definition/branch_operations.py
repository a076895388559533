"""How are the branches of a split changed? Pure operations, as in operations.py.

*Otherwise* comes last and stays; the error branch belongs to the step's policy. Both keep their places.
"""

from collections.abc import Sequence
from dataclasses import replace

from workflows.definition import naming, tree, walk
from workflows.definition.catalogue import SPLIT, without_version
from workflows.definition.document import new_branch_id
from workflows.definition.problems import OperationRefused
from workflows.definition.shapes import Branch, Definition, Group, Step


def add_branch(definition: Definition, step_id: str) -> tuple[Definition, Branch]:
    """A new branch without rules, the last before *Otherwise*."""
    step = walk.require(definition, step_id).step
    if without_version(step.action) != SPLIT:
        raise OperationRefused("not_a_split", "Only a split has branches to add to.")
    branch = Branch(id=new_branch_id(), label=_free_label(step))
    ordinary, fixed = _by_place(step)
    return _with_branches(definition, step, (*ordinary, branch, *fixed)), branch


def rename_branch(definition: Definition, branch_id: str, label: str) -> Definition:
    step, branch = walk.require_branch(definition, branch_id)
    return _updated(definition, step, replace(branch, label=naming.tidy_label(label, "branch")))


def set_branch_rules(definition: Definition, branch_id: str, when: Group | None) -> Definition:
    step, branch = _split_with(definition, branch_id)
    if when is not None:
        _require_ordinary(branch, f"“{branch.label}” has no rules: it is taken when no other branch is.")
    return _updated(definition, step, replace(branch, when=when))


def move_branch(definition: Definition, branch_id: str, by_places: int) -> Definition:
    """To the left (negative) or to the right among the branches with rules, as far as there are any."""
    step, branch = _split_with(definition, branch_id)
    _require_ordinary(branch, f"“{branch.label}” always comes last.")
    ordinary, fixed = _by_place(step)
    rest = [other for other in ordinary if other.id != branch_id]
    at = min(max(ordinary.index(branch) + by_places, 0), len(rest))
    return _with_branches(definition, step, (*rest[:at], branch, *rest[at:], *fixed))


def duplicate_branch(definition: Definition, branch_id: str) -> tuple[Definition, Branch]:
    """A copy to the right of it. Its steps get new ids and slugs; tokens between them follow."""
    step, branch = _split_with(definition, branch_id)
    _require_ordinary(branch, f"“{branch.label}” exists only once.")
    slugs, ids = naming.for_copies(definition, branch.steps)
    copy = replace(
        branch,
        id=new_branch_id(),
        label=naming.copied_label(branch.label or _free_label(step)),
        steps=tuple(naming.with_new_names(inner, slugs, ids) for inner in branch.steps),
    )
    at = step.branches.index(branch) + 1
    changed = _with_branches(definition, step, (*step.branches[:at], copy, *step.branches[at:]))
    tree.require_limits(changed.steps)
    return changed, copy


def remove_branch(definition: Definition, branch_id: str) -> Definition:
    """With all the steps in it."""
    step, branch = _split_with(definition, branch_id)
    _require_ordinary(branch, f"“{branch.label}” cannot be deleted: it is taken when no other branch is.")
    return _with_branches(definition, step, [other for other in step.branches if other is not branch])


def restore_branch(definition: Definition, before: Step, branch_id: str) -> Definition:
    """Exactly undoes `remove_branch`; after other changes the branch comes back near its place.

    `before` is the split as it was when it had the branch.
    """
    step = walk.require(definition, before.id).step
    was = [branch.id for branch in before.branches]
    if branch_id not in was:
        raise OperationRefused("not_kept", "What was deleted is no longer kept.")
    if branch_id in naming.ids(definition):
        raise OperationRefused("already_there", "The branch is already back.")
    at = was.index(branch_id)
    branch = before.branches[at]
    slugs = naming.for_return(definition, branch.steps)
    inner = tuple(naming.with_new_names(child, slugs, {}) for child in branch.steps)
    ordinary, fixed = _by_place(step)
    ids = [other.id for other in ordinary]
    place = max((ids.index(id_) + 1 for id_ in was[:at] if id_ in ids), default=0)
    branches = (*ordinary[:place], replace(branch, steps=inner), *ordinary[place:], *fixed)
    changed = _with_branches(definition, step, branches)
    tree.require_limits(changed.steps)
    return changed


def _split_with(definition: Definition, branch_id: str) -> tuple[Step, Branch]:
    step, branch = walk.require_branch(definition, branch_id)
    if branch.on_error:
        raise OperationRefused("fixed_branch", "What happens on an error is chosen in the step's settings.")
    if without_version(step.action) != SPLIT:
        raise OperationRefused("not_a_split", "Only the branches of a split can be changed.")
    return step, branch


def _require_ordinary(branch: Branch, otherwise: str) -> None:
    if branch.otherwise:
        raise OperationRefused("fixed_branch", otherwise)


def _by_place(step: Step) -> tuple[tuple[Branch, ...], tuple[Branch, ...]]:
    """Those with rules, and those that come after them all."""
    fixed = tuple(branch for branch in step.branches if branch.otherwise or branch.on_error)
    return tuple(branch for branch in step.branches if branch not in fixed), fixed


def _with_branches(definition: Definition, step: Step, branches: Sequence[Branch]) -> Definition:
    changed = replace(step, branches=tuple(branches))
    return replace(definition, steps=tree.update(definition.steps, changed))


def _updated(definition: Definition, step: Step, new: Branch) -> Definition:
    branches = [new if branch.id == new.id else branch for branch in step.branches]
    return _with_branches(definition, step, branches)


def _free_label(step: Step) -> str:
    taken = {branch.label for branch in step.branches}
    count = sum(not (branch.otherwise or branch.on_error) for branch in step.branches) + 1
    while f"Branch {count}" in taken:
        count += 1
    return f"Branch {count}"
