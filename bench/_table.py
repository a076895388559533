"""How are measurements taken and shown? One row each, rulers beside them."""

import statistics
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from http.client import HTTPConnection, HTTPException
from queue import Empty, SimpleQueue


def row(name: str, *cells: str) -> None:
    print(f"  {name:<44}" + "".join(f"{cell:>14}" for cell in cells), flush=True)


def measured(call: Callable[[], object], count: int) -> list[float]:
    """Seconds of each call."""
    found = []
    for _ in range(count):
        begun = time.perf_counter()
        call()
        found.append(time.perf_counter() - begun)
    return found


def at_once(
    client: Callable[[], AbstractContextManager[HTTPConnection]],
    call: Callable[[HTTPConnection], None],
    count: int,
    *,
    callers: int,
) -> float:
    """Calls a second, by callers that never pause."""
    left: SimpleQueue[int] = SimpleQueue()
    for number in range(count):
        left.put(number)
    faults: list[Exception] = []

    def caller() -> None:
        try:
            with client() as connection:
                while True:
                    left.get_nowait()
                    call(connection)
        except Empty:
            return
        except (RuntimeError, OSError, HTTPException) as fault:
            faults.append(fault)

    threads = [threading.Thread(target=caller) for _ in range(callers)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return count / (time.perf_counter() - begun)


def ms(found: list[float], percent: int) -> str:
    return f"{statistics.quantiles(found, n=100)[percent - 1] * 1000:.1f}"


def ratio(found: list[float], base: list[float]) -> str:
    return f"{statistics.median(found) / statistics.median(base):.1f}"
