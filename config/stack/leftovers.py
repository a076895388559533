"""Is anything of a stack still alive, and who ends it when the supervisor was killed?

Every process of a stack, however deep, has the stack's tether file open and locked: while nobody can lock it,
one of them lives. A guard, told by a closed pipe that the supervisor is gone, kills what does not end itself.
"""

import contextlib
import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from config.stack.places import Places

OWN_END_S = 7.0
"""Longer than a worker's grace: the kernel has asked each child to stop (`children.at_birth`)."""
KILLED_END_S = 3.0
POLL_S = 0.02


def try_lock(file: Path) -> int | None:
    """The locked file, or None while another process, or a child it passed the file to, has it."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def all_gone(places: Places, *, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while (descriptor := try_lock(places.tether)) is None:
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_S)
    os.close(descriptor)
    return True


def end(places: Places) -> bool:
    """Ends what a killed supervisor left; False when something stays all the same."""
    groups = _recorded(places)
    if sys.platform != "linux":  # there, nobody asked them yet
        _signal(groups, signal.SIGINT)
    if all_gone(places, within_s=OWN_END_S):
        return True
    _signal(groups, signal.SIGKILL)
    return all_gone(places, within_s=KILLED_END_S)


def post_guard(places: Places, *, closing: Iterable[int]) -> Callable[[], None]:
    """The guard is a fork of ours that keeps none of our locks (`closing`); what is returned dismisses it."""
    listening, held = os.pipe()
    supervisor = os.getpid()
    guard = os.fork()
    if guard == 0:
        os.setsid()
        for descriptor in (held, *closing):
            os.close(descriptor)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        os.read(listening, 1)
        if _owner(places) == supervisor:
            end(places)
        os._exit(0)
    os.close(listening)

    def dismiss() -> None:
        os.close(held)
        os.waitpid(guard, 0)

    return dismiss


def _owner(places: Places) -> int | None:
    try:
        return int(json.loads(places.record.read_text())["pid"])
    except (OSError, ValueError, KeyError):
        return None


def _recorded(places: Places) -> list[int]:
    """Each child leads a process group of its own."""
    try:
        pids = json.loads(places.record.read_text())["children"].values()
    except (OSError, ValueError, KeyError):
        return []
    return [pid for pid in pids if isinstance(pid, int)]


def _signal(groups: Sequence[int], number: signal.Signals) -> None:
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)
