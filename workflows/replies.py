"""How does a web process learn that a run it waits for has ended? By one list per process, read by one
thread.

Nobody polls. A reply may be lost like any hint: who waits looks at the row when the time is up, and asks to
be told again.
"""

import logging
import os
import threading
import time
from collections import OrderedDict
from functools import cache
from uuid import UUID, uuid4

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.retry import Retry

from workflows import valkey

log = logging.getLogger(__name__)

KEPT_S = 180
"""Longer than anybody waits (120 s)."""
MOST_EXPECTED = 10_000
BLOCKED_S = 5


def answer(run_id: UUID, reply_to: str) -> None:
    """Tells whoever waits for the run: the process that rang for it, and those that asked later."""
    valkey.ask(
        lambda server: _script(server)(keys=[_asked(run_id)], args=[str(run_id), reply_to, KEPT_S]),
        otherwise=None,
    )


_TELL = """
local told = redis.call('SMEMBERS', KEYS[1])
if ARGV[2] ~= '' then told[#told + 1] = ARGV[2] end
for _, box in ipairs(told) do
  redis.call('LPUSH', box, ARGV[1])
  redis.call('EXPIRE', box, ARGV[3])
end
"""


@cache
def _script(server: redis.Redis) -> Script:
    return server.register_script(_TELL)


class Inbox:
    """The list of this process, and an event for each run that is expected to be told of on it."""

    def __init__(self) -> None:
        self.address = f"replies:{os.getpid()}:{uuid4().hex}"
        self._events: OrderedDict[UUID, threading.Event] = OrderedDict()
        self._lock = threading.Lock()
        threading.Thread(target=self._read, name="replies", daemon=True).start()

    def expect(self, run_id: UUID) -> tuple[threading.Event, bool]:
        """The run's event, and whether it was expected before: a reply may come before anybody waits."""
        with self._lock:
            was_expected = run_id in self._events
            event = self._events.setdefault(run_id, threading.Event())
            while len(self._events) > MOST_EXPECTED:
                self._events.popitem(last=False)
        return event, was_expected

    def arrived(self, run_id: UUID) -> None:
        with self._lock:
            event = self._events.get(run_id)
        if event is not None:
            event.set()

    def forget(self, run_id: UUID) -> None:
        with self._lock:
            self._events.pop(run_id, None)

    def ask(self, run_id: UUID) -> None:
        """To be told by whoever ends the run, even if they did not get our hint."""

        def note(server: redis.Redis) -> None:
            with server.pipeline(transaction=False) as pipe:
                pipe.sadd(_asked(run_id), self.address)
                pipe.expire(_asked(run_id), KEPT_S)
                pipe.execute()

        valkey.ask(note, otherwise=None)

    def _read(self) -> None:
        server = redis.Redis.from_url(
            settings.REDIS_URL,
            socket_connect_timeout=1,
            socket_timeout=4 * BLOCKED_S,
            retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )
        while True:
            try:
                found = server.blpop([self.address], timeout=BLOCKED_S)
            except (redis.RedisError, OSError):
                time.sleep(1)
                continue
            if found:
                self.arrived(UUID(str(found[1])))


def _asked(run_id: UUID) -> str:
    return f"waiting:{run_id}"


_lock = threading.Lock()
_inboxes: dict[int, Inbox] = {}


def inbox() -> Inbox:
    """This process's own, with its reader: made when first needed, and again after a fork."""
    with _lock:
        return _inboxes.get(os.getpid()) or _inboxes.setdefault(os.getpid(), Inbox())
