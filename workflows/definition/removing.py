"""How is a step taken out, so that it can be put back exactly?"""

from dataclasses import dataclass, replace

from connectors.declare import JSON
from workflows.definition import naming, tree, walk
from workflows.definition.anchors import START, Anchor, parse_anchor
from workflows.definition.catalogue import Catalogue
from workflows.definition.dumping import dump_step
from workflows.definition.parsing import parse_step
from workflows.definition.problems import OperationRefused
from workflows.definition.shapes import Branch, Definition, Step, Steps


@dataclass(frozen=True)
class Kept:
    """The steps of a branch that stayed when the step around them went."""

    branch_id: str
    step_ids: tuple[str, ...]


@dataclass(frozen=True)
class Removed:
    """A step that was taken out, with all that went with it, and where it stood."""

    step: Step
    anchors: tuple[Anchor, ...]
    """Its place first; then places near it, in case that one is gone when it comes back."""
    kept: Kept | None = None

    @property
    def anchor(self) -> Anchor:
        return self.anchors[0]


def dump_removed(removed: Removed) -> dict[str, JSON]:
    stored: dict[str, JSON] = {"step": dump_step(removed.step)}
    stored["anchors"] = [str(anchor) for anchor in removed.anchors]
    if removed.kept:
        stored["kept"] = {"branch": removed.kept.branch_id, "steps": list(removed.kept.step_ids)}
    return stored


def parse_removed(stored: JSON, *, registry: Catalogue) -> Removed:
    """Raises StructureInvalid or OperationRefused when it cannot be put back any more."""
    if not isinstance(stored, dict) or not isinstance(anchors := stored.get("anchors"), list):
        raise OperationRefused("not_kept", "What was deleted is no longer kept.")
    step = parse_step(stored.get("step"), registry=registry)
    return Removed(
        step, tuple(parse_anchor(str(anchor)) for anchor in anchors), _parse_kept(stored.get("kept"))
    )


def _parse_kept(stored: JSON) -> Kept | None:
    if not isinstance(stored, dict) or not isinstance(ids := stored.get("steps"), list):
        return None
    return Kept(str(stored.get("branch")), tuple(map(str, ids)))


def remove_step(
    definition: Definition, step_id: str, *, keep_branch: str | None = None
) -> tuple[Definition, Removed]:
    """The step goes with all that it contains; the steps of `keep_branch` take its place."""
    place = walk.require(definition, step_id)
    nearby = [Anchor("after", earlier.id) for earlier in reversed(place.before)]
    anchors = (*nearby, walk.head(place))
    if keep_branch is None:
        without = tree.remove(definition.steps, step_id)
        return replace(definition, steps=without), Removed(place.step, anchors)
    branch = next((branch for branch in place.step.branches if branch.id == keep_branch), None)
    if branch is None:
        raise OperationRefused("branch_gone", "This branch is no longer in the workflow.")
    kept = Kept(branch.id, tuple(step.id for step in branch.steps))
    removed = Removed(_with_steps(place.step, branch.id, ()), anchors, kept)
    return replace(definition, steps=tree.unwrap(definition.steps, step_id, branch.steps)), removed


def restore_step(definition: Definition, removed: Removed) -> Definition:
    """Exactly undoes `remove_step`; after other changes the step comes back near its place.

    Of the steps that were kept, those still there go back into their branch as they are now.
    """
    slugs = naming.for_return(definition, (removed.step,))
    step = naming.with_new_names(removed.step, slugs, {}) if slugs else removed.step
    rest = definition.steps
    if removed.kept:
        rest, kept = _taken_back(definition, removed.kept)
        step = _with_steps(step, removed.kept.branch_id, kept)
    anchor = next((anchor for anchor in removed.anchors if tree.has_place(rest, anchor)), START)
    return replace(definition, steps=tree.insert(rest, anchor, step))


def _taken_back(definition: Definition, kept: Kept) -> tuple[Steps, Steps]:
    """The chain without the steps that were kept, and these in the order in which they stand now.

    One that was put into another of them comes back inside it.
    """
    found: list[Step] = []
    for place in walk.places(definition):
        is_inside = any(parent.step.id in kept.step_ids for parent in place.parents)
        if place.step.id in kept.step_ids and not is_inside:
            found.append(place.step)
    rest = definition.steps
    for step in found:
        rest = tree.remove(rest, step.id)
    return rest, tuple(found)


def _with_steps(step: Step, branch_id: str, steps: Steps) -> Step:
    def filled(branch: Branch) -> Branch:
        return replace(branch, steps=steps) if branch.id == branch_id else branch

    return replace(step, branches=tuple(filled(branch) for branch in step.branches))
