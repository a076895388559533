"""Where is a Chromium for the browser tests, and how does one get here? Never skipped in silence."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from config.stack.terminal import Stop, say

KNOWN = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)
ASK_PLAYWRIGHT = (
    "from playwright.sync_api import sync_playwright as start\n"
    "with start() as p: print(p.chromium.executable_path)"
)


def found_or_installed() -> Path:
    return found() or _installed()


def found() -> Path | None:
    for candidate in _candidates():
        path = shutil.which(candidate) if candidate else None
        if path and _runs(path):
            return Path(path)
    return None


def _candidates() -> Iterator[str]:
    yield os.environ.get("CHROMIUM", "")
    yield from KNOWN
    asked = subprocess.run(
        [sys.executable, "-c", ASK_PLAYWRIGHT], capture_output=True, text=True, check=False
    )
    yield asked.stdout.strip()


def _runs(path: str) -> bool:
    """Ubuntu's `chromium-browser` may be a stand-in that only says how to install it."""
    return subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0


def _installed() -> Path:
    say("The browser tests need Chromium; installing it (about a minute) …")
    become = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if _is_debian() and (not become or _succeeds([*become, "true"])):
        apt = [*become, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"]
        _succeeds([*apt, "update"])
        _succeeds([*apt, "install", "-y", "--no-install-recommends", "chromium"])
    if (browser := found()) is not None:
        return browser
    dependencies = ["--with-deps"] if not become or _succeeds([*become, "true"]) else []
    _succeeds([sys.executable, "-m", "playwright", "install", *dependencies, "chromium"])
    if (browser := found()) is not None:
        return browser
    raise Stop(
        "Chromium could not be installed. Do it yourself (apt-get install chromium), or set CHROMIUM to one."
    )


def _is_debian() -> bool:
    """Debian proper: on Ubuntu the package is a snap, which playwright's own build replaces."""
    release = Path("/etc/os-release")
    return release.exists() and "ID=debian" in release.read_text().splitlines()


def _succeeds(command: list[str]) -> bool:
    try:
        return subprocess.run(command, stdout=sys.stderr, check=False).returncode == 0
    except OSError:
        return False
