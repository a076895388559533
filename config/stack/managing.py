"""`./run manage`: Django's commands with the stack's settings, beside a running stack or on its servers."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Any

from config.stack import children, environment, places
from config.stack.family import Family, family
from config.stack.leftovers import try_lock
from config.stack.places import ROOT, Places
from config.stack.terminal import Stop

STARTING_LIMIT_S = 60


def manage(arguments: Sequence[str]) -> int:
    at = places.of_environment().made()
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    if (record := _of_running_stack(at)) is not None:
        env = environment.secure(at, {**os.environ, **record["env"]})
        os.execve(command[0], command, env)  # noqa: S606 - our own interpreter
    with family(at) as members:
        env = environment.secure(at, environment.servers(members))
        migrate = [sys.executable, str(ROOT / "manage.py"), "migrate", "--noinput", "--verbosity=0"]
        return foreground(members, migrate, env) or foreground(members, command, env)


def foreground(members: Family, command: Sequence[str], env: dict[str, str]) -> int:
    """Its exit code; it has the terminal, and the servers are tended while it runs."""
    process = subprocess.Popen(
        command,
        env=env,
        cwd=ROOT,
        preexec_fn=children.at_birth(signal.SIGTERM),
    )
    try:
        while (code := process.poll()) is None:
            members.tend()
            time.sleep(0.02)
        return code
    except KeyboardInterrupt:
        _await_end(process)
        return 130


def _of_running_stack(at: Places) -> dict[str, Any] | None:
    """What the stack that holds the lock says of itself; None when nothing runs here."""
    deadline = time.monotonic() + STARTING_LIMIT_S
    while (lock := try_lock(at.lock)) is None:
        record = json.loads(at.record.read_text()) if at.record.exists() else {"env": {}}
        if "PORT" in record["env"]:
            return dict(record)
        if time.monotonic() > deadline:
            raise Stop(f"Another command still uses {at.var}. Try again when it has ended.")
        time.sleep(0.1)
    os.close(lock)
    return None


def _await_end(process: subprocess.Popen[bytes]) -> None:
    """Ctrl-C reached it too: let it clean up after itself, for a while."""
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
