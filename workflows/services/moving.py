"""What becomes of the runs that wait in older versions when a new one goes live?

They finish on theirs, unless people choose otherwise. A run never changes its version: moving one means that
it is cancelled and a successor waits in its place, for the same thing, until the same moment.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import batched
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, Min, Q, QuerySet
from django.utils import timezone

from workflows.definition.document import Definition
from workflows.engine import continuing, handing_over
from workflows.engine import starting as engine
from workflows.engine.continuing import Route
from workflows.engine.handing_over import HandOver
from workflows.models import Run, Workflow, WorkflowVersion
from workflows.models.run import Lane, RunKind, RunStatus
from workflows.services import operating
from workflows.services.continuing import successor_of, ways
from workspaces.services.audit import Actor

KEEP, MOVE, CANCEL = CHOICES = ("keep", "move", "cancel")
BATCH = 200
MOST_TOLD = 200
"""Open pages hear of so many runs; the rest shows when they are loaded again."""
PASSING = ("yield", "throttle")
"""These runs are about to go on by themselves."""
BOUND = "child"
"""Another run answers to this very one."""


@dataclass(frozen=True)
class Group:
    """The runs that wait in one version."""

    version: int
    count: int
    earliest: datetime


@dataclass(frozen=True)
class Survey:
    """For whoever is about to publish."""

    groups: tuple[Group, ...] = ()
    movable: int = 0
    """How many wait at a step that the draft still has."""

    @property
    def count(self) -> int:
        return sum(group.count for group in self.groups)

    @property
    def earliest(self) -> datetime | None:
        return min((group.earliest for group in self.groups), default=None)


@dataclass(frozen=True)
class Settled:
    kept: int = 0
    moved: int = 0
    stayed: int = 0
    """They were to be moved, but the step where they wait is gone, or bound to their version."""
    cancelled: int = 0


def any_waits(workflow: Workflow) -> bool:
    return _waiting(workflow).exists()


def survey(workflow: Workflow, draft: Definition, *, staying: WorkflowVersion | None = None) -> Survey:
    """One query, however many runs wait. Those that wait in `staying` already are left out."""
    waiting = _waiting(workflow)
    grouped = (
        (waiting.exclude(version=staying) if staying else waiting)
        .values("version__number", "cur_path", "wait_reason", "trigger")
        .annotate(count=Count("id"), earliest=Min("next_at"))
        .order_by("version__number")
    )
    is_there = continuing.still_there(draft)
    counts: dict[int, list[tuple[int, datetime]]] = {}
    movable = 0
    for row in grouped:
        counts.setdefault(row["version__number"] or 0, []).append((row["count"], row["earliest"]))
        is_bound = row["wait_reason"] == BOUND or row["trigger"] == "workflow"
        if not is_bound and (not row["cur_path"] or is_there(row["cur_path"])):
            movable += row["count"]
    groups = [
        Group(number, sum(count for count, _ in found), min(at for _, at in found))
        for number, found in counts.items()
    ]
    return Survey(tuple(groups), movable)


def settle(workflow: Workflow, version: WorkflowVersion, choice: str, by: Actor) -> Settled:
    """In the transaction that makes the version live."""
    older = _waiting(workflow).exclude(version=version)
    match choice:
        case "move":
            return _move(older, version)
        case "cancel":
            return Settled(cancelled=_cancel_all(older, by))
    return Settled(kept=older.count())


def _waiting(workflow: Workflow) -> QuerySet[Run]:
    """Not those that somebody is waiting for, nor tests."""
    found = Run.objects.filter(workflow=workflow, kind=RunKind.PRODUCTION, lane=Lane.BACKGROUND)
    return found.showing("waiting", timezone.now()).exclude(wait_reason__in=PASSING)


def _cancel_all(older: QuerySet[Run], by: Actor) -> int:
    """One by one where another run is concerned: the one it called, or the one that called it."""
    bound = older.filter(Q(wait_reason=BOUND) | Q(trigger="workflow"))
    others = list(bound.select_related("workspace"))
    gone = _cancel(list(older.exclude(pk__in=[run.pk for run in others]).values_list("pk", "epoch")))
    ended = [run for run in others if operating.cancel(run, by).status == RunStatus.CANCELLED]
    return len(gone) + len(ended)


def _move(older: QuerySet[Run], version: WorkflowVersion) -> Settled:
    moved = 0
    ids = list(older.order_by("pk").values_list("pk", flat=True))
    for batch in batched(ids, BATCH):
        runs = list(Run.objects.filter(pk__in=batch).select_related("workflow").order_by("pk"))
        free = [run for run in runs if run.wait_reason != BOUND and run.trigger != "workflow"]
        routes = {pk: route for pk, route in ways(free, version).items() if isinstance(route, Route)}
        gone = _cancel([(run.pk, run.epoch) for run in free if run.pk in routes])
        handing_over.hand_over(list(_successors([run for run in free if run.pk in gone], version, routes)))
        moved += len(gone)
    return Settled(moved=moved, stayed=len(ids) - moved)


def _successors(
    runs: Sequence[Run], version: WorkflowVersion, routes: dict[UUID, Route]
) -> Iterator[HandOver]:
    for run in runs:
        started = engine.insert(successor_of(run, version.pk))
        yield HandOver(
            predecessor_id=run.pk,
            successor_id=started.run_id,
            root_run_id=run.root_run_id,
            route=routes[run.pk],
            wait_reason=run.wait_reason,
        )


_CANCEL = """
UPDATE run SET status = 'cancelled', cancel_requested_at = coalesce(cancel_requested_at, clock_timestamp()),
  wait_reason = NULL, finished_at = clock_timestamp()
FROM unnest(%s::uuid[], %s::int[]) AS seen (id, epoch)
WHERE run.id = seen.id AND run.epoch = seen.epoch AND run.status = 'queued' RETURNING run.id"""


def _cancel(seen: Sequence[tuple[UUID, int]]) -> set[UUID]:
    """Those that no worker has taken since they were looked at."""
    with connection.cursor() as cursor:
        cursor.execute(_CANCEL, [[pk for pk, _ in seen], [epoch for _, epoch in seen]])
        gone = {pk for (pk,) in cursor.fetchall()}
    for run in Run.objects.filter(pk__in=list(gone)[:MOST_TOLD]):
        transaction.on_commit(partial(operating.tell, run))
    return gone
