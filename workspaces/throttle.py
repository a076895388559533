"""May someone try that again: to sign in, to send a test? Counts in Valkey, else in each process (closed)."""

import hashlib
import threading
import time

import redis
import structlog
from django.core.cache import cache

log = structlog.get_logger()

WINDOW_S = 15 * 60
MOST_OF_PAIR = 5
"""Tries of one e-mail address from one network address, in one window."""
MOST_OF_IP = 50
MOST_OF_EMAIL = 100
"""High, so that strangers cannot lock a person out by trying his address."""


def may_try(email: str, ip: str | None) -> bool:
    """Counts this try. Refused ones are counted too, but never make the window longer."""
    counts = [_count(key) <= most for key, most in _limits(email, ip).items()]
    return all(counts)


def may_do(what: str, most: int) -> bool:
    """Counts this one: at most so many in one window."""
    return _count(f"throttle:{what}") <= most


def succeeded(email: str, ip: str | None) -> None:
    """Takes the tries of this address back, so that someone who knows his password is not slowed down."""
    pair, *others = _limits(email, ip)
    try:
        cache.delete(pair)
        for key in others:
            cache.decr(key)
    except (ValueError, redis.RedisError):
        pass
    _local.forget(pair)


def _limits(email: str, ip: str | None) -> dict[str, int]:
    who = hashlib.sha256(email.strip().lower().encode()).hexdigest()[:32]
    return {f"login:{who}:{ip}": MOST_OF_PAIR, f"login:ip:{ip}": MOST_OF_IP, f"login:{who}": MOST_OF_EMAIL}


def _count(key: str) -> int:
    try:
        cache.add(key, 0, WINDOW_S)
        return cache.incr(key)
    except ValueError:  # the window ended between the two
        return 1
    except redis.RedisError as error:
        log.warning("login_throttle_without_valkey", error=type(error).__name__)
        return _local.count(key)


class _Counters:
    """Tries of this process alone, while Valkey is away. Bounded: the oldest windows go first."""

    MOST_KEYS = 10_000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[float, int]] = {}

    def count(self, key: str) -> int:
        now = time.monotonic()
        with self._lock:
            ends, tries = self._windows.pop(key, (0.0, 0))
            if ends <= now:
                ends, tries = now + WINDOW_S, 0
            self._windows[key] = (ends, tries + 1)
            while len(self._windows) > self.MOST_KEYS:
                self._windows.pop(next(iter(self._windows)))
        return tries + 1

    def forget(self, key: str) -> None:
        with self._lock:
            self._windows.pop(key, None)


_local = _Counters()
