"""How does a copy of a step come into a definition? From the same one, or as JSON from any other workflow.

Whatever is copied gets new ids and free slugs; tokens between its own steps follow. Tokens that refer to
other steps stay as they are: they fit where those are there, and `check` reports them where they are not.
"""

from dataclasses import replace

from connectors.declare import JSON
from workflows.definition import naming, tree
from workflows.definition.anchors import Anchor
from workflows.definition.catalogue import Catalogue
from workflows.definition.document import parse_step
from workflows.definition.shapes import Definition, Step

_FREE_ID, _FREE_SLUG = "s_00000000", "copied"


def read_step(content: JSON, *, registry: Catalogue) -> Step:
    """The step that a clipboard holds. Raises StructureInvalid."""
    if isinstance(content, dict):
        content = {"id": _FREE_ID, "slug": _FREE_SLUG, **content}
    return parse_step(content, registry=registry)


def paste_step(definition: Definition, step: Step, anchor: Anchor) -> tuple[Definition, Step]:
    slugs, ids = naming.for_copies(definition, (step,))
    copy = naming.with_new_names(step, slugs, ids)
    return replace(definition, steps=tree.insert(definition.steps, anchor, copy)), copy
