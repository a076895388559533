"""An app that harms its worker: what an action of ours could do at its worst, in a test."""

import os
import resource
import signal
import time
from itertools import count

from connectors import registry
from connectors.declare import JSON, Action, App, Call, Field, Inputs, Kind, Repeat
from connectors.registry import Registry
from tests.support import runs


def _harm(inputs: Inputs, call: Call) -> JSON:
    match inputs.get("how"):
        case "abort":
            os.abort()
        case "memory":
            _hog()
        case "spin":
            for number in count():  # never looks at its deadline
                if number % 10_000_000 == 0:
                    time.sleep(0)
    return {}


def _hog() -> None:
    """Until the system says no, and then what the kernel does to such a process."""
    resource.setrlimit(resource.RLIMIT_AS, (1_000_000_000, 1_000_000_000))
    kept = []
    try:
        while True:
            kept.append(bytearray(10_000_000))
    except MemoryError:
        os.kill(os.getpid(), signal.SIGKILL)


HARM: App = runs.app(
    Action(
        key="do",
        label="Harm",
        description="",
        fields=(Field(name="how", kind=Kind.TEXT, label="How"),),
        output_type="any",
        repeat=Repeat.SAFE,
        perform=_harm,
    ),
    slug="harm",
)


def add() -> None:
    """To this process, for good."""
    both = Registry([*registry.default().apps.values(), HARM])
    registry.default = lambda: both  # type: ignore[assignment]
