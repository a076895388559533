"""Is a run's journal a walk through its definition? Every step that had its turn has an outcome, in order,
and no other step has one.

It does not ask the planner. What was decided stands in the journal (which branches a Split took, how many
items a Loop had); this only follows it, so a mistake of the planner's does not hide itself.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count, groupby, pairwise
from typing import Any, Literal
from uuid import UUID

from connectors.declare import JSON
from workflows.definition.document import Branch, Definition, Step, StructureInvalid
from workflows.engine import retry
from workflows.engine.invariants.broken import Broken, Scope, ask
from workflows.engine.published import published

BATCH = 200
NOT_COUNTED = ("outcome_unknown", "deadline")
"""Attempts that were lost, or cut off by somebody else's deadline."""

_RUNS = """
SELECT id, version_id, status, stop_path FROM run
WHERE id >= %(first)s AND id > %(after)s AND status IN ('succeeded', 'failed', 'cancelled')
ORDER BY id LIMIT %(batch)s"""
_STEPS = """
SELECT run_id, path, seq, status, epoch, error_class,
  CASE WHEN action LIKE 'flow.%%' AND length(output::text) < 100000 THEN output END
FROM step_run WHERE run_id = ANY(%(runs)s) ORDER BY run_id, seq, attempt"""


def broken(scope: Scope) -> Iterator[Broken]:
    after = UUID(int=0)
    while runs := ask(_RUNS, {"first": scope.first_run, "after": after, "batch": BATCH}):
        after = runs[-1][0]
        steps = ask(_STEPS, {"runs": [run[0] for run in runs]})
        journals = {run: list(rows) for run, rows in groupby(steps, key=lambda row: row[0])}
        for run in runs:
            yield from _of_run(run, journals.get(run[0], []))


@dataclass(frozen=True)
class Outcome:
    seq: int
    status: str
    is_own: bool = True
    """Not taken over from the run this one follows."""
    output: Mapping[str, Any] = field(default_factory=dict)
    failures: int = 0
    """Attempts that failed and count."""

    @property
    def is_done(self) -> bool:
        return self.status in ("succeeded", "skipped")


def complaints(
    definition: Definition, journal: Mapping[str, Outcome], status: str, *, is_partial: bool = False
) -> Iterator[str]:
    """`is_partial`: the run was asked to end before the end."""
    walk = _Walk(journal)
    end = walk.sequence(definition.steps, "")
    if status == "succeeded" and not is_partial and end in ("missing", "failed"):
        what = "has no outcome" if end == "missing" else "failed"
        yield f"succeeded, although step {walk.last} {what}"
    yield from walk.astray()


def beyond_policy(steps: Mapping[str, Step], journal: Mapping[str, Outcome]) -> Iterator[str]:
    """I11: a step may fail as often as its policy says, or as often as any lane allows."""
    for path, outcome in journal.items():
        step = steps.get(path.rpartition("/")[2])
        retries = step.policy.retries if step else None
        allowed = max(retry.ATTEMPTS.values()) if retries is None else retries + 1
        if outcome.failures > allowed:
            yield f"step {path} failed {outcome.failures} times, and may {allowed} times"


def _of_run(run: tuple[Any, ...], rows: Sequence[tuple[Any, ...]]) -> Iterator[Broken]:
    run_id, version_id, status, stop_path = run
    try:
        version = published(version_id)
    except StructureInvalid:
        return  # made by newer code than this; what made it can check it
    journal: dict[str, Outcome] = {}
    for _, path, seq, row_status, epoch, code, output in rows:
        before = journal[path].failures if path in journal else 0
        failures = before + (row_status in ("failed", "unknown") and code not in NOT_COUNTED)
        journal[path] = Outcome(seq, row_status, epoch > 0, _object(output), failures)
    for why in complaints(version.definition, journal, status, is_partial=stop_path is not None):
        yield Broken("I3", run_id, why)
    for why in beyond_policy(version.steps, journal):
        yield Broken("I11", run_id, why)


def _object(output: JSON) -> Mapping[str, Any]:
    value = json.loads(output) if isinstance(output, str) else output
    return value if isinstance(value, dict) else {}


type _End = Literal["through", "stopped", "failed", "missing"]


class _Walk:
    """How far the journal carries, and what it holds beside the way."""

    def __init__(self, journal: Mapping[str, Outcome]) -> None:
        self._journal = journal
        self._items = {path[: end + 1] for path in journal for end in _item_ends(path)}
        self._seen: list[str] = []
        self.last = ""
        """The step at which the way ended."""

    def sequence(self, steps: Sequence[Step], prefix: str) -> _End:
        for step in steps:
            end = self._step(step, prefix)
            if end != "through":
                return end
        return "through"

    def astray(self) -> Iterator[str]:
        seen = set(self._seen)
        for path, outcome in self._journal.items():
            if outcome.is_own and path not in seen:
                yield f"step {path} has an outcome, and the way never came to it"
        own = [path for path in self._seen if self._journal[path].is_own]
        for earlier, later in pairwise(own):
            if self._journal[earlier].seq >= self._journal[later].seq:
                yield f"step {later} stands before {earlier}, which it follows"

    def _step(self, step: Step, prefix: str) -> _End:
        self.last = path = prefix + step.id
        outcome = self._journal.get(path)
        if step.body is not None and (outcome is None or outcome.status != "skipped"):
            end = self._items_of(step, path)
            if end in ("missing", "stopped") or (end == "failed" and outcome is None):
                return end
            self.last = path
        if outcome is None:
            return "missing"
        self._seen.append(path)
        return self._after(step, prefix, outcome)

    def _items_of(self, step: Step, path: str) -> _End:
        """Each item's way; one that failed ends the loop, or only itself."""
        for index in count():
            item = f"{path}[{index}]"
            if item not in self._items:
                return "through"
            end = self.sequence(step.body or (), f"{item}/")
            if end != "through" and (end != "failed" or step.inputs.get("on_item_error") != "continue"):
                return end
        raise AssertionError("count() never ends")

    def _after(self, step: Step, prefix: str, outcome: Outcome) -> _End:
        if outcome.is_done:
            for branch in self._taken(step, prefix, outcome):
                end = self.sequence(branch.steps, prefix)
                if end != "through":
                    return end
            is_stop = step.action.startswith("flow.stop@") and outcome.status == "succeeded"
            return "stopped" if is_stop else "through"
        match step.policy.on_error:
            case "continue":
                return "through"
            case "branch":
                on_error = next((branch for branch in step.branches if branch.on_error), None)
                return self.sequence(on_error.steps, prefix) if on_error else "through"
        return "failed"

    def _taken(self, step: Step, prefix: str, outcome: Outcome) -> list[Branch]:
        """As the step says; where its output has been pruned, the branches that have outcomes."""
        branches = [branch for branch in step.branches if not branch.on_error]
        if outcome.status == "skipped" or not branches:
            return []
        taken = outcome.output.get("taken")
        if isinstance(taken, list):
            return [branch for branch in branches if branch.id in taken]
        return [
            branch for branch in branches if branch.steps and prefix + branch.steps[0].id in self._journal
        ]


def _item_ends(path: str) -> Iterator[int]:
    """Where each loop item ends in a path: after `s_loop[1]` in `s_loop[1]/s_x`."""
    return (at for at, sign in enumerate(path) if sign == "]")
