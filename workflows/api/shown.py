"""How does a run look over the API? As document.md says, with secure values masked."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from connectors.declare import JSON
from workflows import reading, selectors
from workflows.definition import walk
from workflows.definition.document import Step
from workflows.engine import shown as engine
from workflows.models import Run, StepRun
from workspaces.api.shapes import Shown, instant
from workspaces.vault.secret import MASK

MOST_SHOWN = 64 * 1024
"""Of an input or output; a longer one is shown as the beginning of its JSON text."""


def run(run: Run) -> Shown:
    state = engine.run_state(run)
    return {
        "id": str(run.pk),
        "workflow": str(run.workflow_id),
        "version": run.version.number,
        "number": run.number,
        "kind": run.kind,
        "trigger": run.trigger,
        "status": state,
        "wait_reason": engine.wait_reason(run),
        "due_at": instant(run.next_at) if state == "waiting" else None,
        "input": masked(run.input),
        "result": masked(run.result),
        "error": masked(run.error),
        "conversation": str(run.context_id) if run.context_id else None,
        "created_at": instant(run.created_at),
        "started_at": instant(run.started_at),
        "finished_at": instant(run.finished_at),
    }


def run_with_steps(of: Run) -> Shown:
    definition = selectors.definition_of(of.version, of.workflow.kind)
    steps = {place.step.id: place.step for place in walk.places(definition)}
    shown = [step(taken, steps[taken.step_id].slug) for taken in reading.steps(of)]
    return {**run(of), "steps": [*shown, *_current(of, steps)]}


def _current(of: Run, steps: Mapping[str, Step]) -> Iterator[Shown]:
    """The step where the run stands now has no outcome to show yet."""
    step_id = (of.cur_path or "").rpartition("/")[2]
    state = engine.step_state(of, step_id, ())
    if step_id in steps and state in ("running", "waiting"):
        yield {
            "path": of.cur_path,
            "step_id": step_id,
            "slug": steps[step_id].slug,
            "action": steps[step_id].action,
            "status": state,
            "attempt": of.attempt,
            "input": None,
            "output": None,
            "error": None,
            "started_at": None,
            "duration_ms": None,
        }


def step(taken: StepRun, slug: str) -> Shown:
    return {
        "path": taken.path,
        "step_id": taken.step_id,
        "slug": slug,
        "action": taken.action,
        "status": taken.status,
        "attempt": taken.attempt,
        "input": shortened(masked(taken.input)),
        "output": shortened(masked(taken.output)),
        "error": {"code": taken.error_class, "message": taken.error, "http_status": taken.http_status}
        if taken.error or taken.error_class
        else None,
        "started_at": instant(taken.started_at),
        "duration_ms": taken.duration_ms,
    }


def masked(value: JSON) -> Any:
    """Where a secure value stood, only its mark is stored; not even its name is shown."""
    if isinstance(value, dict):
        if set(value) == {"$secure"}:
            return MASK
        return {name: masked(item) for name, item in value.items()}
    if isinstance(value, list):
        return [masked(item) for item in value]
    return value


def shortened(value: JSON) -> Any:
    text = json.dumps(value, ensure_ascii=False)
    return value if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}…"
