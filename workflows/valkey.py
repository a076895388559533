"""How is the message server asked for small things? Quickly or not at all: nothing here waits, retries or
raises.
"""

import logging
from collections.abc import Callable
from functools import cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from workflows.breaker import Breaker

log = logging.getLogger(__name__)
breaker = Breaker(open_for_s=5)


@cache
def client() -> redis.Redis:
    """One pool per process; it is safe in threads and after a fork."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_connect_timeout=0.2, socket_timeout=0.3, retry=Retry(NoBackoff(), 0)
    )


def ask[T](question: Callable[[redis.Redis], T], otherwise: T) -> T:
    """`otherwise` when the server does not answer at once, or did not a moment ago."""
    if not breaker.is_closed():
        return otherwise
    try:
        return question(client())
    except (redis.RedisError, OSError) as error:
        breaker.trip()
        log.warning("The message server does not answer: %s", type(error).__name__)
        return otherwise
