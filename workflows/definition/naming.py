"""How are steps told apart? Ids that never change, labels for people, and slugs that tokens use."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace

from workflows.definition import texts, tree, walk
from workflows.definition.document import new_branch_id, new_step_id
from workflows.definition.parsing import ID, MAX_LABEL
from workflows.definition.problems import OperationRefused
from workflows.definition.shapes import Definition, Step, Steps
from workflows.templating import tokens

_MAX_SLUG = 64


def ids(definition: Definition) -> set[str]:
    steps = {place.step.id for place in walk.places(definition)}
    return steps | {branch.id for branch in walk.branches(definition)}


def slugs(definition: Definition) -> set[str]:
    return {place.step.slug for place in walk.places(definition)}


def require_new_id(definition: Definition, step_id: str) -> None:
    if not ID.fullmatch(step_id):
        raise OperationRefused("bad_id", "An id is s_ and 8 to 40 letters or digits.")
    if step_id in ids(definition):
        raise OperationRefused("duplicate_id", "This step was already added.")


def tidy_label(text: str, of: str = "step") -> str:
    label = " ".join(text.split())
    if not label:
        raise OperationRefused("empty_label", f"A {of} needs a name.")
    if len(label) > MAX_LABEL:
        raise OperationRefused("too_long", f"A {of}'s name has at most {MAX_LABEL} characters.")
    return label


def copied_label(label: str) -> str:
    return f"{label[: MAX_LABEL - 7]} (copy)"


def for_copies(definition: Definition, steps: Steps) -> tuple[dict[str, str], dict[str, str]]:
    """New slugs and ids for a copy of the steps and all that they contain."""
    taken = slugs(definition)
    new_slugs: dict[str, str] = {}
    new_ids: dict[str, str] = {}
    for step in steps:
        for inner in walk.steps_below(step):
            new_slugs[inner.slug] = free_slug(inner.slug, taken)
            taken |= {new_slugs[inner.slug]}
            new_ids[inner.id] = new_step_id()
            new_ids |= {branch.id: new_branch_id() for branch in inner.branches}
    return new_slugs, new_ids


def free_slug(label: str, taken: set[str]) -> str:
    """`Look up order` → `look_up_order`, and `look_up_order_2` when that is taken."""
    letters = unicodedata.normalize("NFKD", label.casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    base = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")
    base = (base if base[:1].isalpha() else f"step_{base}".rstrip("_"))[:_MAX_SLUG]
    slug, count = base, 1
    while slug in taken:
        count += 1
        slug = f"{base[: _MAX_SLUG - len(str(count)) - 1]}_{count}"
    return slug


def for_return(definition: Definition, steps: Steps) -> dict[str, str]:
    """New slugs for those of the steps, and of all they contain, that were taken while they were away."""
    inner = [step for outer in steps for step in walk.steps_below(outer)]
    if any(step.id in ids(definition) for step in inner):
        raise OperationRefused("already_there", "The step is already back.")
    taken = slugs(definition)
    own = {step.slug for step in inner}
    new: dict[str, str] = {}
    for slug in sorted(own & taken):
        new[slug] = free_slug(slug, taken | own)
        taken |= {new[slug]}
    return new


def with_new_names(step: Step, slugs: Mapping[str, str], ids: Mapping[str, str]) -> Step:
    named = tree.map_steps(
        step,
        lambda inner: replace(
            inner,
            id=ids.get(inner.id, inner.id),
            slug=slugs.get(inner.slug, inner.slug),
            branches=tuple(replace(branch, id=ids.get(branch.id, branch.id)) for branch in inner.branches),
        ),
    )
    return texts.in_step(named, lambda text: tokens.rewrite(text, slugs))
