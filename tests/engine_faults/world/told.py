"""What the outside world saw, and what the workers are told to suffer: both live in files."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from config.stack import places
from tests.engine_faults.world.processes import Process
from tests.support import waiting
from workflows.engine.invariants import Arrival

MEMORY = Path("/dev/shm")


class Sink:
    """The world outside; addresses say how it answers (see sink.py)."""

    def __init__(self, folder: Path) -> None:
        # It writes down what arrives before it answers. A disk that others keep busy would make it the
        # slowest part of the world, and steps would fail of that; what is in memory outlives all processes.
        self.folder = Path(mkdtemp(prefix="sink-", dir=MEMORY if MEMORY.is_dir() else folder))
        self.record = self.folder / "sink.jsonl"
        self.http, self.smtp = places.free_port(), places.free_port()
        self._process = Process(
            "tests.engine_faults.world.sink", self.record, self.http, self.smtp, log=folder / "sink.log"
        )
        self._process.line()
        self._start = 0

    def url(self, mode: str, name: str = "x") -> str:
        return f"http://127.0.0.1:{self.http}/{mode}/{name}"

    def forget(self) -> None:
        """What was seen so far belongs to an earlier test."""
        self._start = self.record.stat().st_size
        self._release.unlink(missing_ok=True)

    def release(self) -> None:
        self._release.touch()

    def lines(self) -> list[dict[str, Any]]:
        """What steps did."""
        return [line for line in self._lines() if "webhook" not in line]

    def webhooks(self) -> list[dict[str, Any]]:
        """What the outbox sent."""
        return [line for line in self._lines() if "webhook" in line]

    def _lines(self) -> list[dict[str, Any]]:
        with self.record.open("rb") as record:
            record.seek(self._start)
            return [
                json.loads(line) for line in record.read().splitlines(keepends=True) if line.endswith(b"\n")
            ]

    def keys(self, name: str = "") -> list[str]:
        """Of all that arrived at addresses that end so."""
        return [line["key"] for line in self.lines() if line["path"].endswith(name)]

    def arrivals(self) -> list[Arrival]:
        return [Arrival(line["key"], line["at"], line["body"]) for line in self.lines()]

    def expect(self, count: int, name: str = "", *, seconds: float = 30) -> list[str]:
        """Their keys, as soon as so many have arrived."""

        def enough() -> list[str]:
            keys = self.keys(name)
            return keys if len(keys) >= count else []

        return waiting.until(enough, seconds=seconds, what=f"{count} requests reach the sink")

    @contextmanager
    def asleep(self) -> Iterator[None]:
        """It reads nothing of what arrives."""
        os.kill(self._process.popen.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self._process.popen.pid, signal.SIGCONT)

    def stop(self) -> None:
        self._process.stop()
        rmtree(self.folder)

    @property
    def _release(self) -> Path:
        return self.record.with_name(self.record.name + ".release")


class Faults:
    """The file that workers look at (workflows.engine.faults)."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "faults.json"

    def set(self, *faults: dict[str, Any]) -> None:
        self.clear()
        fresh = self.file.with_suffix(".new")
        fresh.write_text(json.dumps(faults))
        fresh.rename(self.file)

    def clear(self) -> None:
        for file in self.file.parent.glob(self.file.name + "*"):
            file.unlink()

    def done(self) -> list[dict[str, Any]]:
        """What happened so far."""
        done = self.file.with_name(self.file.name + ".done")
        return [json.loads(line) for line in done.read_text().splitlines()] if done.exists() else []

    def expect(self, count: int = 1, *, seconds: float = 30) -> list[dict[str, Any]]:
        return waiting.until(
            lambda: self.done() if len(self.done()) >= count else [],
            seconds=seconds,
            what=f"{count} faults happened",
        )
