"""What was in a version, and how do two of them differ?"""

from dataclasses import dataclass, replace

from builder.presenters import changes
from builder.presenters.changes import ChangeView
from builder.presenters.opened import Opened
from connectors import registry
from workflows import selectors
from workflows.definition import diff
from workflows.models import WorkflowVersion


@dataclass(frozen=True)
class Comparison:
    """From an older version, or from nothing, to a newer one or the draft."""

    before: str
    after: str
    changes: tuple[ChangeView, ...]
    counts: tuple[tuple[str, str], ...]
    """(text, tone), such as `3 edited`."""


def compare(opened: Opened, before: WorkflowVersion | None, after: WorkflowVersion | None) -> Comparison:
    """`after` None is the draft. `before` None shows everything that `after` holds."""
    kind = opened.workflow.kind
    older = selectors.definition_of(before, kind) if before else None
    there = replace(opened, draft=selectors.definition_of(after, kind)) if after else opened
    views = changes.views(there, diff.diff(older, there.draft, registry.default()))
    return Comparison(
        before=f"v{before.number}" if before else "",
        after=f"v{after.number}" if after else "the draft",
        changes=views,
        counts=tuple(changes.counts(views)),
    )
