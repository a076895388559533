"""Where did a run go? What each step of its version did, which branches were taken, how each item went."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import groupby

from django.utils.safestring import SafeString

from builder.presenters import bus
from builder.presenters.cards import condition, ends, in_short, takes_branches
from builder.presenters.passes import Passes, Stepper
from connectors import registry
from connectors.declare import JSON, App
from workflows.definition.shapes import Branch, Definition, Step, Steps
from workflows.definition.walk import Place
from workflows.engine import shown
from workflows.models import Run, StepRun

# step state → tone of the rail, icon, word
LOOKS = {
    "succeeded": ("r-ok", "circle-check", "Succeeded"),
    "failed": ("r-bad", "circle-x", "Failed"),
    "skipped": ("r-skip", "circle-slash", "Skipped"),
    "unknown": ("r-bad", "circle-help", "Outcome unknown"),
    "running": ("r-run", "circle-play", "Running"),
    "waiting": ("r-wait", "hourglass", "Waiting"),
    "not_reached": ("r-none", "circle-dashed", "Not reached"),
}
WAITS_FOR = {
    "delay": "until",
    "retry": "tries again",
    "event": "for an event, at most until",
    "child": "for the workflow it called",
    "approval": "for an approval",
    "throttle": "for its turn",
    "unknown_action": "for an action that this Parley does not know",
    "paused": "the workflow is paused",
}
TIMED = ("delay", "retry", "event")


@dataclass(frozen=True, kw_only=True)
class StepCard:
    id: str
    path: str
    """Its place in the run: `s_loop[2]/s_x`."""
    number: str
    label: str
    app: App
    state: str
    took_ms: int | None
    until: datetime | None
    why: str
    """Beside the state: which branch was taken, what it waits for, why it was skipped."""
    tries: int
    is_selected: bool
    rows: Sequence[StepRun] = field(repr=False, compare=False)

    @property
    def tone(self) -> str:
        return LOOKS[self.state][0]

    @property
    def icon(self) -> str:
        return LOOKS[self.state][1]

    @property
    def word(self) -> str:
        return LOOKS[self.state][2]


@dataclass(frozen=True, kw_only=True)
class RunColumn:
    id: str
    label: str
    words: SafeString
    kind: str
    """rules | otherwise | error | pass"""
    way: str
    """taken | untaken, or empty while nobody knows"""
    arms: bus.Arms
    tail: str
    is_end: bool
    items: tuple["RunItem", ...]


@dataclass(frozen=True, kw_only=True)
class RunBox:
    stepper: Stepper | None
    goes_on: str
    items: tuple["RunItem", ...]


@dataclass(frozen=True, kw_only=True)
class RunItem:
    card: StepCard
    columns: tuple[RunColumn, ...] = ()
    box: RunBox | None = None

    @property
    def is_wide(self) -> bool:
        return len(self.columns) > bus.MOST_SIDE_BY_SIDE


@dataclass(frozen=True)
class Overlay:
    run: Run
    definition: Definition
    places: Mapping[str, Place]
    steps: Sequence[StepRun]
    chosen: str
    passes: Mapping[str, int]
    """Loop's id → which pass the address asks for, from 0."""
    address: Callable[[Mapping[str, int]], str]
    """Of the same page with other passes."""

    @cached_property
    def rows(self) -> Mapping[str, list[StepRun]]:
        by_path = sorted(self.steps, key=lambda row: row.path)
        return {path: list(rows) for path, rows in groupby(by_path, key=lambda row: row.path)}

    @cached_property
    def items(self) -> tuple[RunItem, ...]:
        return self._list(self.definition.steps, "", "the end", is_passed_by=False)

    @property
    def cards(self) -> tuple[StepCard, ...]:
        return tuple(item.card for item in flat(self.items))

    def _list(self, steps: Steps, prefix: str, then: str, *, is_passed_by: bool) -> tuple[RunItem, ...]:
        follows = [self.places[step.id].number for step in steps[1:]]
        return tuple(
            self._item(step, prefix, after, is_passed_by=is_passed_by)
            for step, after in zip(steps, [*follows, then], strict=False)
        )

    def _item(self, step: Step, prefix: str, then: str, *, is_passed_by: bool) -> RunItem:
        path = prefix + step.id
        card = self._card(step, path, is_passed_by=is_passed_by)
        return RunItem(
            card=card,
            columns=tuple(self._columns(step, card, prefix, then)) if step.branches else (),
            box=self._box(step, path, is_passed_by=is_passed_by) if step.body is not None else None,
        )

    def _card(self, step: Step, path: str, *, is_passed_by: bool) -> StepCard:
        known = registry.default().find(step.action)
        assert known is not None, step.action
        rows = self.rows.get(path, [])
        state = self._state(step, path, rows, is_passed_by=is_passed_by)
        waits = self.run.wait_reason if state == shown.WAITING else ""
        return StepCard(
            id=step.id,
            path=path,
            number=self.places[step.id].number,
            label=step.label or known.action.label,
            app=known.face,
            state=state,
            took_ms=sum(row.duration_ms for row in rows) if rows else None,
            until=self.run.next_at if waits in TIMED else None,
            why=WAITS_FOR.get(waits, "") if waits else self._why(step, state, rows),
            tries=len(rows),
            is_selected=step.id == self.chosen,
            rows=rows,
        )

    def _state(self, step: Step, path: str, rows: Sequence[StepRun], *, is_passed_by: bool) -> str:
        state = shown.path_state(self.run, path, rows)
        if state != "not_reached":
            return state
        if step.body is not None and self._passes.seen(path):
            return "failed" if self.run.finished_at else "running"
        return "skipped" if is_passed_by else state

    def _why(self, step: Step, state: str, rows: Sequence[StepRun]) -> str:
        if state == "skipped":
            return "" if step.enabled else "disabled"
        if state == "failed" and step.policy.on_error != "stop":
            return "went on"
        taken = _taken(step, rows)
        return ", ".join(branch.label for branch in step.branches if branch.id in (taken or ()))

    # --- branches ---
    def _columns(self, step: Step, card: StepCard, prefix: str, then: str) -> Iterator[RunColumn]:
        branches, is_split = step.branches, takes_branches(step)
        ended = [ends(branch.steps) for branch in branches]
        arms = bus.arms([*([] if is_split else [True]), *(not end for end in ended)])
        if not is_split:
            way = {"succeeded": "taken", "failed": "untaken"}.get(card.state, "")
            yield RunColumn(
                id=f"pass-{step.id}",
                label="It worked",
                words=SafeString(),
                kind="pass",
                way=way,
                arms=arms[0],
                tail=f"Continues to {then}",
                is_end=False,
                items=(),
            )
        for branch, end, drawn in zip(branches, ended, arms[-len(branches) :], strict=True):
            yield self._column(step, branch, card, prefix, then, drawn, is_end=end)

    def _column(
        self,
        step: Step,
        branch: Branch,
        card: StepCard,
        prefix: str,
        then: str,
        arms: bus.Arms,
        *,
        is_end: bool,
    ) -> RunColumn:
        way = _way(step, branch, card)
        return RunColumn(
            id=branch.id,
            label=branch.label,
            words=in_short(condition(branch)),
            kind="otherwise" if branch.otherwise else "error" if branch.on_error else "rules",
            way=way,
            arms=arms,
            tail="Ends here" if is_end else f"Continues to {then}",
            is_end=is_end,
            items=self._list(branch.steps, prefix, then, is_passed_by=way == "untaken"),
        )

    # --- loops ---
    @cached_property
    def _passes(self) -> Passes:
        return Passes(self.run, self.places, self.rows, self.passes, self.address)

    def _box(self, step: Step, path: str, *, is_passed_by: bool) -> RunBox:
        at = self._passes.shown(step, path)
        assert step.body is not None
        on_error = step.inputs.get("on_item_error") or "stop"
        return RunBox(
            stepper=self._passes.stepper(step, path),
            goes_on=f"Next item · at most {step.inputs.get('limit') or 100} · on error: {on_error}",
            items=self._list(step.body, f"{path}[{at}]/", "the next item", is_passed_by=is_passed_by),
        )


def flat(items: Sequence[RunItem]) -> Iterator[RunItem]:
    """In the order in which people read the chain."""
    for item in items:
        yield item
        for column in item.columns:
            yield from flat(column.items)
        if item.box:
            yield from flat(item.box.items)


def _taken(step: Step, rows: Sequence[StepRun]) -> Sequence[JSON] | None:
    """The ids of the branches that a split took; None when it has not decided."""
    last = rows[-1] if rows else None
    if last is None or last.status != "succeeded" or not isinstance(last.output, dict):
        return None
    taken = last.output.get("taken")
    return taken if isinstance(taken, list) and takes_branches(step) else None


def _way(step: Step, branch: Branch, card: StepCard) -> str:
    if card.state in ("not_reached", "running", "waiting"):
        return ""
    if branch.on_error:
        return "taken" if card.state == "failed" and step.policy.on_error == "branch" else "untaken"
    taken = _taken(step, card.rows)
    if taken is None and card.state == "succeeded":
        return ""  # what it gave is not kept any more
    return "taken" if branch.id in (taken or ()) else "untaken"
