"""What to measure against: Celery as people use it without an engine, on the same broker with as many
processes.

Nothing is stored, nothing survives a crash, nobody else gets a turn: less work than a run, so a hard ruler.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import redis
from celery import Celery, chain

from config import env

QUEUE = "ruler"
REDIS_URL = os.environ.get("REDIS_URL", "")

app = Celery("rulers", broker=env.celery_broker(REDIS_URL))
app.conf.update(task_ignore_result=True, task_default_queue=QUEUE, worker_prefetch_multiplier=4)
app.conf.broker_transport = "kombu.transport.redis:Transport"
"""kombu's own, without what config/broker.py saves."""


def server() -> redis.Redis:
    return redis.Redis.from_url(REDIS_URL, socket_timeout=120)


@app.task(name="rulers.step")
def step(values: dict[str, object] | None = None, number: int = 0, of: int = 0) -> dict[str, object]:
    """One *set values* step as a task; the last one of a chain is counted."""
    found = {**(values or {}), f"value_{number}": f"Order {number}", "number": number}
    if number == of - 1:
        _counted.incr("rulers:done")
    return found


@app.task(name="rulers.whole")
def whole(of: int) -> None:
    """The same steps in one task."""
    values: dict[str, object] = {}
    for number in range(of):
        values = {**values, f"value_{number}": f"Order {number}", "number": number}
    _counted.incr("rulers:done")


@app.task(name="rulers.answer")
def answer(reply_to: str) -> None:
    _counted.lpush(reply_to, "done")


_counted = server() if REDIS_URL else redis.Redis(socket_timeout=120)


@contextmanager
def worker(processes: int) -> Iterator[None]:
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "bench._rulers",
        "worker",
        "-Q",
        QUEUE,
        "-c",
        str(processes),
    ]
    quiet = [
        "--without-gossip",
        "--without-mingle",
        "--without-heartbeat",
        "--loglevel",
        "ERROR",
        "-n",
        "ruler@%h",
    ]
    process = subprocess.Popen([*command, *quiet], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        hop(timeout_s=60)
        yield
    finally:
        process.terminate()
        process.wait(30)


def hop(*, timeout_s: int = 10) -> float:
    """Seconds from sending one task to its answer on a list."""
    begun = time.perf_counter()
    answer.delay("rulers:answer")
    if server().blpop(["rulers:answer"], timeout=timeout_s) is None:
        raise TimeoutError("the worker of the rulers does not answer")
    return time.perf_counter() - begun


def chains(count: int, steps: int) -> float:
    """Chains a second, from the first one sent to the last one done; one task a step."""

    def send() -> None:
        signatures = [step.s(None, 0, steps), *(step.s(number, steps) for number in range(1, steps))]
        chain(*signatures).apply_async()

    return _rate(count, send)


def single_tasks(count: int, steps: int) -> float:
    return _rate(count, lambda: whole.delay(steps))


def _rate(count: int, send: object) -> float:
    assert callable(send)
    broker = server()
    broker.delete("rulers:done")
    begun = time.perf_counter()
    for _ in range(count):
        send()
    while int(broker.get("rulers:done") or 0) < count:
        time.sleep(0.005)
        if time.perf_counter() - begun > 300:
            raise TimeoutError("the rulers did not come to an end")
    return count / (time.perf_counter() - begun)
