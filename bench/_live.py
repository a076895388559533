"""W1: an action workflow of four steps, started and awaited over HTTP."""

import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from urllib.parse import urlsplit

import httpx

from bench import _cost, _rulers
from bench._cost import Cost
from bench._table import at_once, measured, ms, ratio, row
from bench._workflows import check_stored
from workflows.models import Workflow, WorkflowVersion

AT_ONCE = 16
PORTS = {"celery": 1, "inline": 2}
_bare = httpx.Client()


def show(version: WorkflowVersion, key: str, outside: str, *, calls: int) -> None:
    bare = measured(lambda: _bare_calls(outside), calls)
    hop = measured(_rulers.hop, calls)
    print(f"\nW1  four-step action workflow over HTTP, {calls} calls, then {AT_ONCE} at once")
    row("", "p50 ms", "p95 ms", "runs/s", "CPU ms/run", "× bare calls")
    row("ruler: the two calls in-process", ms(bare, 50), ms(bare, 95), "", "", "1.0")
    row("ruler: one bare Celery task", ms(hop, 50), ms(hop, 95), "", "", ratio(hop, bare))
    for executor in PORTS:
        with web(executor) as (address, pid):
            call = partial(start_and_wait, workflow=version.workflow, key=key)
            with client_of(address) as client:
                measured(partial(call, client), 20)
                alone = measured(partial(call, client), calls)
            cost = Cost(_cost.of_stack(web=pid))
            rate = at_once(partial(client_of, address), call, calls * 2, callers=AT_ONCE)
            each = cost.per(calls * 2)
        name = f"W1, LIVE_EXECUTOR={executor}"
        row(name, ms(alone, 50), ms(alone, 95), f"{rate:.0f}", _cost.total(each), ratio(alone, bare))
        print(f"    CPU: {_cost.shares(each)}")
    check_stored(version, steps=4)


def cost(version: WorkflowVersion, key: str, *, calls: int) -> dict[str, float]:
    """CPU ms of one run, by process."""
    with web("celery") as (address, pid):
        call = partial(start_and_wait, workflow=version.workflow, key=key)
        at_once(partial(client_of, address), call, 50, callers=AT_ONCE)
        spent = Cost(_cost.of_stack(web=pid))
        at_once(partial(client_of, address), call, calls, callers=AT_ONCE)
        return spent.per(calls)


def start_and_wait(client: http.client.HTTPConnection, workflow: Workflow, key: str) -> None:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    body = json.dumps({"input": {"order_number": 1042}, "wait": 30})
    client.request("POST", f"/api/v1/workflows/{workflow.pk}/runs", body, headers)
    answer = client.getresponse()
    found = json.loads(answer.read())
    if answer.status != 200 or found["status"] != "succeeded" or found["result"]["status"] != "paid":
        raise RuntimeError(f"{answer.status}: {found}")


@contextmanager
def web(executor: str, *, processes: int = 1, **more: str) -> Iterator[tuple[str, int]]:
    """A web process of our own beside the stack's, with the setting to be measured: its address and id."""
    port = int(urlsplit(os.environ["BENCH_URL"]).port or 8000) + PORTS[executor]
    command = [sys.executable, "-m", "uvicorn", "config.asgi:application", "--port", str(port)]
    manners = ["--ws", "websockets-sansio", "--lifespan", "off", "--no-access-log", "--log-level", "error"]
    chosen = {"LIVE_EXECUTOR": executor, "API_RATE": "100000", "POOL_SIZE": "40"} | more
    many = ["--workers", str(processes)] if processes > 1 else []
    process = subprocess.Popen([*command, *manners, *many], env=os.environ | chosen)
    try:
        _until_answers(port)
        yield f"127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def client_of(address: str) -> Iterator[http.client.HTTPConnection]:
    client = http.client.HTTPConnection(address, timeout=60)
    try:
        yield client
    finally:
        client.close()


def _bare_calls(outside: str) -> None:
    _bare.post(f"{outside}/refunds", json={"order": 1042}).json()
    _bare.get(f"{outside}/orders/1042").json()


def _until_answers(port: int) -> None:
    for _ in range(600):
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the web process does not answer")
