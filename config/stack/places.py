"""Where does a stack keep its things? Everything lives under VAR_DIR, so two copies can run side by side."""

import hashlib
import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path

from config.stack.terminal import Stop

ROOT = Path(__file__).resolve().parent.parent.parent
LONGEST_SOCKET_PATH = 90
"""Bytes; the system's own limit is 104 to 108 with the file name."""
STEADY_PORTS = range(20_000, 30_000)
"""Below the range from which systems take ports for outgoing connections."""


@dataclass(frozen=True)
class Places:
    var: Path

    @property
    def lock(self) -> Path:
        return self.var / "lock"

    @property
    def tether(self) -> Path:
        return self.var / "children.lock"

    @property
    def record(self) -> Path:
        return self.var / "stack.json"

    @property
    def paused(self) -> Path:
        return self.var / "paused"

    @property
    def log(self) -> Path:
        return self.var / "log"

    @property
    def mail(self) -> Path:
        return self.var / "mail"

    @property
    def tickets(self) -> Path:
        return self.var / "tickets.jsonl"

    def made(self) -> "Places":
        for folder in (self.var, self.log, self.paused):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self


def of_environment(*parts: str) -> Places:
    var = Path(os.environ.get("VAR_DIR") or ROOT / "var").expanduser().resolve()
    return Places(var.joinpath(*parts))


def sockets(places: Places) -> Path:
    """A folder only we may enter, with a path short enough for a unix socket."""
    folder = places.var / "sockets"
    if len(os.fsencode(folder)) > LONGEST_SOCKET_PATH:
        folder = Path("/tmp") / f"parley-{os.getuid()}-{fingerprint(places)}"  # noqa: S108 - owner and mode are checked
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise Stop(
            f"{folder} belongs to someone else or is open to others. Remove it, or set a shorter VAR_DIR."
        )
    return folder


def fingerprint(places: Places) -> str:
    return hashlib.sha256(os.fsencode(places.var)).hexdigest()[:10]


def web_port() -> int:
    """The port asked for, checked to be free: a server left over would otherwise be taken for ours."""
    asked = os.environ.get("PORT") or "8000"
    if not asked.isdecimal() or not 0 < int(asked) < 65_536:
        raise Stop(f"PORT must be a number from 1 to 65535, not {asked!r}.")
    if not is_free(int(asked)):
        raise Stop(
            f"Port {asked} is taken by another program. Stop it, or choose another port: PORT=8001 ./run"
        )
    return int(asked)


def steady_port(kept_in: Path) -> int:
    """A port of our own that stays the same from start to start, because saved connections name it."""
    if kept_in.exists() and is_free(kept := int(kept_in.read_text())):
        return kept
    port = free_port()
    kept_in.write_text(str(port))
    return port


def free_port() -> int:
    while not is_free(port := secrets.choice(STEADY_PORTS)):
        pass
    return port


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
