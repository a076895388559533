"""Which variables does the `/` picker offer at a place, nearest first, with what they held last time?
And what can be made on the way?
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from builder.presenters.opened import Opened
from connectors import registry
from workflows.definition import reach
from workflows.definition.reach import Group

MOST_AT_ONCE = 60
"""Steps whose variables come with the panel; in a longer chain the list is fetched by itself."""
NEW = {"action": ("action variable", "action"), "post_conversation": ("variable", "variables")}
"""Kind of workflow → what is made of a name that is not there yet, and its root."""


@dataclass(frozen=True)
class Offered:
    groups: Sequence[Group]
    create_url: str
    """Where a variable is made; empty for those who may not edit."""
    create_word: str
    create_root: str


def with_panel(opened: Opened, step_id: str | None) -> Offered | None:
    return offered(opened, step_id) if len(opened.places) <= MOST_AT_ONCE else None


def offered(opened: Opened, step_id: str | None) -> Offered:
    """`step_id` None: at the end of the chain, where the response fields are filled. One query."""
    groups = reach.reachable(
        opened.draft,
        step_id,
        registry=registry.default(),
        vocabulary=opened.vocabulary,
        samples=opened.samples,
    )
    word, root = NEW[opened.draft.kind]
    url = reverse("builder:create_variable", args=[opened.workflow.pk]) if opened.can_edit else ""
    return Offered(groups, f"{url}?step={step_id or ''}" if url else "", word, root)
