"""How are many failed runs tried again at once? A few at a time, newest first, and none of them twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from connectors import registry
from connectors.declare import Repeat
from workflows import matching, selectors
from workflows.definition import walk
from workflows.definition.document import Definition
from workflows.errors import NotRetryable
from workflows.matching import Matching
from workflows.models import Run
from workflows.services import continuing, operating
from workspaces.models import Workspace
from workspaces.services.audit import Actor

BATCH = 50
SAME, LIVE = "same", "live"
UNSURE = "Its step may have taken place already, and would a second time: look at it by itself."


@dataclass(frozen=True)
class Refused:
    run_id: UUID
    reason: str


@dataclass(frozen=True)
class Batch:
    """What one call did. Ask again with `next_cursor` until there is none."""

    successors: tuple[UUID, ...]
    refused: tuple[Refused, ...]
    left: int
    next_cursor: UUID | None


def retry(run: Run, version: str, *, instead: str = "", by: Actor) -> Run:
    """On the version it ran on (`same`), or repaired (`live`). Raises NotRetryable."""
    if version == LIVE and run.workflow.live_version_id != run.version_id:
        return continuing.fix_and_continue(run, instead=instead, by=by)
    return operating.retry(run, by=by)


def retry_all(
    workspace: Workspace,
    these: Matching,
    version: str,
    *,
    cursor: UUID | None = None,
    limit: int = BATCH,
    unsure_too: bool = False,
    now: datetime,
    by: Actor,
) -> Batch:
    """The next `limit` of the failed runs that match and have no successor yet. One whose step may have taken
    place, and would take place twice, is left out unless it is asked for.

    Successors are newer than all that is still to come, so one that fails at once is not taken up again.
    """
    waiting = _left(workspace, these, cursor, now)
    batch = list(waiting.select_related("workflow__live_version", "workspace")[:limit])
    successors, refused = [], []
    definitions = selectors.definitions({run.version_id for run in batch})
    for run in batch:
        if not unsure_too and may_repeat(run, definitions.get(run.version_id)):
            refused.append(Refused(run.pk, UNSURE))
            continue
        try:
            successors.append(retry(run, version, by=by).pk)
        except NotRetryable as reason:
            refused.append(Refused(run.pk, str(reason)))
    last = batch[-1].pk if len(batch) == limit else None
    left = _left(workspace, these, last, now).count() if last else 0
    return Batch(tuple(successors), tuple(refused), left, last if left else None)


def may_repeat(run: Run, definition: Definition | None) -> bool:
    """The step where it failed may have taken place, and the other side cannot tell that it is the same."""
    error = run.error or {}
    if not error.get("maybe_done"):
        return False
    place = walk.find(definition, str(error.get("step_id"))) if definition else None
    known = registry.default().find(place.step.action) if place else None
    if known is None or place is None:
        return True
    return known.action.repeat_of(place.step.inputs) is Repeat.NEVER


def how_many(workspace: Workspace, these: Matching, now: datetime) -> int:
    return _left(workspace, these, None, now).count()


def _left(workspace: Workspace, these: Matching, cursor: UUID | None, now: datetime) -> QuerySet[Run]:
    found = matching.retryable(these.runs(workspace, now))
    return (found.filter(pk__lt=cursor) if cursor else found).order_by("-pk")


def reasons(refused: Sequence[Refused]) -> dict[str, int]:
    """How many runs were refused for which reason."""
    found: dict[str, int] = {}
    for one in refused:
        found[one.reason] = found.get(one.reason, 0) + 1
    return found
