"""How do a stack's processes live and end together? One stack per VAR_DIR, and nothing left after its end."""

import contextlib
import json
import os
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from types import FrameType

from config.stack import keys, leftovers
from config.stack.children import Child, Program
from config.stack.places import Places
from config.stack.terminal import Stop, say

STOP_PATIENCE_S = 9.0
SERVER_PATIENCE_S = 3.0


class Family:
    """The children of this stack; `record` keeps stack.json true for those beside us (`manage`, tests)."""

    def __init__(self, places: Places, tether: int) -> None:
        self.places = places
        self.children: list[Child] = []
        self.env: dict[str, str] = {}
        self._tether = tether

    def start(self, program: Program) -> Child:
        child = Child(program, log=self.places.log, tether=self._tether)
        self.children.append(child)
        child.start()
        self.record()
        return child

    def tend(self) -> None:
        """Called often: starts again what died, stops what is paused."""
        changed = [child.tend(paused=(self.places.paused / child.name).exists()) for child in self.children]
        if any(changed):
            self.record()

    def record(self) -> None:
        pids = {child.name: child.pid for child in self.children}
        record = {"pid": os.getpid(), "env": self.env, "children": pids}
        keys.write_private(self.places.record, json.dumps(record, indent=1))

    def stop(self) -> None:
        """Parley's own processes first and all at once, then the servers they use."""
        servers = [child for child in self.children if child.name in ("postgres", "valkey")]
        _stop([child for child in self.children if child not in servers], STOP_PATIENCE_S)
        _stop(servers, SERVER_PATIENCE_S)
        os.close(self._tether)
        leftovers.all_gone(self.places, within_s=2)
        self.places.record.unlink(missing_ok=True)


@contextmanager
def family(places: Places) -> Iterator[Family]:
    """Alone in this VAR_DIR, with whatever an earlier, killed stack left behind ended first."""
    places.made()
    if (lock := leftovers.try_lock(places.lock)) is None:
        raise Stop(f"Parley already runs from {places.var}. Stop it first, or set another VAR_DIR and PORT.")
    with contextlib.ExitStack() as afterwards:
        afterwards.callback(os.close, lock)
        _end_leftovers(places)
        tether = leftovers.try_lock(places.tether)
        assert tether is not None
        afterwards.callback(leftovers.post_guard(places, closing=[lock, tether]))
        for flag in places.paused.iterdir():
            flag.unlink()
        members = Family(places, tether)
        _interrupt_on_signals()
        try:
            yield members
        finally:
            _ignore_signals()
            members.stop()


def _end_leftovers(places: Places) -> None:
    if leftovers.all_gone(places, within_s=0.1):
        return
    say("Waiting for the processes of a stack that was killed …")
    if not leftovers.end(places):
        raise Stop(f"Processes of an earlier start still use {places.var}. End them, then start again.")


def _stop(children: Iterable[Child], patience_s: float) -> None:
    waiting = list(children)
    while waiting:
        for child in waiting:
            child.ask_to_stop(patience_s=patience_s)
        waiting = [child for child in waiting if not child.has_ended()]
        time.sleep(0.02)


def _interrupt_on_signals() -> None:
    def interrupt(number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)


def _ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
