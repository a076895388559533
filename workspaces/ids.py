"""Row ids: UUID version 7 (RFC 9562), so that new rows sort after old ones and indexes stay dense."""

import os
import time
from datetime import datetime
from uuid import UUID


def uuid7() -> UUID:
    return _uuid(time.time_ns() // 1_000_000, int.from_bytes(os.urandom(10)))


def lowest_at(moment: datetime) -> UUID:
    """Before every id that is made from then on: an index by id finds what is newer."""
    return _uuid(int(moment.timestamp() * 1000), 0)


def _uuid(milliseconds: int, random: int) -> UUID:
    value = (milliseconds & (1 << 48) - 1) << 80 | random
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)
