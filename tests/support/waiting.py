"""How does a test wait for another process? By asking until it is so, and saying what was not."""

import time
from collections.abc import Callable


def until[T](ask: Callable[[], T], *, seconds: float, what: str) -> T:
    """The first true answer."""
    deadline = time.monotonic() + seconds
    while not (answer := ask()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)
    return answer
