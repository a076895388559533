"""How fast is the engine, beside Celery alone and beside the bare work? Prints tables of the same minutes.

W1: an action workflow of four steps (REST POST, set values, Split, REST GET) with response fields, started
and awaited over HTTP, for both settings of LIVE_EXECUTOR. W2: 2,000 background runs of ten steps, four of
them Splits, started one by one, until the last is done. All step runs are stored in both. Then with much
stored: claims, a flood, and what a run costs beside a million others. CPU is that of every process that takes
part, PostgreSQL's too.

`./run bench engine`: some ten minutes. `BENCH_QUICK=1 ./run bench engine`: a tenth of it, in two.
"""

import os
from collections.abc import Callable

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from bench import _background, _cost, _live, _rulers, _stored  # noqa: E402 - the tasks and models need Django
from bench._outside import instant_server  # noqa: E402
from bench._workflows import BY, four_steps, publish, ten_steps  # noqa: E402
from workflows.services import agents  # noqa: E402
from workspaces.ids import uuid7  # noqa: E402
from workspaces.models import Workspace  # noqa: E402
from workspaces.services import api_keys  # noqa: E402

QUICK = 10 if os.environ.get("BENCH_QUICK") == "1" else 1


def size(name: str, usual: int) -> int:
    return int(os.environ.get(f"BENCH_{name}", usual // QUICK))


CALLS, RUNS, FLOOD = size("CALLS", 300), size("RUNS", 2000), size("FLOOD", 20_000)
STORED, GROWN = size("STORED", 500_000), size("GROWN", 1_000_000)
ASLEEP = 0.8


def main() -> None:
    workspace = Workspace.objects.create(slug=f"bench-{uuid7().hex[-8:]}", name="Bench")
    _, key = api_keys.create(workspace, "bench", ["run", "read"], expires_at=None, by=BY)
    agent = agents.create(workspace, "Bench", by=BY)
    with instant_server() as outside:
        action = publish(agent, "action", four_steps(outside))
        post = publish(agent, "post_conversation", ten_steps())

        def costs() -> list[dict[str, float]]:
            return _stored.costs(action, post, key, calls=CALLS, runs=RUNS // 4)

        few = costs()
        with _rulers.worker(processes=4):
            _live.show(action, key, outside, calls=CALLS)
            _background.show(post, runs=RUNS)
        show_with_much_stored(few, costs)
    _cost.show_memory()


def show_with_much_stored(few: list[dict[str, float]], costs: Callable[[], list[dict[str, float]]]) -> None:
    neighbours = _stored.workspaces()
    _stored.fill(neighbours, STORED // 25, asleep=ASLEEP)  # in between other plans are the cheaper ones
    _stored.show_claims(neighbours)
    _stored.fill(neighbours, STORED - STORED // 25, asleep=ASLEEP)
    _stored.show_claims(neighbours)
    _stored.show_flood(FLOOD)
    _stored.fill(neighbours, GROWN - STORED, asleep=ASLEEP)
    _stored.show_growth(few, costs(), GROWN)


if __name__ == "__main__":
    main()
