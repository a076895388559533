"""W2: background runs of ten steps, started one by one, until the last is done."""

import time

from bench import _cost, _rulers
from bench._cost import Cost
from bench._table import row
from bench._workflows import STEPS, check_stored
from workflows.engine.flow import set_values
from workflows.models import Run, WorkflowVersion
from workflows.services import starting
from workspaces.ids import uuid7

PATIENCE_S = 300


def show(version: WorkflowVersion, *, runs: int) -> None:
    bare = runs / _in_process(runs)
    chains, tasks = _rulers.chains(runs // 2, STEPS), _rulers.single_tasks(runs, STEPS)
    cost = Cost(_cost.of_stack())
    ours = _rate(version, runs)
    each = cost.per(runs)
    print(f"\nW2  {runs:,} background runs of {STEPS} steps, four of them Splits, to the last one done")
    row("", "runs/s", "steps/s", "CPU ms/run", "× Celery chain")
    for name, rate, spent in (
        ("ruler: Celery chain, one task a step", chains, ""),
        ("ruler: one bare Celery task", tasks, ""),
        ("ruler: the same in-process, not stored", bare, ""),
        ("W2, all step runs stored", ours, _cost.total(each)),
    ):
        row(name, f"{rate:,.0f}", f"{rate * STEPS:,.0f}", spent, f"{rate / chains:.1f}")
    print(f"    CPU: {_cost.shares(each)}")
    check_stored(version, steps=STEPS)


def cost(version: WorkflowVersion, *, runs: int) -> dict[str, float]:
    """CPU ms of one run, by process."""
    spent = Cost(_cost.of_stack())
    _rate(version, runs)
    return spent.per(runs)


def start(version: WorkflowVersion) -> Run:
    started = starting.start(
        workspace=version.workspace,
        workflow=version.workflow,
        version=version,
        kind="production",
        trigger="api",
        lane="background",
        trigger_key=f"bench:{uuid7()}",
        input={},
    )
    return Run(pk=started.run_id)


def _rate(version: WorkflowVersion, count: int) -> float:
    """Runs a second."""
    begun = time.perf_counter()
    for _ in range(count):
        start(version)
    while Run.objects.filter(workflow=version.workflow, status__in=["queued", "running"]).exists():
        time.sleep(0.01)
        if time.perf_counter() - begun > PATIENCE_S:
            raise TimeoutError("the runs did not come to an end")
    return count / (time.perf_counter() - begun)


def _in_process(count: int) -> float:
    begun = time.perf_counter()
    for _ in range(count):
        for number in range(STEPS):
            set_values.output({"values": [{"name": "number", "value": number}]})
    return time.perf_counter() - begun
