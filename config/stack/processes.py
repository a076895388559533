"""Which processes make up Parley, with which sizes?"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from config.stack.children import Program
from config.stack.places import Places, of_environment
from config.stack.terminal import Stop

WEB_POOL, LIVE_POOL, SMALL_POOL = "20", "34", "2"
LOUDNESS = ("--loglevel", "INFO")
QUIET = ("--without-gossip", "--without-mingle", "--without-heartbeat", *LOUDNESS)
PYTHON = (sys.executable, "-m")


def of_stack(places: Places, env: dict[str, str], *, demo: bool) -> Iterator[Program]:
    if demo:
        yield _demo("mailcatcher", env["DEMO_MAIL"], places.mail, env)
        yield _demo("tickets", env["DEMO_TICKETS"], places.tickets, env)
    yield _web(env)
    yield _worker("live", env, "threads", 32, pool=LIVE_POOL)
    yield _worker("background", env, "prefork", 4, pool=SMALL_POOL, nice=10)
    yield _worker("system", env, "prefork", 1, pool=SMALL_POOL)
    yield _beat(places.var / "beat", env)


def become(name: str) -> NoReturn:
    """In production each process runs by itself, in its own container, with the settings it has there."""
    env = {"HOST": "0.0.0.0", "PORT": "8000", "WORKER_GRACE_S": "45"} | os.environ  # noqa: S104 - a container
    known = {program.name: program for program in of_stack(of_environment().made(), env, demo=False)}
    if name not in known:
        raise Stop(f"There is no process {name!r}; there are: {', '.join(known)}.")
    program = known[name]
    os.nice(program.nice)
    words = [str(word) for word in program.command]
    os.execve(words[0], words, dict(program.env))  # noqa: S606 - our own interpreter


def _demo(name: str, address: str, kept: Path, env: dict[str, str]) -> Program:
    """A piece of the outside world of the demo: where its mails or tickets arrive."""
    return Program(name, [*PYTHON, f"config.stack.{name}", address, kept], env)


def _web(env: dict[str, str]) -> Program:
    address = ["--host", env.get("HOST", "127.0.0.1"), "--port", env["PORT"]]
    manners = ["--ws", "websockets-sansio", "--lifespan", "off", "--no-access-log"]
    end = ["--timeout-graceful-shutdown", env["WORKER_GRACE_S"]]
    command = [*PYTHON, "uvicorn", "config.asgi:application", *address, *manners, *end]
    return Program("web", command, env | {"POOL_SIZE": WEB_POOL})


def _worker(lane: str, env: dict[str, str], kind: str, slots: int, *, pool: str, nice: int = 0) -> Program:
    command = [*PYTHON, "celery", "-A", "config", "worker", "-n", f"{lane}@%h", "-Q", lane]
    size = ["-P", kind, "-c", str(slots)]
    # Remapped, it stops softly: WORKER_GRACE_S for what runs; what is cut off is recovered by its lease.
    chosen = {"POOL_SIZE": pool, "REMAP_SIGTERM": "SIGQUIT"}
    return Program(lane, [*command, *size, *QUIET], env | chosen, nice=nice)


def _beat(schedule: Path, env: dict[str, str]) -> Program:
    command = [*PYTHON, "celery", "-A", "config", "beat", "-s", str(schedule), "--pidfile=", *LOUDNESS]
    return Program("beat", command, env | {"POOL_SIZE": SMALL_POOL})
