"""Does somebody still want this answer? Long waits on the outside ask now and then, and end when not.

Only what may be broken off is waited for like this: a model's words, never a step of a workflow.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

LOOKS_EVERY_S = 0.2

_is_stopped: ContextVar[Callable[[], bool] | None] = ContextVar("is_stopped", default=None)


@contextmanager
def when(is_stopped: Callable[[], bool]) -> Iterator[None]:
    """Waits of this thread inside the block end soon after `is_stopped` says so. Not around a `yield`."""
    token = _is_stopped.set(is_stopped)
    try:
        yield
    finally:
        _is_stopped.reset(token)


def is_asked() -> bool:
    is_stopped = _is_stopped.get()
    return is_stopped is not None and is_stopped()


def longest_wait_s(left_s: float) -> float:
    """Of what is left, so much may pass before it is asked again."""
    return left_s if _is_stopped.get() is None else min(left_s, LOOKS_EVERY_S)


def is_asked_within(seconds: float) -> bool:
    """Sleeps so long, or until then."""
    until = time.monotonic() + seconds
    while (left_s := until - time.monotonic()) > 0 and not is_asked():
        time.sleep(longest_wait_s(left_s))
    return is_asked()
