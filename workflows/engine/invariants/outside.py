"""Does the journal agree with what the world saw? Given every request that arrived, in order."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from workflows.engine.invariants.broken import Broken, Scope, ask
from workflows.engine.keys import idempotency_key

CLOCK_SLACK = timedelta(milliseconds=5)
"""One machine, one clock; PostgreSQL's moment and the sink's are read by different calls."""


@dataclass(frozen=True)
class Arrival:
    key: str
    at: float
    """Seconds since 1970."""
    body_sha256: str = ""


_ATTEMPTS = """
SELECT s.idem_key, s.run_id, r.root_run_id, s.path, s.seq, s.status, s.started_at
FROM step_run s JOIN run r ON r.id = s.run_id
WHERE s.run_id >= %(first)s AND s.epoch > 0 AND s.action = ANY(%(actions)s)
ORDER BY s.run_id, s.seq, s.attempt"""
_CHAINS = """
SELECT root_run_id, max(finished_at), bool_and(finished_at IS NOT NULL), array_agg(cur_path)
FROM run WHERE id >= %(first)s GROUP BY root_run_id"""
EFFECTS = ["rest.request@1", "email.send@1"]


def broken(scope: Scope, arrivals: Sequence[Arrival], actions: Sequence[str] = EFFECTS) -> Iterator[Broken]:
    by_key: dict[str, list[Arrival]] = defaultdict(list)
    for arrival in sorted(arrivals, key=lambda arrival: arrival.at):
        by_key[arrival.key].append(arrival)
    attempts = ask(_ATTEMPTS, {"first": scope.first_run, "actions": list(actions)})
    by_step: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for attempt in attempts:
        by_step[attempt[0]].append(attempt)
    chains = ask(_CHAINS, {"first": scope.first_run})
    under_way = _under_way(chains)
    yield from _strangers(by_key, by_step, under_way)
    for key, rows in by_step.items():
        yield from _of_step(key, rows, by_key.get(key, []), is_under_way=key in under_way)
    yield from _out_of_order(attempts, by_key)
    yield from _after_the_end(chains, by_step, by_key)


def _under_way(chains: list[tuple[Any, ...]]) -> set[str]:
    """The keys of steps that runs stand at: they may have been sent and not yet be in the journal."""
    return {
        idempotency_key(root, path)
        for root, _, is_over, paths in chains
        if not is_over
        for path in paths
        if path
    }


def _strangers(by_key: dict[str, Any], by_step: dict[str, Any], under_way: set[str]) -> Iterator[Broken]:
    for key in by_key.keys() - by_step.keys() - under_way:
        yield Broken("I4", None, f"the world saw key {key or '(none)'}, which no step has")


def _of_step(
    key: str, rows: list[tuple[Any, ...]], seen: list[Arrival], *, is_under_way: bool
) -> Iterator[Broken]:
    _, run, _, path, _, _, _ = rows[0]
    if not seen and any(row[5] == "succeeded" for row in rows):
        yield Broken("I4", run, f"step {path} succeeded, and the world never saw it")
    if len(seen) > len(rows) + is_under_way:
        yield Broken("I5", run, f"step {path} was attempted {len(rows)} times, and the world saw {len(seen)}")
    if len({arrival.body_sha256 for arrival in seen}) > 1:
        yield Broken("I5", run, f"step {path} sent different bodies with one key")


def _out_of_order(attempts: list[tuple[Any, ...]], by_key: dict[str, list[Arrival]]) -> Iterator[Broken]:
    """The intent of a step is committed before the world hears of it, and with it all that came before."""
    intended: dict[tuple[UUID, str], datetime] = {}
    previous: tuple[UUID | None, str, float] = (None, "", 0.0)
    for key, run, _, path, _, status, started_at in attempts:
        if (run, key) in intended or not by_key.get(key):
            continue
        intended[run, key] = started_at
        first = by_key[key][0].at
        is_first_of_chain = len({other for other, k in intended if k == key}) == 1
        is_known = status != "unknown"  # when a lost attempt began, nobody wrote down
        if is_known and is_first_of_chain and datetime.fromtimestamp(first, UTC) < started_at - CLOCK_SLACK:
            yield Broken("I6", run, f"step {path} reached the world before it was written down")
        if is_first_of_chain and previous[0] == run and first < previous[2]:
            yield Broken("I6", run, f"step {path} reached the world before {previous[1]}")
        previous = (run, path, first)


def _after_the_end(
    chains: list[tuple[Any, ...]], by_step: dict[str, Any], by_key: dict[str, list[Arrival]]
) -> Iterator[Broken]:
    ends = {root: end for root, end, is_over, _ in chains if is_over}
    for key, rows in by_step.items():
        _, run, root, path, _, _, _ = rows[0]
        if root in ends and key in by_key:
            late = datetime.fromtimestamp(by_key[key][-1].at, UTC) - ends[root]
            if late > CLOCK_SLACK:
                yield Broken("I9", run, f"step {path} reached the world {late} after the run had ended")
