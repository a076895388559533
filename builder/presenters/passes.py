"""Which pass of a loop is shown? The one the address names, else the first that failed, else the last."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from workflows.definition.shapes import Step
from workflows.definition.walk import Place
from workflows.models import Run, StepRun

FAILURES = ("failed", "unknown")


@dataclass(frozen=True, kw_only=True)
class Stepper:
    """Which pass of a loop is shown, and the way to the others. Addresses are empty where there is none."""

    loop_id: str
    at: int
    count: int
    previous: str
    next: str
    next_failed: str
    failed: int


@dataclass(frozen=True)
class Passes:
    run: Run
    places: Mapping[str, Place]
    rows: Mapping[str, Sequence[StepRun]]
    """By their path in the run."""
    asked: Mapping[str, int]
    """Loop's id → which pass the address asks for, from 0."""
    address: Callable[[Mapping[str, int]], str]
    """Of the same page with other passes."""

    def seen(self, path: str) -> Mapping[int, bool]:
        """The passes that left something, and whether they failed. Where the run stands now counts too."""
        begin, found = f"{path}[", dict[int, bool]()
        current = self.run.cur_path or ""
        for at in [*self.rows, *([current] if current.startswith(begin) else [])]:
            if at.startswith(begin):
                index = int(at[len(begin) :].partition("]")[0])
                found[index] = found.get(index, False) or self._broke(at)
        return dict(sorted(found.items()))

    def _broke(self, path: str) -> bool:
        rows = self.rows.get(path, [])
        place = self.places.get(path.rpartition("/")[2])
        goes_on = place is not None and place.step.policy.on_error != "stop"
        return not goes_on and any(row.status in FAILURES for row in rows[-1:])

    def shown(self, step: Step, path: str) -> int:
        seen = self.seen(path)
        if (asked := self.asked.get(step.id)) is not None and asked in seen:
            return asked
        return next((index for index, broke in seen.items() if broke), max(seen, default=0))

    def stepper(self, step: Step, path: str) -> Stepper | None:
        """None: there was no pass yet."""
        seen, at = self.seen(path), self.shown(step, path)
        if not seen:
            return None
        order = list(seen)
        place = order.index(at)
        later = [index for index in order[place + 1 :] if seen[index]]
        return Stepper(
            loop_id=step.id,
            at=at + 1,
            count=max(self._count(path), order[-1] + 1),
            previous=self._to(step, order[place - 1]) if place else "",
            next=self._to(step, order[place + 1]) if place + 1 < len(order) else "",
            next_failed=self._to(step, later[0]) if later else "",
            failed=sum(seen.values()),
        )

    def _count(self, path: str) -> int:
        rows = self.rows.get(path)
        output = rows[-1].output if rows else None
        count = output.get("count") if isinstance(output, dict) else None
        return count if isinstance(count, int) else 0

    def _to(self, step: Step, index: int) -> str:
        return self.address({**self.asked, step.id: index})


def in_address(text: str) -> dict[str, int]:
    """`?item=s_loop:3,s_inner:1`, counted from 1 as people do."""
    found = {}
    for part in text[:500].split(","):
        loop_id, _, number = part.partition(":")
        if number.isdecimal() and 0 < len(number) < 5:
            found[loop_id] = int(number) - 1
    return found
