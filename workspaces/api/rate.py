"""How often may a key call? A token bucket in Valkey; one in this process while Valkey is away."""

import time
from functools import cache
from threading import Lock
from typing import cast

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.retry import Retry

from workspaces.api.refused import Refused
from workspaces.models import ApiKey

BURST = 2
"""Seconds' worth of calls that may come at once."""
AWAY_S = 5.0
"""For how long Valkey is not asked again after it failed: a call must not wait for it each time."""

TAKE_ONE = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
local rate, most = tonumber(ARGV[1]), tonumber(ARGV[2])
local bucket = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = math.min(most, (tonumber(bucket[1]) or most) + (now - (tonumber(bucket[2]) or now)) * rate)
local taken = 0
if tokens >= 1 then tokens = tokens - 1; taken = 1 end
redis.call('HSET', KEYS[1], 'tokens', tokens, 'at', now)
redis.call('EXPIRE', KEYS[1], 60)
return taken
"""


def spend(key: ApiKey) -> None:
    """Raises Refused (429) when the key has called too often."""
    if not _take(f"parley:rate:{key.pk}", settings.API_RATE):
        message = f"Too many calls: this key may make {settings.API_RATE} in a second. Wait a second."
        raise Refused(429, "rate_limited", message, headers={"Retry-After": "1"})


def _take(name: str, rate: int) -> bool:
    if time.monotonic() < _away.until:
        return _local.take(name, rate)
    try:
        return bool(cast(int, _script()(keys=[name], args=[rate, rate * BURST])))
    except redis.RedisError:
        _away.until = time.monotonic() + AWAY_S
        return _local.take(name, rate)


@cache
def _script() -> Script:
    client = redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=0.2, socket_timeout=0.2, retry=Retry(NoBackoff(), 0)
    )
    return client.register_script(TAKE_ONE)


class _Away:
    until = 0.0


class _LocalBuckets:
    """name → (tokens, when): forgotten when full, for it only bridges minutes."""

    MOST = 1_000

    def __init__(self) -> None:
        self._buckets: dict[str, tuple[float, float]] = {}
        self._lock = Lock()

    def take(self, name: str, rate: int) -> bool:
        now = time.monotonic()
        with self._lock:
            if len(self._buckets) >= self.MOST:
                self._buckets.clear()
            tokens, at = self._buckets.get(name, (float(rate * BURST), now))
            tokens = min(rate * BURST, tokens + (now - at) * rate)
            is_taken = tokens >= 1
            self._buckets[name] = (tokens - is_taken, now)
        return is_taken


_away = _Away()
_local = _LocalBuckets()
