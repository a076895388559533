"""What followed a conversation, and what is still to come of it? Runs that nobody called in a turn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.urls import reverse

from connectors.declare import App
from conversations.presenters import ran
from conversations.presenters.ran import StepLine
from workflows.definition.document import Definition
from workflows.engine import shown
from workflows.models import Run
from workflows.next_step import next_of
from workspaces import times

WAITS: Mapping[str, str] = {
    "delay": "ends {until}",
    "event": "waits for an event, at most until {at}",
    "approval": "waits for a person, at most until {at}",
    "child": "waits for another workflow",
    "retry": "is tried again {until}",
    "paused": "waits for its workflow to be resumed",
}


@dataclass(frozen=True, kw_only=True)
class AfterRun:
    id: UUID
    url: str
    name: str
    version: int | None
    state: str
    at: datetime
    clock: str
    steps: tuple[StepLine, ...]
    more: int


@dataclass(frozen=True, kw_only=True)
class ToCome:
    run_id: UUID
    run_url: str
    at: datetime | None
    when: str
    what: str
    how: str
    following: str
    app: App | None


@dataclass(frozen=True, kw_only=True)
class Zones:
    ours: ZoneInfo
    theirs: ZoneInfo


def after(run: Run, steps: Sequence[StepLine], zone: ZoneInfo, now: datetime) -> AfterRun:
    return AfterRun(
        id=run.pk,
        url=reverse("builder:run", args=[run.pk]),
        name=run.workflow.name,
        version=run.version.number,
        state=shown.run_state(run, now=now),
        at=run.created_at,
        clock=f"{run.created_at.astimezone(zone):%H:%M:%S}",
        steps=tuple(steps[: ran.MOST]),
        more=max(0, len(steps) - ran.MOST),
    )


def to_come(run: Run, definition: Definition | None, zones: Zones, now: datetime) -> ToCome:
    reason = shown.wait_reason(run, now=now) or ""
    due = run.next_at or now
    there = times.on_the_clock(due, zones.theirs, now.astimezone(zones.theirs).date())
    until = f"in {times.span(due - now)}" if due > now else "now"
    how = WAITS.get(reason, "waits for a free worker").format(until=until, at=there)
    if zones.theirs.key != zones.ours.key and due > now:
        how += f", at {there} in {times.place(zones.theirs)}"
    following = next_of(run, definition)
    return ToCome(
        run_id=run.pk,
        run_url=reverse("builder:run", args=[run.pk]),
        at=run.next_at,
        when=times.on_the_clock(due, zones.ours, now.astimezone(zones.ours).date()),
        what=ran.where(run, definition) or run.workflow.name,
        how=how,
        following=following.text,
        app=following.app,
    )
