"""What does the explanation of a run rest on? Its facts, read off the page; and the runs of one history."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import Q
from django.urls import reverse

from builder.presenters import explained
from builder.presenters.explained import Button, Facts
from connectors import registry
from connectors.declare import Repeat
from workflows.definition.document import Step
from workflows.definition.walk import Place
from workflows.engine import shown
from workflows.models import Run, StepRun
from workspaces.models import Workspace

ICONS = {
    "retry": "rotate-ccw",
    "continue": "play",
    "fix": "wrench",
    "connections": "plug",
    "resume": "play",
    "cancel": "ban",
    "unpause": "bot",
}


@dataclass(frozen=True)
class Attempt:
    """One run of the history that this one belongs to."""

    id: UUID
    url: str
    number: int | None
    version: int | None
    state: str
    is_this: bool
    was_moved: bool
    """It waits in the place of the one before it, in a newer version."""
    follows: UUID | None


@dataclass(frozen=True)
class Deed:
    """A button with where it leads."""

    label: str
    icon: str
    url: str
    is_primary: bool
    way: str
    """link | dialog | post"""
    version: str = ""


def history(run: Run, workspace: Workspace) -> tuple[Attempt, ...]:
    """Oldest first; the run alone when nobody tried it again. One query."""
    same_root = Run.objects.in_workspace(workspace).filter(
        Q(pk=run.root_run_id) | Q(root_run_id=run.root_run_id, trigger="retry") | Q(pk=run.pk)
    )
    columns = ("number", "status", "wait_reason", "next_at", "parent_run_id", "started_at", "created_at")
    found = same_root.select_related("version").only(*columns, "version__number").order_by("pk")
    return tuple(
        Attempt(
            id=one.pk,
            url=reverse("builder:run", args=[one.pk]),
            number=one.number,
            version=one.version.number,
            state=shown.run_state(one),
            is_this=one.pk == run.pk,
            was_moved=one.started_at is not None and one.started_at < one.created_at,
            follows=one.parent_run_id,
        )
        for one in found
    )


def successor(run: Run, attempts: Sequence[Attempt]) -> Attempt | None:
    return next((one for one in attempts if one.follows == run.pk and one.id != run.pk), None)


def facts(
    run: Run, places: Mapping[str, Place], steps: Sequence[StepRun], attempts: Sequence[Attempt]
) -> Facts:
    error = run.error or {}
    path = str(error.get("path") or run.cur_path or "")
    place = places.get(path.rpartition("/")[2])
    step = place.step if place else None
    live, after = run.workflow.live_version, successor(run, attempts)
    done = list(_done(places, steps))
    return Facts(
        status=shown.run_state(run),
        wait_reason=run.wait_reason or "",
        code=str(error.get("code") or ""),
        message=str(error.get("message") or ""),
        maybe_done=bool(error.get("maybe_done")),
        step=label(step) if step else "",
        action=step.action if step else "",
        repeat=_repeat(step) if step else None,
        done=_counted(done),
        computed=sum(row.status == "succeeded" for row in steps) - len(done),
        is_interrupted=_is_interrupted(run, [row.status for row in steps if row.path == path]),
        version=run.version.number,
        newer=live.number if live and live.pk != run.version_id else None,
        workflow=run.workflow.name,
        is_paused=run.workflow.paused_at is not None,
        is_test=run.kind == "test",
        successor=after.number if after else None,
        is_pruned=run.pruned_at is not None,
        moved_to=after.version if after and after.was_moved else None,
    )


def deeds(run: Run, buttons: Sequence[Button], step_id: str) -> tuple[Deed, ...]:
    return tuple(_deed(run, button, step_id) for button in buttons)


def label(step: Step) -> str:
    known = registry.default().find(step.action)
    return step.label or (known.action.label if known else step.slug)


def _done(places: Mapping[str, Place], steps: Sequence[StepRun]) -> Iterator[str]:
    """What changed something outside: not what only reads or computes."""
    for row in steps:
        place = places.get(row.step_id)
        if row.status == "succeeded" and place and _repeat(place.step) not in (None, Repeat.SAFE):
            yield f"“{label(place.step)}”"


def _is_interrupted(run: Run, attempts: Sequence[str]) -> bool:
    """An attempt of the step was lost with its worker, and none has succeeded."""
    return "succeeded" not in attempts and ("unknown" in attempts or run.crash_count > 0)


def _counted(done: Sequence[str]) -> tuple[str, ...]:
    times = {name: done.count(name) for name in done}
    return tuple(name if count == 1 else f"{name}, {count} times" for name, count in times.items())


def _repeat(step: Step) -> Repeat | None:
    known = registry.default().find(step.action)
    if known is None or known.action.perform is None:
        return None
    return known.action.repeat_of(step.inputs)


def _deed(run: Run, button: Button, step_id: str) -> Deed:
    way, version = "link", ""
    match button.deed:
        case "fix":
            url = reverse("builder:chain", args=[run.workflow_id]) + (
                "?" + urlencode({"step": step_id}) if step_id else ""
            )
        case "connections":
            url = reverse("builder:connections", args=[run.workspace.slug])
        case "unpause":
            url = reverse("builder:agent", args=[run.agent_id])
        case "cancel":
            url, way = reverse("builder:cancel_run", args=[run.pk]), "dialog"
        case "resume":
            url, way = reverse("builder:resume_run", args=[run.pk]), "dialog"
        case _:
            version = "live" if button.deed == "continue" else "same"
            url = reverse("builder:retry_run", args=[run.pk])
            way = "dialog" if button.asks else "post"
            url += "?" + urlencode({"version": version}) if button.asks else ""
    return Deed(button.label, ICONS[button.deed], url, button.is_primary, way, version)


def risk(page_facts: Facts) -> str:
    """What trying it again may do twice."""
    found = explained.explain(page_facts)
    asked = [button.asks for button in found.buttons if button.asks] if found else []
    return asked[0] if asked else ""
