"""When was a worker of each lane last heard? Asked by whoever says why something waits."""

import time
from collections.abc import Sequence

from workflows import valkey

LATE_S = 15.0


def ages(lanes: Sequence[str]) -> dict[str, float | None]:
    """Seconds since each lane's workers were last heard; None for never, or while Valkey is down."""
    now = time.time()
    names = [f"heartbeat:{lane}" for lane in lanes]
    never: list[bytes | str | None] = [None] * len(names)
    beats = valkey.ask(lambda server: server.mget(names), otherwise=never)
    return {
        lane: None if beat is None else now - float(beat) for lane, beat in zip(lanes, beats, strict=True)
    }
