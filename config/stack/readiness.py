"""When is a stack ready? When its web process says that the workers of every lane have answered."""

import json
import time
import urllib.error
import urllib.request
from typing import Any

from config.stack.family import Family
from config.stack.terminal import Stop

LIMIT_S = 300
HOPELESS_DEATHS = 3


def wait(family: Family, port: int) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not (answer := _readyz(port)).get("ready"):
        family.tend()
        for child in family.children:
            if child.deaths >= HOPELESS_DEATHS:
                raise Stop(f"{child.name} does not start:\n{child.last_words()}\n  Its log: {child.log}")
        if time.monotonic() > deadline:
            raise Stop(
                f"Not ready after {LIMIT_S} s: {answer or 'web does not answer'}. Logs: {family.places.log}"
            )
        time.sleep(0.05)


def _readyz(port: int) -> dict[str, Any]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=3) as response:
            return dict(json.load(response))
    except urllib.error.HTTPError as error:
        return _body(error)
    except OSError:
        return {}


def _body(error: urllib.error.HTTPError) -> dict[str, Any]:
    try:
        return {**json.load(error), "ready": False}
    except ValueError:
        return {"status": error.code}
