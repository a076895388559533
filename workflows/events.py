"""What changed just now? Small frozen events for pages that are open; nothing depends on their arrival.

They are gathered for a moment and sent together, by a thread of their own, to those groups that somebody
listens to: mostly none. A page joins its group before it reads what it shows, so it misses nothing.
"""

import atexit
import os
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol
from uuid import UUID

import redis
from channels.layers import get_channel_layer
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.conf import settings

from workflows import valkey

GATHERED_S = 0.05


@dataclass(frozen=True)
class RunChanged:
    workspace_id: UUID
    run_id: UUID
    workflow_id: UUID
    context_id: UUID | None
    status: str

    @property
    def key(self) -> UUID:
        return self.run_id

    @property
    def groups(self) -> tuple[str, ...]:
        return group_of_run(self.run_id), group_of_workspace(self.workspace_id)

    @property
    def message(self) -> dict[str, str | None]:
        """As consumers receive it, in their method `run_changed`."""
        return {
            "type": "run.changed",
            "workspace_id": str(self.workspace_id),
            "run_id": str(self.run_id),
            "workflow_id": str(self.workflow_id),
            "context_id": str(self.context_id) if self.context_id else None,
            "status": self.status,
        }


@dataclass(frozen=True)
class DraftChanged:
    """A workflow's draft, or what is live of it. Who listens looks up what has changed since."""

    workflow_id: UUID

    @property
    def key(self) -> UUID:
        return self.workflow_id

    @property
    def groups(self) -> tuple[str, ...]:
        return (group_of_draft(self.workflow_id),)

    @property
    def message(self) -> dict[str, str | None]:
        return {"type": "draft.changed", "workflow_id": str(self.workflow_id)}


def group_of_draft(workflow_id: UUID) -> str:
    return f"workflow.{workflow_id}.draft"


def group_of_run(run_id: UUID) -> str:
    return f"run.{run_id}"


def group_of_workspace(workspace_id: UUID) -> str:
    return f"workspace.{workspace_id}.runs"


class Change(Protocol):
    """Something that pages may show: to whom it is told, and what."""

    @property
    def key(self) -> UUID:
        """A later one with this key goes instead of an earlier one."""
        ...

    @property
    def groups(self) -> tuple[str, ...]: ...
    @property
    def message(self) -> Mapping[str, str | None]: ...


def publish(event: Change) -> None:
    """After the commit. Never raises and never waits: a page that misses it is brought up to date when it is
    loaded again.
    """
    _outbox().put(event)


def flush() -> None:
    """Before the process ends."""
    _outbox().send()


class _Outbox:
    """The last event of each key that has not been sent yet."""

    def __init__(self) -> None:
        self._events: dict[UUID, Change] = {}
        self._lock = threading.Lock()
        self._is_filled = threading.Event()
        threading.Thread(target=self._keep_sending, name="events", daemon=True).start()

    def put(self, event: Change) -> None:
        with self._lock:
            self._events[event.key] = event
        if not self._is_filled.is_set():
            self._is_filled.set()

    def send(self) -> None:
        with self._lock:
            self._is_filled.clear()
            events, self._events = self._events, {}
        if events:
            _tell(events.values())

    def _keep_sending(self) -> None:
        while self._is_filled.wait():
            time.sleep(GATHERED_S)
            self.send()


def _tell(events: Iterable[Change]) -> None:
    """Straight to the server instead of through the layer's asyncio interface, which would cost a loop and a
    connection each time.
    """
    layer = _layer()
    if layer is None:
        return
    before = f"{_prefix()}__group__"
    told = [(f"{before}{group}".encode(), event) for event in events for group in event.groups]

    def tell(server: redis.Redis) -> None:
        counts = server.pubsub_numsub(*{channel for channel, _ in told})
        heard = {channel for channel, count in counts if count}
        wanted = [(channel, event) for channel, event in told if channel in heard]
        if not wanted:
            return
        with server.pipeline(transaction=False) as pipe:
            for channel, event in wanted:
                pipe.publish(channel, layer.serialize(event.message))
            pipe.execute()

    valkey.ask(tell, otherwise=None)


@cache
def _layer() -> RedisPubSubChannelLayer | None:
    layer = get_channel_layer()
    return layer if isinstance(layer, RedisPubSubChannelLayer) else None


def _prefix() -> str:
    layers: dict[str, Any] = settings.CHANNEL_LAYERS
    return str(layers["default"].get("CONFIG", {}).get("prefix", ""))


_outboxes: dict[int, _Outbox] = {}
_making = threading.Lock()


def _outbox() -> _Outbox:
    """This process's own: a thread does not survive a fork."""
    found = _outboxes.get(os.getpid())
    if found is None:
        with _making:
            found = _outboxes.get(os.getpid()) or _outboxes.setdefault(os.getpid(), _Outbox())
    return found


atexit.register(flush)
