"""Which processes make up Parley, with which sizes? (engine.md 2.6 gives the reasons.)"""

import sys
from collections.abc import Iterator

from config.stack.children import Program
from config.stack.places import Places

WEB_POOL, LIVE_POOL, SMALL_POOL = "20", "34", "2"
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO")


def demo(places: Places, env: dict[str, str]) -> Iterator[Program]:
    """The outside world of the demo: where its mails and tickets arrive."""
    for name, address, kept in (
        ("mailcatcher", env["DEMO_MAIL"], places.mail),
        ("tickets", env["DEMO_TICKETS"], places.tickets),
    ):
        yield Program(name, [sys.executable, "-m", f"config.stack.{name}", address, kept], env)


def parley(places: Places, env: dict[str, str]) -> Iterator[Program]:
    yield Program("web", _web(env["PORT"]), env | {"POOL_SIZE": WEB_POOL})
    yield _worker("live", env, "threads", 32, pool=LIVE_POOL)
    yield _worker("background", env, "prefork", 4, pool=SMALL_POOL, nice=10)
    yield _worker("system", env, "prefork", 1, pool=SMALL_POOL)
    schedule = places.var / "beat"
    yield Program(
        "beat",
        [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "config",
            "beat",
            "--loglevel",
            "INFO",
            "-s",
            schedule,
            "--pidfile=",
        ],
        env | {"POOL_SIZE": SMALL_POOL},
    )


def _web(port: str) -> list[str]:
    return [
        sys.executable, "-m", "uvicorn", "config.asgi:application", "--host", "127.0.0.1", "--port", port,
        "--ws", "websockets-sansio", "--lifespan", "off", "--no-access-log",
        "--timeout-graceful-shutdown", "5",
    ]  # fmt: skip


def _worker(lane: str, env: dict[str, str], kind: str, slots: int, *, pool: str, nice: int = 0) -> Program:
    command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-n", f"{lane}@%h", "-Q", lane]
    return Program(
        lane,
        [*command, "-P", kind, "-c", str(slots), *QUIET],
        env | {"POOL_SIZE": pool, "REMAP_SIGTERM": "SIGQUIT"},
        nice=nice,
    )
