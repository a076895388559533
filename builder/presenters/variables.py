"""Which variables does the `/` picker offer at a place, nearest first, with what they held last time?"""

from collections.abc import Sequence

from builder.presenters.opened import Opened
from connectors import registry
from workflows import selectors
from workflows.definition import reach
from workflows.definition.reach import Group

MOST_AT_ONCE = 60
"""Steps whose variables come with the panel; in a longer chain the list is fetched by itself."""


def with_panel(opened: Opened, step_id: str | None) -> Sequence[Group] | None:
    return groups(opened, step_id) if len(opened.places) <= MOST_AT_ONCE else None


def groups(opened: Opened, step_id: str | None) -> Sequence[Group]:
    """`step_id` None: at the end of the chain, where the response fields are filled. One query."""
    samples = selectors.samples(opened.workflow)
    return reach.reachable(
        opened.draft, step_id, registry=registry.default(), vocabulary=opened.vocabulary, samples=samples
    )
