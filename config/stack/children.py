"""How are child processes kept running, and how is it made sure that none outlives us?

Each child leads a process group of its own, is asked by the kernel to stop when we die (Linux), and holds the
tether by which `leftovers` sees what still lives.
"""

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from config.stack.places import ROOT
from config.stack.terminal import say

FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 5.0
STEADY_AFTER_S = 10.0
LOG_LIMIT_BYTES = 20_000_000
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True)
class Program:
    """What to run, and how to ask it to stop."""

    name: str
    command: Sequence[str | Path]
    env: Mapping[str, str]
    stop_signal: signal.Signals = signal.SIGTERM
    nice: int = 0
    account: pwd.struct_passwd | None = None
    folder: Path = ROOT


class Child:
    """One program kept running: started again when it dies, after 0.2 s growing to 5 s, never given up."""

    def __init__(self, program: Program, *, log: Path, tether: int) -> None:
        self.program = program
        self.name = program.name
        self.log = log / f"{program.name}.log"
        self.deaths = 0
        self._tether = tether
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        self._due_at = 0.0
        self._wait_s = FIRST_WAIT_S
        self._asked_at: float | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        program, account = self.program, self.program.account
        _keep_short(self.log)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [str(word) for word in program.command],
                env=dict(program.env),
                cwd=program.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                pass_fds=[self._tether],
                preexec_fn=at_birth(program.stop_signal, nice=program.nice),
                user=account.pw_uid if account else None,
                group=account.pw_gid if account else None,
                extra_groups=[] if account else None,
            )
        self._started_at = time.monotonic()
        self._asked_at = None

    def tend(self, *, paused: bool) -> bool:
        """One look at it; True when its process ended or began."""
        now = time.monotonic()
        if self._process is None:
            if paused or now < self._due_at:
                return False
            self.start()
            return True
        if self._process.poll() is None:
            if paused:
                self.ask_to_stop()
            elif now - self._started_at > STEADY_AFTER_S:
                self._wait_s = FIRST_WAIT_S
            return False
        self._bury(now)
        return True

    def ask_to_stop(self, *, patience_s: float = 9.0) -> None:
        """Ask once, then insist: a child that does not end in time is killed with all it started."""
        if self._process is None or self._process.poll() is not None:
            return
        now = time.monotonic()
        if self._asked_at is None:
            self._asked_at = now
            self._process.send_signal(self.program.stop_signal)
        elif now - self._asked_at > patience_s:
            self.kill()

    def kill(self) -> None:
        if self._process is not None:
            end_group(self._process.pid)

    def has_ended(self) -> bool:
        """True once the process is gone; what is left of its group goes with it."""
        if self._process is None:
            return True
        if self._process.poll() is None:
            return False
        self.kill()
        return True

    def last_words(self, lines: int = 12) -> str:
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])

    def _bury(self, now: float) -> None:
        assert self._process is not None
        self.kill()
        code, asked = self._process.returncode, self._asked_at is not None
        self._process = None
        if asked:
            say(f"{self.name} is paused.")
            return
        self.deaths += 1
        self._due_at, wait = now + self._wait_s, self._wait_s
        self._wait_s = min(self._wait_s * 2, LONGEST_WAIT_S)
        how = signal.Signals(-code).name if code < 0 else f"exit {code}"
        say(f"{self.name} died ({how}); starting it again in {wait:.1f} s. Its log: {self.log}")


def at_birth(stop_signal: signal.Signals, *, nice: int = 0) -> Callable[[], None]:
    """Runs in the child before its program: the kernel sends it `stop_signal` when we die, even by kill -9.

    The signal follows the thread that started the child, so children are started from the main thread only.
    """
    parent = os.getpid()

    def prepare() -> None:
        if LIBC is not None:
            LIBC.prctl(PR_SET_PDEATHSIG, int(stop_signal))
            if os.getppid() != parent:
                os._exit(1)
        if nice:
            os.nice(nice)

    return prepare


def end_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _keep_short(log: Path) -> None:
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".log.1"))
