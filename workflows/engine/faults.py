"""Where may a test make this process die, stop or fail? At named points of the engine; without FAULT_FILE in
the environment each of them does nothing.

The file holds a JSON list of faults. It is read at each point, so a test may write it after its processes
have started; hits are counted across processes, so a worker that was killed once is not killed again.

    [{"point": "F5", "do": "kill", "path": "s_call0000", "nth": 1, "times": 1, "seconds": 3}]

`do`: kill (SIGKILL) | stop (SIGSTOP, until somebody sends SIGCONT) | stall (sleep) | raise. What happens is
appended to `<FAULT_FILE>.done` first, a line of JSON each.

F0 a run is stored, its hint not given · F1 hint given · F2 claimed · F3 before the effect · F5 effect done,
not committed · F6 intent committed · F7 parked · F8 finished, nobody told · F9 the sweep has marked, not rung
· F10 an outbox row was sent, not marked. F3, F5 and F6 are named by their step, F0 to F2 and F8 by their run,
F7 by its step (inside its transaction, where there is one) and then by its run (after the commit). F4
(request sent, answer unread) is made by the other side: it records the request and does not answer.
"""

import fcntl
import json
import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

POINTS = ("F0", "F1", "F2", "F3", "F5", "F6", "F7", "F8", "F9", "F10")


class Fault(Exception):
    """Raised by `do: raise`."""


def _nothing(point: str, path: str = "") -> None:
    """The point of every process that nobody tests."""


class _Faults:
    def __init__(self, file: Path) -> None:
        self._file = file
        self._done = file.with_name(file.name + ".done")

    def __call__(self, point: str, path: str = "") -> None:
        for number, fault in enumerate(self._told()):
            if fault["point"] == point and fault.get("path", path) == path and self._is_time(number, fault):
                self._note(point, path, fault["do"])
                _do(fault)

    def _told(self) -> list[dict[str, Any]]:
        try:
            told: list[dict[str, Any]] = json.loads(self._file.read_text())
        except FileNotFoundError:
            return []
        return told

    def _is_time(self, number: int, fault: Mapping[str, Any]) -> bool:
        first = fault.get("nth", 1)
        return bool(first <= self._hits(number) < first + fault.get("times", 1))

    def _hits(self, number: int) -> int:
        """How often this fault's point was passed, this time included: one byte each, whoever passed it."""
        with self._file.with_name(f"{self._file.name}.{number}").open("ab") as counted:
            fcntl.flock(counted, fcntl.LOCK_EX)
            counted.write(b".")
            counted.flush()
            return counted.tell()

    def _note(self, point: str, path: str, do: str) -> None:
        said = {"point": point, "path": path, "do": do, "pid": os.getpid(), "at": time.time()}
        with self._done.open("a") as done:
            done.write(json.dumps(said) + "\n")


def _do(fault: Mapping[str, Any]) -> None:
    match fault["do"]:
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case "stop":
            os.kill(os.getpid(), signal.SIGSTOP)
        case "stall":
            time.sleep(fault.get("seconds", 1))
        case "raise":
            raise Fault(fault["point"])


type Hit = Callable[..., None]
_file = os.environ.get("FAULT_FILE", "")
hit: Hit = _Faults(Path(_file)) if _file else _nothing
