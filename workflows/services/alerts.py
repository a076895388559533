"""What follows from runs that failed? Somebody is told, once for many of a kind, and a workflow that only
fails is paused.

The engine's rows in the outbox (engine.telling) are taken here, in one transaction with what follows from
them: rows that go out (services.sending), and one for the end of each group's window.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings as django_settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from connectors.declare import JSON
from workflows import failures, selectors
from workflows.definition import walk
from workflows.definition.document import StructureInvalid
from workflows.engine import telling
from workflows.models import AlertGroup, AlertSettings, Outbox, Run, Workflow
from workflows.services import alert_settings, alert_texts, outbox, pausing, sending

WINDOW = "alert.window"
TAKEN = (telling.FAILED, telling.QUARANTINED, WINDOW)
BATCH, MOST_BATCHES = 200, 50


@dataclass(frozen=True)
class Kind:
    """Failures that are told together."""

    workflow_id: UUID
    code: str
    topic: str


def take() -> int:
    """Until nothing more has happened, or others should have a turn; gives back how many rows were taken."""
    taken = 0
    for _ in range(MOST_BATCHES):
        found = _take_some()
        taken += found
        if found < BATCH:
            break
    return taken


@transaction.atomic
def _take_some() -> int:
    rows = list(outbox.due(TAKEN).select_for_update(skip_locked=True)[:BATCH])
    kinds: dict[Kind, list[Outbox]] = {}
    for row in rows:
        if row.topic == WINDOW:
            _end_window(row)
        else:
            told = row.payload
            kinds.setdefault(Kind(UUID(told["workflow"]), told["code"] or "failed", row.topic), []).append(
                row
            )
    for kind, events in kinds.items():
        _follow(kind, events)
    Outbox.objects.filter(pk__in=[row.pk for row in rows]).update(sent_at=Now())
    return len(rows)


def _follow(kind: Kind, events: Sequence[Outbox]) -> None:
    workflow = _workflow(kind.workflow_id)
    if workflow is None:
        return
    settings = alert_settings.of(workflow.workspace)
    if settings.is_on:
        _tell_of(kind, events, workflow, settings)
    paused = pausing.pause_if_it_only_fails(workflow.pk)
    if paused and settings.is_on:
        data = {"reason": paused.pause_reason, **_run(paused.pause_run_id)}
        once = f"paused:{paused.pk}:{paused.paused_at}"
        _tell(settings, once, alert_texts.PAUSED, workflow, "", **data)


def _tell_of(kind: Kind, events: Sequence[Outbox], workflow: Workflow, settings: AlertSettings) -> None:
    """The first of a group at once; the others are counted until its window ends."""
    now = timezone.now()
    group = _group(workflow, kind.code, now)
    last_run = events[-1].payload["run"]
    if group.closes_at > now:
        group.further += len(events)
    else:
        _sum_up(group, workflow, settings)
        group.opened_at, group.closes_at = now, now + timedelta(minutes=settings.window_minutes)
        group.further = len(events) - 1
        once = f"first:{group.pk}:{now.isoformat()}"
        first = events[0].payload
        told = {**_run(UUID(first["run"])), **_step(first), "window": _window(settings)}
        _tell(settings, once, _type(kind.topic), workflow, kind.code, **told)
        at_its_end = {"group": str(group.pk), "opened_at": now.isoformat()}
        outbox.post(
            WINDOW,
            workflow.workspace_id,
            f"window:{group.pk}:{now.isoformat()}",
            at_its_end,
            available_at=group.closes_at,
        )
    group.last_run_id = UUID(last_run)
    group.save()


def _end_window(row: Outbox) -> None:
    group = (
        AlertGroup.objects.select_for_update(of=("self",))
        .filter(pk=row.payload["group"], opened_at=datetime.fromisoformat(row.payload["opened_at"]))
        .first()
    )
    workflow = _workflow(group.workflow_id) if group else None
    if group and workflow:
        _sum_up(group, workflow, alert_settings.of(workflow.workspace))
        group.save(update_fields=["further"])


def _sum_up(group: AlertGroup, workflow: Workflow, settings: AlertSettings) -> None:
    """Tells of what was counted and counts from nothing."""
    if group.further and settings.is_on:
        once = f"more:{group.pk}:{group.opened_at.isoformat()}"
        told = {"count": group.further, "since": _instant(group.opened_at), **_run(group.last_run_id)}
        _tell(settings, once, alert_texts.FAILED_MORE, workflow, group.code, **told)
    group.further = 0


def _group(workflow: Workflow, code: str, now: datetime) -> AlertGroup:
    """Locked; a new one is over already, so that the first failure opens it."""
    new = AlertGroup(
        workspace_id=workflow.workspace_id, workflow=workflow, code=code[:60], opened_at=now, closes_at=now
    )
    AlertGroup.objects.bulk_create([new], ignore_conflicts=True)
    return AlertGroup.objects.select_for_update(of=("self",)).get(workflow=workflow, code=code[:60])


# --- A notice ----------------------------------------------------------------------------------------------
def notice(kind: str, workspace: Any, **data: JSON) -> dict[str, JSON]:
    """What a webhook gets as its body, and what a mail is written from."""
    about: dict[str, JSON] = {
        "workspace": {"slug": workspace.slug, "name": workspace.name, "time_zone": workspace.time_zone},
        "settings_url": f"{_base()}/w/{workspace.slug}/settings/alerts/",
    }
    return {"type": kind, "timestamp": _instant(timezone.now()), "data": {**about, **data}}


def _tell(settings: AlertSettings, once: str, kind: str, workflow: Workflow, code: str, **more: JSON) -> None:
    about: dict[str, JSON] = {
        "workflow": {
            "id": str(workflow.pk),
            "name": workflow.name,
            "url": f"{_base()}/workflows/{workflow.pk}/",
        },
        "agent": workflow.agent.name,
        "code": code or None,
        "what": failures.title(code) if code else None,
        "safe": failures.safe(code) if code else PAUSED_SAFE,
    }
    told = notice(kind, workflow.workspace, **about, **more)
    _post(settings, once, told)


PAUSED_SAFE = "Look at the first failed run, correct the workflow and publish it, then press Resume."


def _post(settings: AlertSettings, once: str, told: Mapping[str, JSON]) -> None:
    for number, person in enumerate(settings.emails):
        outbox.post(
            sending.EMAIL,
            settings.workspace_id,
            f"{once}:email:{number}",
            {"to": person, "notice": dict(told)},
        )
    if settings.webhook_url:
        outbox.post(sending.WEBHOOK, settings.workspace_id, f"{once}:webhook", {"notice": dict(told)})


def _run(run_id: UUID | None) -> dict[str, JSON]:
    if run_id is None:
        return {}
    number = Run.objects.filter(pk=run_id).values_list("number", flat=True).first()
    return {"run": {"id": str(run_id), "number": number, "url": f"{_base()}/runs/{run_id}/"}}


def _step(told: Mapping[str, Any]) -> dict[str, JSON]:
    """The step by the name that people gave it, in the version that ran."""
    step_id = (told.get("path") or "").rpartition("/")[2]
    run = Run.objects.select_related("version", "workflow").filter(pk=told["run"]).first()
    if not step_id or run is None:
        return {}
    try:
        places: Iterable[walk.Place] = walk.places(selectors.definition_of(run.version, run.workflow.kind))
    except StructureInvalid:  # of a newer Parley: the worker that will read it is on its way
        return {}
    labels = {place.step.id: f"{place.number}. {place.step.label or place.step.slug}" for place in places}
    return {"step": labels[step_id]} if step_id in labels else {}


def _workflow(workflow_id: UUID) -> Workflow | None:
    return Workflow.objects.select_related("workspace", "agent").filter(pk=workflow_id).first()


def _type(topic: str) -> str:
    return alert_texts.QUARANTINED if topic == telling.QUARANTINED else alert_texts.FAILED


def _window(settings: AlertSettings) -> str:
    return alert_settings.WINDOWS.get(settings.window_minutes, f"{settings.window_minutes} minutes")


def _instant(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _base() -> str:
    return str(django_settings.BASE_URL).rstrip("/")
