"""Which keys does this copy of Parley use? Made once, readable by their owner alone, kept under VAR_DIR."""

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from config.stack.places import Places

MAKERS: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(50),
    "VAULT_KEYS": lambda: f"k{secrets.token_hex(3)}:{base64.b64encode(secrets.token_bytes(32)).decode()}",
    "ADMIN_PASSWORD": lambda: secrets.token_urlsafe(12),
    "POSTGRES_PASSWORD": lambda: secrets.token_urlsafe(24),
}


def value(places: Places, name: str) -> str:
    """From the environment, else from its file, which the first call makes."""
    if given := os.environ.get(name):
        return given
    file = path(places, name)
    if not file.exists():
        write_private(file, MAKERS[name]())
    return file.read_text().strip()


def path(places: Places, name: str) -> Path:
    return places.var / "keys" / name.lower()


def write_private(file: Path, content: str) -> None:
    """All of it or nothing, and never readable by others, not even while it is written."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        stream.write(content)
    fresh.replace(file)
