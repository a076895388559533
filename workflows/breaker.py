"""Is it worth asking the message server now? After a failure nobody waits for it for a few seconds."""

import time


class Breaker:
    def __init__(self, open_for_s: float) -> None:
        self._open_for_s = open_for_s
        self._open_until = 0.0

    def is_closed(self) -> bool:
        return time.monotonic() >= self._open_until

    def trip(self) -> None:
        self._open_until = time.monotonic() + self._open_for_s

    def reset(self) -> None:
        self._open_until = 0.0
