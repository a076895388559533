"""A whole Parley for tests that speak to it from outside only: what `./run` starts, in a place of its own."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from config.stack import children, places
from config.stack.leftovers import try_lock
from tests.support import waiting

OF_THE_CALLER = (
    "DATABASE_URL",
    "REDIS_URL",
    "DEBUG",
    "DEMO",
    "SECRET_KEY",
    "VAULT_KEYS",
    "BASE_URL",
    "EMAIL_URL",
)
START_LIMIT_S = 300
STOP_LIMIT_S = 15
HASTE = {"ENGINE_SWEEP_S": "1", "ENGINE_HINT_AGE_S": "2"}


class Stack:
    """Not started until `start`; may be killed and started again, its data stay."""

    def __init__(self, var: Path, **chosen: str) -> None:
        self.places = places.Places(var).made()
        self.port = places.steady_port(var / "web.port")
        self.url = f"http://127.0.0.1:{self.port}"
        inherited = {name: value for name, value in os.environ.items() if name not in OF_THE_CALLER}
        self.env = inherited | HASTE | {"VAR_DIR": str(var), "PORT": str(self.port)} | chosen
        self.process: subprocess.Popen[bytes] | None = None
        self._said = var / "run.log"

    def start(self) -> "Stack":
        """Returns when it says that it is ready."""
        self.process = self._popen()
        waiting.until(lambda: self._is_ready_or_over(), seconds=START_LIMIT_S, what=f"ready; {self.said()}")
        assert self.process.poll() is None, self.said()
        return self

    def stop(self) -> None:
        """Ctrl-C; the exit code must be 0 within the promised 15 s."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(STOP_LIMIT_S) == 0, self.said()

    def kill(self) -> None:
        """As `kill -9` of the supervisor."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def said(self) -> str:
        return self._said.read_text() if self._said.exists() else ""

    def logs(self) -> str:
        """Everything any of its processes has written."""
        return self.said() + "".join(log.read_text(errors="replace") for log in self.places.log.iterdir())

    @property
    def record(self) -> Mapping[str, Any]:
        return dict(json.loads(self.places.record.read_text()))

    @property
    def database_url(self) -> str:
        return str(self.record["env"]["DATABASE_URL"])

    @property
    def redis_url(self) -> str:
        return str(self.record["env"]["REDIS_URL"])

    def pid(self, name: str) -> int | None:
        """Of web, live, background, system, beat, postgres, valkey, mailcatcher or tickets."""
        found = self.record["children"][name]
        return None if found is None else int(found)

    def kill_child(self, name: str) -> None:
        """As `kill -9`; returns when another has taken its place."""
        before = self.pid(name)
        assert before is not None
        os.kill(before, signal.SIGKILL)
        waiting.until(lambda: self.pid(name) not in (None, before), seconds=20, what=f"{name} started again")

    def stop_worker(self, lane: str) -> None:
        (self.places.paused / lane).touch()
        waiting.until(lambda: self.pid(lane) is None, seconds=20, what=f"{lane} stopped")

    def start_worker(self, lane: str) -> None:
        (self.places.paused / lane).unlink()
        waiting.until(lambda: self.pid(lane) is not None, seconds=20, what=f"{lane} started")

    def manage(self, *arguments: str) -> str:
        """What the command printed; beside the running stack, as `./run manage` does it."""
        command = [sys.executable, "-m", "config.stack", "manage", *arguments]
        ran = subprocess.run(
            command, cwd=places.ROOT, env=self.env, capture_output=True, text=True, timeout=60, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def get(self, path: str) -> str:
        with urllib.request.urlopen(self.url + path, timeout=10) as answer:
            return str(answer.read().decode())

    def has_nothing_alive(self) -> bool:
        return nobody_holds(self.places.tether)

    def _popen(self) -> subprocess.Popen[bytes]:
        with self._said.open("wb") as said:
            return subprocess.Popen(
                [sys.executable, "-m", "config.stack", "serve"],
                cwd=places.ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                preexec_fn=children.at_birth(signal.SIGTERM),
            )

    def _is_ready_or_over(self) -> bool:
        assert self.process is not None
        return "Parley is ready" in self.said() or self.process.poll() is not None


def nobody_holds(tether: Path) -> bool:
    """Every process of a stack, however deep, has this file locked."""
    descriptor = try_lock(tether)
    if descriptor is not None:
        os.close(descriptor)
    return descriptor is not None
