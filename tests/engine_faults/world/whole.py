"""One world for all fault tests."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from django.db import DatabaseError

from tests.engine_faults.world import judging
from tests.engine_faults.world.backing import Servers, forget_connections
from tests.engine_faults.world.processes import ROOT, Process, is_alive
from tests.engine_faults.world.told import Faults, Sink
from tests.support import waiting
from workflows.engine import invariants
from workflows.engine.invariants import Broken
from workflows.models import Run, WorkflowVersion

MARGIN_S = 1.0
SWEEP_S = 0.5
HINT_AGE_S = 1.0
QUICK = {
    "ENGINE_LEASE_MARGIN_S": str(MARGIN_S),
    "ENGINE_SWEEP_S": str(SWEEP_S),
    "ENGINE_HINT_AGE_S": str(HINT_AGE_S),
}


class World:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.servers = Servers(folder / "servers")
        self.sink = Sink(folder)
        self.faults = Faults(folder)
        self.env = QUICK | {
            "DATABASE_URL": self.servers.database,
            "REDIS_URL": self.servers.redis,
            "FAULT_FILE": str(self.faults.file),
            "OUTBOUND_ALLOW": "127.0.0.1/32",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "POOL_SIZE": "4",
            "API_RATE": "100000",
        }
        self._workers: set[int] = set()
        self._kept: dict[int, tuple[str, dict[str, str]]] = {}
        self._programs: list[subprocess.Popen[bytes]] = []
        self._supervised: dict[subprocess.Popen[bytes], Callable[[], subprocess.Popen[bytes]]] = {}
        self._nursery = Process("tests.engine_faults.world.nursery", env=self.env, log=folder / "workers.log")
        self._nursery.line()
        self.until_gone(self._fork({"do": "migrate"}), seconds=120)

    # --- Workers -------------------------------------------------------------------------------------------
    def worker(self, lane: str = "background", **over: str) -> int:
        """The pid of a bare loop that takes whatever is due in the lane."""
        return self._fork({"do": "work", "lane": lane, **over})

    def workers(
        self, background: int = 1, live: int = 0, system: int = 1, *, keep: bool = False, **over: str
    ) -> list[int]:
        """`keep`: while a test waits for something, one that died is replaced, as a stack does."""
        lanes = ["background"] * background + ["live"] * live + ["system"] * system
        pids = [self.worker(lane, **over) for lane in lanes]
        if keep:
            self._kept |= {pid: (lane, over) for pid, lane in zip(pids, lanes, strict=True)}
        return pids

    def tend(self) -> None:
        for pid, (lane, over) in list(self._kept.items()):
            if not is_alive(pid):
                del self._kept[pid]
                self._workers.discard(pid)
                self._kept[self.worker(lane, **over)] = (lane, over)
        for program, again in list(self._supervised.items()):
            if program.poll() is not None:
                del self._supervised[program]
                self.supervise(again)

    def supervise(self, start: Callable[[], subprocess.Popen[bytes]]) -> None:
        """Starts it, and again when it has died, as the stack's supervisor does."""
        self._supervised[start()] = start

    @property
    def kept(self) -> list[int]:
        return list(self._kept)

    def advance(self, run_id: UUID, lane: str = "background", **over: str) -> int:
        """The pid of a worker that was rung for this run and then ends."""
        return self._fork({"do": "advance", "lane": lane, "run": str(run_id), **over})

    def inline(self, run_id: UUID) -> int:
        """The pid of a web process that runs it itself."""
        return self._fork({"do": "inline", "run": str(run_id)})

    def starter(self, version: WorkflowVersion, key: str) -> int:
        """The pid of a process that starts a run, as a request does."""
        return self._fork({"do": "start", "version": str(version.pk), "key": key})

    def ring(self, *runs: UUID, lane: str) -> None:
        """Real hints, for workers of Celery."""
        self.until_gone(self._fork({"do": "ring", "lane": lane, "runs": [str(run_id) for run_id in runs]}))

    def sender(self) -> int:
        """The pid of a process that empties the outbox again and again."""
        return self._fork({"do": "send"})

    def sweeper(self) -> int:
        """The pid of a process that sweeps once."""
        return self._fork({"do": "sweep"})

    def celery(
        self, lane: str, slots: int, *options: str, app: str = "config", **env: str
    ) -> subprocess.Popen[bytes]:
        """A real worker, the leader of a process group."""
        kind = "threads" if lane == "live" else "prefork"
        words = ["celery", "-A", app, "worker", "-n", f"{lane}-{time.time()}@%h", "-Q", lane, "-P", kind]
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO"]
        return self._program([*words, "-c", str(slots), *quiet, *options], f"celery-{lane}.log", env)

    def beat(self, **env: str) -> subprocess.Popen[bytes]:
        words = ["celery", "-A", "config", "beat", "-s", str(self.folder / "beat"), "--pidfile="]
        return self._program(words, "beat.log", env)

    def web(self, port: int, **env: str) -> subprocess.Popen[bytes]:
        words = [
            "uvicorn",
            "config.asgi:application",
            "--port",
            str(port),
            "--lifespan",
            "off",
            "--no-access-log",
        ]
        return self._program(words, "web.log", env)

    def until_answers(self, port: int) -> None:
        """A web process that was just started."""

        def answers() -> bool:
            with suppress(httpx.TransportError):
                return httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5).is_success
            return False

        waiting.until(answers, seconds=60, what="the web process answers")

    def _program(self, words: list[str], log: str, env: dict[str, str]) -> subprocess.Popen[bytes]:
        with (self.folder / log).open("ab") as out:
            program = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=ROOT,
                env=os.environ | self.env | env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        self._programs.append(program)
        return program

    def _fork(self, job: dict[str, Any]) -> int:
        pid = int(self._nursery.ask(job))
        self._workers.add(pid)
        return pid

    def kill(self, pid: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        self.until_gone(pid)

    def until_gone(self, pid: int, *, seconds: float = 30) -> None:
        waiting.until(lambda: not is_alive(pid), seconds=seconds, what=f"process {pid} is gone")
        self._workers.discard(pid)

    def kill_all(self) -> None:
        self._kept.clear()
        self._supervised.clear()
        for pid in list(self._workers):
            self.kill(pid)
        for program in self._programs:
            with suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)
            program.wait()
        self._programs.clear()

    # --- Runs ----------------------------------------------------------------------------------------------
    def ended(self, *runs: UUID, seconds: float = 30) -> list[Run]:
        """As soon as all have ended."""

        def all_ended() -> list[Run]:
            self.tend()
            found = Run.objects.in_bulk(runs) if runs else {run.pk: run for run in Run.objects.all()}
            is_over = all(run.finished_at for run in found.values()) and len(found) >= len(runs)
            return list(found.values()) if is_over else []

        patient = partial(_patiently, all_ended)
        try:
            found = waiting.until(patient, seconds=seconds, what="the runs have ended")
        except AssertionError as late:
            raise AssertionError(f"{late}: {self.standing()}\n{self.last_words()}") from late
        return sorted(found, key=lambda run: runs.index(run.pk)) if runs else found

    def standing(self) -> list[Any]:
        columns = (
            "id",
            "status",
            "wait_reason",
            "epoch",
            "crash_count",
            "cur_path",
            "cur_state",
            "lease_until",
            "next_at",
        )
        return list(Run.objects.filter(finished_at=None).values_list(*columns)[:10])

    def last_words(self) -> str:
        return (self.folder / "workers.log").read_text()[-3000:]

    def check(self, *, is_quiet: bool = True, stuck_after_s: float = 60) -> None:
        """No promise is broken."""
        found = [*map(str, self.broken(is_quiet=is_quiet, stuck_after_s=stuck_after_s))]
        found += judging.bad_webhooks(self.sink.webhooks())
        found += judging.leaks([self.folder, self.servers.folder, self.sink.folder], self.servers.redis)
        assert not found, "\n".join(found)

    def broken(self, **how: Any) -> list[Broken]:
        with invariants.read_only():
            return invariants.check(arrivals=self.sink.arrivals(), **how)

    def stop(self) -> None:
        self.kill_all()
        for process in (self._nursery, self.sink, self.servers):
            process.stop()


def _patiently[T](ask: Callable[[], list[T]]) -> list[T]:
    """A database that is away is asked again."""
    try:
        return ask()
    except DatabaseError:
        forget_connections()
        return []
