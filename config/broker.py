"""How are hints carried? As kombu's Redis transport does it, with one client to a channel.

kombu makes a new client for each message that is sent: 0.2 ms, half of what a hint costs. The clients only
borrow their connections from the channel's pool, so one does as well.
"""

from kombu.transport import TRANSPORT_ALIASES, redis
from redis import Redis


class Channel(redis.Channel):
    _client: Redis | None = None

    def _create_client(self, asynchronous: bool = False) -> Redis:
        if asynchronous:
            return super()._create_client(asynchronous=True)  # type: ignore[misc, no-any-return]
        if self._client is None or self._client.connection_pool is not self.pool:  # made anew after a failure
            self._client = super()._create_client()  # type: ignore[misc]
        return self._client


class Transport(redis.Transport):
    Channel = Channel


def use() -> None:
    """For `redis://`, `rediss://` and `redis+socket://` alike."""
    TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), f"{__name__}:Transport"))
