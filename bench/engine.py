"""How fast is the engine, beside Celery alone and beside the bare work? Prints one table; every number from
the same minutes.

W1: an action workflow of four steps (REST POST, set values, set values, REST GET) with response fields,
started and awaited over HTTP, for both settings of LIVE_EXECUTOR. W2: 2,000 background runs of ten *set
values* steps, started one by one, until the last is done. All step runs are stored in both.

`./run bench engine`; smaller or larger: BENCH_CALLS=300 BENCH_RUNS=2000.
"""

import http.client
import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from queue import Empty, SimpleQueue
from urllib.parse import urlsplit

import django
import httpx

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from bench import _rulers  # noqa: E402 - the tasks and models need Django
from bench._outside import instant_server  # noqa: E402
from connectors.declare import JSON  # noqa: E402
from workflows.engine.flow import set_values  # noqa: E402
from workflows.models import Agent, Run, StepRun, Workflow, WorkflowVersion  # noqa: E402
from workflows.services import agents, drafting, publishing, starting  # noqa: E402
from workspaces.ids import uuid7  # noqa: E402
from workspaces.models import Workspace  # noqa: E402
from workspaces.services import api_keys, audit  # noqa: E402

CALLS = int(os.environ.get("BENCH_CALLS", "300"))
RUNS = int(os.environ.get("BENCH_RUNS", "2000"))
AT_ONCE = 16
STEPS = 10
BY = audit.system("bench")


def main() -> None:
    workspace = Workspace.objects.create(slug=f"bench-{uuid7().hex[-8:]}", name="Bench")
    _, key = api_keys.create(workspace, "bench", ["run", "read"], expires_at=None, by=BY)
    agent = agents.create(workspace, "Bench", by=BY)
    with instant_server() as outside, _rulers.worker(processes=4):
        show_w1(publish(agent, "action", four_steps(outside)), key, outside)
        show_w2(publish(agent, "post_conversation", ten_steps()))


# --- W1 ----------------------------------------------------------------------------------------------------
def show_w1(version: WorkflowVersion, key: str, outside: str) -> None:
    bare = measured(lambda: bare_calls(outside), CALLS)
    hop = measured(_rulers.hop, CALLS)
    print(f"\nW1  four-step action workflow over HTTP, {CALLS} calls, then {AT_ONCE} at once")
    row("", "p50 ms", "p95 ms", "runs/s", "× bare calls")
    row("ruler: the two calls in-process", ms(bare, 50), ms(bare, 95), "", "1.0")
    row("ruler: one bare Celery task", ms(hop, 50), ms(hop, 95), "", ratio(hop, bare))
    for executor in ("celery", "inline"):
        with web(executor) as address:
            call = partial(start_and_wait, workflow=version.workflow, key=key)
            with client_of(address) as client:
                measured(partial(call, client), 20)
                alone = measured(partial(call, client), CALLS)
            rate = at_once(partial(client_of, address), call, CALLS * 2)
            row(
                f"W1, LIVE_EXECUTOR={executor}",
                ms(alone, 50),
                ms(alone, 95),
                f"{rate:.0f}",
                ratio(alone, bare),
            )
    check_stored(version, steps=4)


def four_steps(outside: str) -> list[JSON]:
    number = "{{ action.order_number }}"
    post: dict[str, JSON] = {"kind": "json", "value": {"order": number}}
    return [
        step("create", "rest.request@1", {"method": "POST", "url": f"{outside}/refunds", "body": post}),
        values("named", id="{{ steps.create.output.body.id }}", total="{{ steps.create.output.body.total }}"),
        values("worded", text="Order {{ steps.named.output.id }} over {{ steps.named.output.total }}"),
        step("look_up", "rest.request@1", {"method": "GET", "url": f"{outside}/orders/{number}"}),
    ]


def start_and_wait(client: http.client.HTTPConnection, workflow: Workflow, key: str) -> None:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    body = json.dumps({"input": {"order_number": 1042}, "wait": 30})
    client.request("POST", f"/api/v1/workflows/{workflow.pk}/runs", body, headers)
    answer = client.getresponse()
    found = json.loads(answer.read())
    if answer.status != 200 or found["status"] != "succeeded" or found["result"]["status"] != "paid":
        raise RuntimeError(f"{answer.status}: {found}")


def bare_calls(outside: str) -> None:
    _bare.post(f"{outside}/refunds", json={"order": 1042}).json()
    _bare.get(f"{outside}/orders/1042").json()


_bare = httpx.Client()


@contextmanager
def web(executor: str) -> Iterator[str]:
    """A web process of our own beside the stack's, with the setting to be measured."""
    port = int(urlsplit(os.environ["BENCH_URL"]).port or 8000) + (1 if executor == "celery" else 2)
    command = [
        sys.executable,
        "-m",
        "uvicorn",
        "config.asgi:application",
        "--port",
        str(port),
        "--lifespan",
        "off",
    ]
    chosen = {"LIVE_EXECUTOR": executor, "API_RATE": "100000", "POOL_SIZE": "40"}
    process = subprocess.Popen([*command, "--no-access-log", "--log-level", "error"], env=os.environ | chosen)
    try:
        until_answers(port)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def until_answers(port: int) -> None:
    for _ in range(600):
        try:
            httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError("the web process does not answer")


@contextmanager
def client_of(address: str) -> Iterator[http.client.HTTPConnection]:
    client = http.client.HTTPConnection(address, timeout=60)
    try:
        yield client
    finally:
        client.close()


# --- W2 ----------------------------------------------------------------------------------------------------
def show_w2(version: WorkflowVersion) -> None:
    bare = RUNS / in_process(RUNS)
    chains, tasks = _rulers.chains(RUNS, STEPS), _rulers.single_tasks(RUNS, STEPS)
    ours = background_runs(version, RUNS)
    print(f"\nW2  {RUNS:,} background runs of {STEPS} steps, to the last one done")
    row("", "runs/s", "steps/s", "", "× Celery chain")
    for name, rate in (
        ("ruler: Celery chain, one task a step", chains),
        ("ruler: one bare Celery task", tasks),
        ("ruler: the same in-process, not stored", bare),
        ("W2, all step runs stored", ours),
    ):
        row(name, f"{rate:,.0f}", f"{rate * STEPS:,.0f}", "", f"{rate / chains:.1f}")
    check_stored(version, steps=STEPS)


def ten_steps() -> list[JSON]:
    first = values("step_0", text="Order 0", number=0)
    later = [
        values(f"step_{number}", text=f"Order {{{{ steps.step_{number - 1}.output.number }}}}", number=number)
        for number in range(1, STEPS)
    ]
    return [first, *later]


def background_runs(version: WorkflowVersion, count: int) -> float:
    begun = time.perf_counter()
    for number in range(count):
        starting.start(
            workspace=version.workspace,
            workflow=version.workflow,
            version=version,
            kind="production",
            trigger="api",
            lane="background",
            trigger_key=f"bench:{number}",
            input={},
        )
    while Run.objects.filter(workflow=version.workflow, status="succeeded").count() < count:
        time.sleep(0.01)
        if time.perf_counter() - begun > 300:
            raise TimeoutError("the runs did not come to an end")
    return count / (time.perf_counter() - begun)


def in_process(count: int) -> float:
    begun = time.perf_counter()
    for _ in range(count):
        for number in range(STEPS):
            set_values.output({"values": [{"name": "number", "value": number}]})
    return time.perf_counter() - begun


# --- Both --------------------------------------------------------------------------------------------------
def step(slug: str, action: str, inputs: JSON) -> dict[str, JSON]:
    return {
        "id": "s_" + slug.replace("_", "").ljust(8, "0"),
        "slug": slug,
        "action": action,
        "inputs": inputs,
    }


def values(slug: str, **named: JSON) -> dict[str, JSON]:
    pairs: list[JSON] = [{"name": name, "value": value} for name, value in named.items()]
    return step(slug, "flow.set_values@1", {"values": pairs})


def publish(agent: Agent, kind: str, steps: list[JSON]) -> WorkflowVersion:
    workflow = drafting.create(agent, kind, f"bench_{kind}", by=BY)
    settings: dict[str, JSON] = dict(workflow.draft["settings"])
    if kind == "action":
        settings["description"] = "Measures the engine."
        settings["variables"] = [{"name": "order_number", "type": "integer", "required": True}]
        settings["response"] = [
            {"name": "status", "type": "string", "value": "{{ steps.look_up.output.body.status }}"},
            {"name": "text", "type": "string", "value": "{{ steps.worded.output.text }}"},
        ]
    else:
        settings["enabled"] = True
    content = {**workflow.draft, "settings": settings, "steps": steps}
    workflow = drafting.replace(workflow, content, revision=workflow.draft_revision, by=BY)
    publishing.publish(workflow, revision=workflow.draft_revision, by=BY)
    return WorkflowVersion.objects.select_related("workflow", "workspace").get(workflow=workflow)


def check_stored(version: WorkflowVersion, *, steps: int) -> None:
    runs = Run.objects.filter(version=version, status="succeeded").count()
    stored = StepRun.objects.filter(run__version=version, status="succeeded").count()
    if stored != runs * steps:
        raise RuntimeError(f"{stored} step runs are stored of {runs} runs with {steps} steps each")
    print(f"    {runs:,} runs succeeded, {stored:,} step runs stored")


def measured(call: Callable[[], object], count: int) -> list[float]:
    found = []
    for _ in range(count):
        begun = time.perf_counter()
        call()
        found.append(time.perf_counter() - begun)
    return found


def at_once(
    client: Callable[[], AbstractContextManager[http.client.HTTPConnection]],
    call: Callable[[http.client.HTTPConnection], None],
    count: int,
) -> float:
    """Calls a second, by AT_ONCE callers that never pause."""
    left: SimpleQueue[int] = SimpleQueue()
    for number in range(count):
        left.put(number)
    faults: list[Exception] = []

    def caller() -> None:
        try:
            with client() as connection:
                while True:
                    left.get_nowait()
                    call(connection)
        except Empty:
            return
        except (RuntimeError, OSError, http.client.HTTPException) as fault:
            faults.append(fault)

    callers = [threading.Thread(target=caller) for _ in range(AT_ONCE)]
    begun = time.perf_counter()
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join()
    if faults:
        raise faults[0]
    return count / (time.perf_counter() - begun)


def ms(found: list[float], percent: int) -> str:
    return f"{statistics.quantiles(found, n=100)[percent - 1] * 1000:.1f}"


def ratio(found: list[float], base: list[float]) -> str:
    return f"{statistics.median(found) / statistics.median(base):.1f}"


def row(name: str, *cells: str) -> None:
    print(f"  {name:<40}" + "".join(f"{cell:>14}" for cell in cells), flush=True)


if __name__ == "__main__":
    main()
