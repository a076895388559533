"""Row ids: UUID version 7 (RFC 9562), so that new rows sort after old ones and indexes stay dense."""

import os
import threading
import time
from datetime import datetime
from uuid import UUID

STEPS_A_MS = 1 << 12
"""What a process can tell apart within a millisecond: the 12 bits after the version, a counter (§6.2)."""

_lock = threading.Lock()
_last = [0]


def uuid7() -> UUID:
    """Higher than every id that this process made before."""
    with _lock:
        _last[0] = tick = max(time.time_ns() * STEPS_A_MS // 1_000_000, _last[0] + 1)
    milliseconds, step = divmod(tick, STEPS_A_MS)
    return _uuid(milliseconds, step << 64 | int.from_bytes(os.urandom(8)))


def lowest_at(moment: datetime) -> UUID:
    """Before every id that is made from then on: an index by id finds what is newer."""
    return _uuid(int(moment.timestamp() * 1000), 0)


def _uuid(milliseconds: int, random: int) -> UUID:
    value = (milliseconds & (1 << 48) - 1) << 80 | random
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)
