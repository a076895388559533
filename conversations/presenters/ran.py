"""Which steps did a run take, in a line each? And at which does it stand?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from connectors import registry
from connectors.declare import App
from workflows import selectors
from workflows.definition import walk
from workflows.definition.document import Definition
from workflows.definition.shapes import Step
from workflows.definition.walk import Place
from workflows.engine import shown
from workflows.models import Run, StepRun

MOST = 30


@dataclass(frozen=True, kw_only=True)
class StepLine:
    step_id: str
    number: str
    label: str
    app: App | None
    state: str
    took_ms: float | None
    attempts: int


def lines(runs: Iterable[Run]) -> Mapping[UUID, tuple[StepLine, ...]]:
    """In the order they were taken, each with its last attempt; then where the run stands. Two queries."""
    known = {run.pk: run for run in runs}
    definitions = selectors.definitions({run.version_id for run in known.values()})
    attempts: dict[UUID, dict[str, list[StepRun]]] = {pk: {} for pk in known}
    rows = StepRun.objects.filter(run_id__in=known).order_by("seq", "attempt").defer("input", "output")
    for row in rows:
        attempts[row.run_id].setdefault(row.path, []).append(row)
    return {
        pk: tuple(_lines(run, attempts[pk], definitions.get(run.version_id))) for pk, run in known.items()
    }


def _lines(run: Run, by_path: Mapping[str, list[StepRun]], definition: Definition | None) -> list[StepLine]:
    places = {place.step.id: place for place in walk.places(definition)} if definition else {}
    found = []
    stands_at = [run.cur_path] if run.cur_path and run.cur_path not in by_path else []
    for path in [*by_path, *stands_at]:
        rows = by_path.get(path, [])
        state = shown.path_state(run, path, rows)
        place = places.get(path.rpartition("/")[2])
        if place and state != "not_reached":
            found.append(_line(place, state, rows))
    return found


def _line(place: Place, state: str, rows: list[StepRun]) -> StepLine:
    app = registry.default().find(place.step.action)
    return StepLine(
        step_id=place.step.id,
        number=place.number,
        label=_label(place.step),
        app=app.face if app else None,
        state=state,
        took_ms=float(rows[-1].duration_ms) if rows and state not in ("waiting", "running") else None,
        attempts=len(rows),
    )


def where(run: Run, definition: Definition | None) -> str:
    """`4. Wait two days`: the step that the run stands at."""
    places = {place.step.id: place for place in walk.places(definition)} if definition else {}
    place = places.get((run.cur_path or "").rpartition("/")[2])
    return f"{place.number}. {_label(place.step)}" if place else ""


def _label(step: Step) -> str:
    known = registry.default().find(step.action)
    return step.label or (known.action.label if known else step.slug)
