"""Fault test 19: a thousand runs of everything while workers are killed, stopped and told twice, and
PostgreSQL restarts.

Each effect's key is at the sink exactly once, or the journal says that an attempt was lost or failed. Never
silent.
"""

import os
import random
import signal
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count

import pytest

from tests.engine_faults import workloads
from tests.engine_faults.world.backing import forget_connections
from tests.engine_faults.world.whole import MARGIN_S, World
from tests.support.runs import start_run
from workflows.models import Run, StepRun
from workflows.services import operating
from workspaces.models import Workspace
from workspaces.services import audit

BY = audit.system("test")
_numbers = count(1)
WORKERS = 3
LIMIT_S = 5
"""Of a step: what suffers here is the engine, not a service that a busy machine makes slow."""
STALL_S = 1.5 * (LIMIT_S + MARGIN_S)
"""Longer than a lease: the other side of the margin."""


@dataclass
class Nemesis:
    """What happens to the workers, by a seed that is printed."""

    world: World
    seed: int
    restarts: int
    suffered: Counter[str] = field(default_factory=Counter)
    _stopped: dict[int, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def rage(self, *, seconds: float) -> None:
        """Until all runs are over; PostgreSQL restarts when so many of them are, and never after the end."""
        runs = Run.objects.count()
        restarts = sorted(self.random.uniform(0.05, 0.8) * runs for _ in range(self.restarts))
        end, over = time.monotonic() + seconds, 0
        while time.monotonic() < end and over < runs:
            self.world.tend()
            self._wake()
            if restarts and over >= restarts[0]:
                restarts.pop(0)
                self._restart()
            self.random.choice((self._kill, self._stop, self._tell_twice, self.look_after))()
            time.sleep(self.random.uniform(0.02, 0.2))
            over = self._over() or over
        self._wake(all_of_them=True)

    def _over(self) -> int:
        with suppress(Exception):
            return Run.objects.exclude(finished_at=None).exclude(trigger="workflow").count()
        return 0

    def _kill(self) -> None:
        pid = self.random.choice(self.world.kept)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            self.suffered["killed"] += 1

    def _stop(self) -> None:
        pid = self.random.choice(self.world.kept)
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            self._stopped[pid] = time.monotonic() + self.random.uniform(0.2, STALL_S)
            self.suffered["stopped"] += 1

    def _wake(self, *, all_of_them: bool = False) -> None:
        for pid, at in list(self._stopped.items()):
            if all_of_them or time.monotonic() > at:
                del self._stopped[pid]
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def _tell_twice(self) -> None:
        runs = list(Run.objects.order_by("?").values_list("pk", flat=True)[:3])
        for run_id in runs * 2:
            self.world.advance(run_id)
            self.suffered["told"] += 1

    def _restart(self) -> None:
        how = self.random.choice((signal.SIGINT, signal.SIGQUIT, signal.SIGKILL))
        self.world.servers.restart_postgres(how)
        self.suffered["restarts"] += 1

    def look_after(self) -> None:
        """People look at what was set apart, and let it go on."""
        for run in Run.objects.filter(status="quarantined"):
            operating.resume(run, BY)
            self.suffered["resumed"] += 1


@pytest.mark.parametrize(
    ("runs", "rage_s", "restarts", "seed"),
    [
        pytest.param(40, 20, 1, 1, id="short"),
        *(
            pytest.param(1000, 600, 3, seed, id=f"seed {seed}", marks=pytest.mark.long)
            for seed in (11, 12, 13)
        ),
    ],
)
def test_whatever_happens_to_the_workers_no_effect_is_lost_or_doubled_in_silence(
    world: World, workspace: Workspace, runs: int, rage_s: float, restarts: int, seed: int
) -> None:
    box = workloads.mailbox(workspace, world.sink)
    works = [
        workloads.everything(workspace, world.sink, box, f"n{next(_numbers)}x", limit_s=LIMIT_S)
        for _ in range(min(runs, 20))
    ]
    for number in range(runs):
        start_run(works[number % len(works)].version)
    nemesis = Nemesis(world, seed, restarts)
    world.workers(background=WORKERS, system=1, keep=True)

    nemesis.rage(seconds=rage_s)
    forget_connections()
    nemesis.look_after()
    ended = world.ended(seconds=120 + runs / 2)
    print(f"seed {seed}: {dict(nemesis.suffered)}, {len(world.sink.lines())} requests")

    callers = [run for run in ended if run.trigger != "workflow"]
    assert len(callers) == runs
    well = sum(run.status == "succeeded" for run in callers)
    # A step may use up its tries in such weather; then its run says so.
    assert well >= 0.9 * runs, Counter(str(run.error)[:200] for run in callers if run.error).most_common(5)
    assert all(run.status == "succeeded" or run.error for run in callers)
    assert nemesis.suffered["restarts"] == restarts
    _nothing_is_silent(world)
    world.check()


def _nothing_is_silent(world: World) -> None:
    seen = Counter(world.sink.keys())
    effects = StepRun.objects.exclude(action__startswith="flow.")
    doubtful = Counter(effects.filter(status__in=("unknown", "failed")).values_list("idem_key", flat=True))
    done = set(effects.filter(status="succeeded").values_list("idem_key", flat=True))
    for key in done:
        assert 1 <= seen[key] <= 1 + doubtful[key], key
    for key in set(seen) - done:
        assert doubtful[key] >= seen[key], key
