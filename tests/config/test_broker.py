"""config/broker.py"""

from typing import Any

from config.celery import app


def test_one_client_serves_a_channel_until_its_pool_is_made_anew() -> None:
    with app.connection_for_write() as connection:
        channel: Any = connection.default_channel
        with channel.conn_or_acquire() as first, channel.conn_or_acquire() as second:
            assert first is second
        channel._disconnect_pools()
        with channel.conn_or_acquire() as third:
            assert third is not first
            assert third.connection_pool is channel.pool


def test_every_spelling_of_the_address_gets_the_same_transport() -> None:
    for scheme in ("redis", "rediss", "redis+socket"):
        connection = app.connection_for_write(f"{scheme}://127.0.0.1:1/0")
        assert connection.get_transport_cls().__module__ == "config.broker"
