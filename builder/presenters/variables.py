"""Which variables does the `/` picker offer at a place, nearest first, with what they held last time?"""

from collections.abc import Mapping, Sequence

from workflows.definition.reach import Group

from builder.presenters.opened import Opened
from connectors import registry
from connectors.declare import JSON
from workflows.definition import reach


def groups(opened: Opened, step_id: str | None, samples: Mapping[str, JSON]) -> Sequence[Group]:
    """`step_id` None: at the end of the chain, where the response fields are filled."""
    return reach.reachable(
        opened.draft, step_id, registry=registry.default(), vocabulary=opened.vocabulary, samples=samples
    )
