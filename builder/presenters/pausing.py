"""What does a paused workflow say of itself: since when, why, and where did it begin?"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse

from workflows.models import Run, Workflow


@dataclass(frozen=True)
class Paused:
    id: UUID
    name: str
    url: str
    at: datetime
    why: str
    """After the time: `because its last 10 runs failed: …`, or `by Ada`."""
    run_url: str
    """Of the first run that failed; empty where there is none, or it is not kept any more."""


def paused(workflow: Workflow) -> Paused | None:
    return next(iter(all_paused([workflow])), None)


def all_paused(workflows: Iterable[Workflow]) -> list[Paused]:
    """One query, and none if nothing is paused."""
    stopped = [workflow for workflow in workflows if workflow.paused_at is not None]
    wanted = [workflow.pause_run_id for workflow in stopped if workflow.pause_run_id]
    kept = set(Run.objects.filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else set()
    return [_paused(workflow, kept) for workflow in stopped]


def _paused(workflow: Workflow, kept: set[UUID]) -> Paused:
    assert workflow.paused_at is not None
    run_id = workflow.pause_run_id
    by = f"by {workflow.paused_by}" if workflow.paused_by else ""
    return Paused(
        id=workflow.pk,
        name=workflow.name,
        url=reverse("builder:chain", args=[workflow.pk]),
        at=workflow.paused_at,
        why=f"because {workflow.pause_reason}" if workflow.pause_reason else by,
        run_url=reverse("builder:run", args=[run_id]) if run_id in kept else "",
    )
