"""I12: an outward event leaves at least once, always under one id and with a valid signature, whoever dies on
the way. `world.check` looks at each that arrived.
"""

import os
import random
import signal
from collections import Counter
from contextlib import suppress
from typing import Any

import pytest

from connectors.declare import JSON
from tests.engine_faults.workloads import put
from tests.engine_faults.world.whole import World
from tests.support import waiting
from tests.support.runs import make_version, start_run
from workflows.models import Outbox
from workflows.services import alert_settings, outbox, sending
from workspaces.models import Workspace
from workspaces.services import audit

BY = audit.system("test")
EVENTS = 40
SEED = 12


def _tell(world: World, workspace: Workspace, mode: str = "ok") -> None:
    """Failed runs are told of at the sink."""
    url = world.sink.url(mode, "hook")
    alert_settings.save(workspace, is_on=True, emails="", webhook_url=url, window_minutes=15, by=BY)


def _all_sent(world: World) -> bool:
    rows = Outbox.objects.filter(topic=sending.WEBHOOK)
    return rows.exists() and not rows.filter(sent_at=None).exists()


def _ids(world: World) -> list[str]:
    return [line["webhook"]["id"] for line in world.sink.webhooks()]


@pytest.mark.parametrize(
    ("mode", "faults", "times"), [("ok", ["F10"], 2), ("503x2", [], 3), ("resetx1", [], 2)]
)
def test_a_failed_run_is_told_of_under_one_id_however_often_it_has_to_be(
    world: World, workspace: Workspace, mode: str, faults: list[str], times: int
) -> None:
    """F10: sent, and its sender dies before that is written down."""
    _tell(world, workspace, mode)
    run_id = start_run(make_version(workspace, put(world.sink, "call", "404")))
    world.workers(background=1)
    world.ended(run_id)
    world.faults.set(*({"point": point, "do": "kill"} for point in faults))

    while not _all_sent(world):
        sender = world.sender()
        with suppress(AssertionError):
            waiting.until(lambda: _all_sent(world), seconds=5, what="it is sent")
        world.kill(sender)

    assert len(_ids(world)) == times
    assert len(set(_ids(world))) == 1
    world.check()


def test_events_survive_senders_that_die_and_a_database_that_restarts(
    world: World, workspace: Workspace
) -> None:
    """None is lost, and none comes more often than somebody took it up."""
    chance = random.Random(SEED)
    _tell(world, workspace)
    for number in range(EVENTS):
        notice: dict[str, JSON] = {"type": "test", "data": {"number": number}}
        outbox.post(sending.WEBHOOK, workspace.pk, f"event {number}", {"notice": notice})
    senders = [world.sender() for _ in range(3)]

    def goes_on() -> Any:
        victim = chance.randrange(len(senders))
        how = chance.choice((signal.SIGKILL, signal.SIGSTOP, signal.SIGCONT))
        with suppress(ProcessLookupError):
            os.kill(senders[victim], how)
        if how == signal.SIGKILL:
            world.kill(senders[victim])
            senders[victim] = world.sender()
        return len(_ids(world)) >= EVENTS // 2

    waiting.until(goes_on, seconds=60, what="half of them have arrived")
    world.servers.restart_postgres(signal.SIGQUIT)
    for sender in senders:
        with suppress(ProcessLookupError):
            os.kill(sender, signal.SIGCONT)
    waiting.until(lambda: _all_sent(world), seconds=60, what="all of them are sent")

    times = Counter(_ids(world))
    attempts = {f"msg_{row.pk.hex}": row.attempts for row in Outbox.objects.filter(topic=sending.WEBHOOK)}
    assert times.keys() == attempts.keys()
    assert all(times[webhook] <= attempts[webhook] for webhook in times)
    world.check()
