"""What changed just now? Small frozen events for pages that are open; nothing depends on their arrival."""

from dataclasses import asdict, dataclass
from functools import cache
from typing import Any
from uuid import UUID

import redis
from channels.layers import get_channel_layer
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.conf import settings

from workflows import valkey


@dataclass(frozen=True)
class RunChanged:
    workspace_id: UUID
    run_id: UUID
    workflow_id: UUID
    context_id: UUID | None
    status: str

    @property
    def groups(self) -> tuple[str, ...]:
        return group_of_run(self.run_id), group_of_workspace(self.workspace_id)

    @property
    def message(self) -> dict[str, str | None]:
        """As consumers receive it, in their method `run_changed`."""
        ids = {name: str(value) if value else None for name, value in asdict(self).items()}
        return {"type": "run.changed", **ids}


def group_of_run(run_id: UUID) -> str:
    return f"run.{run_id}"


def group_of_workspace(workspace_id: UUID) -> str:
    return f"workspace.{workspace_id}.runs"


def publish(event: RunChanged) -> None:
    """After the commit. Never raises and never waits: a page that misses it is brought up to date when it is
    loaded again.

    Straight to the server instead of through the layer's asyncio interface, which would cost a loop and a
    connection each time.
    """
    layer = _layer()
    if layer is None:
        return
    payload = layer.serialize(event.message)

    def tell(server: redis.Redis) -> None:
        with server.pipeline(transaction=False) as pipe:
            for group in event.groups:
                pipe.publish(f"{_prefix()}__group__{group}", payload)
            pipe.execute()

    valkey.ask(tell, otherwise=None)


@cache
def _layer() -> RedisPubSubChannelLayer | None:
    layer = get_channel_layer()
    return layer if isinstance(layer, RedisPubSubChannelLayer) else None


def _prefix() -> str:
    layers: dict[str, Any] = settings.CHANNEL_LAYERS
    return str(layers["default"]["CONFIG"]["prefix"])
