"""What does the person at the terminal read? All on stderr, so that stdout stays a command's own."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Stop(Exception):
    """It cannot go on; the message is the one line that says why and what to do."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextmanager
def step(what: str) -> Iterator[None]:
    """One line of progress: what is being done, and how long it took once it is."""
    started = time.monotonic()
    print(f"  {what} … ", end="", file=sys.stderr, flush=True)
    try:
        yield
    except BaseException:
        say("")
        raise
    say(f"{time.monotonic() - started:.1f} s")
