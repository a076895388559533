"""Events reach whoever listens, and are no work for anybody when nobody does."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from channels.layers import get_channel_layer
from redis.client import PubSub

from workflows import events, valkey
from workflows.events import RunChanged
from workspaces.ids import uuid7

PATIENCE_S = 10


@pytest.fixture
def workspace_id() -> UUID:
    return uuid7()


@pytest.fixture
def listening(workspace_id: UUID) -> Iterator[PubSub]:
    with valkey.client().pubsub(ignore_subscribe_messages=True) as pubsub:  # type: ignore[no-untyped-call]
        pubsub.subscribe(f"parley__group__{events.group_of_workspace(workspace_id)}")
        pubsub.get_message(timeout=PATIENCE_S)
        yield pubsub


def changed(workspace_id: UUID, run_id: UUID, status: str) -> RunChanged:
    return RunChanged(workspace_id, run_id, uuid7(), None, status)


def heard(pubsub: PubSub) -> Any:
    found = pubsub.get_message(timeout=PATIENCE_S)
    return get_channel_layer().deserialize(found["data"]) if found else None


def test_an_event_arrives_by_itself(listening: PubSub, workspace_id: UUID) -> None:
    run_id = uuid7()

    events.publish(changed(workspace_id, run_id, "succeeded"))

    message = heard(listening)
    assert (message["type"], message["run_id"], message["status"]) == (
        "run.changed",
        str(run_id),
        "succeeded",
    )


def test_of_one_run_the_last_event_of_a_moment_is_sent(listening: PubSub, workspace_id: UUID) -> None:
    first, second = uuid7(), uuid7()

    for status in ("running", "queued", "succeeded"):
        events.publish(changed(workspace_id, first, status))
    events.publish(changed(workspace_id, second, "running"))
    events.flush()

    told = [heard(listening) for _ in range(2)]
    assert [(message["run_id"], message["status"]) for message in told] == [
        (str(first), "succeeded"),
        (str(second), "running"),
    ]


def test_nothing_is_sent_where_nobody_listens(workspace_id: UUID) -> None:
    before = valkey.client().info("commandstats").get("cmdstat_publish", {"calls": 0})["calls"]

    events.publish(changed(workspace_id, uuid7(), "succeeded"))
    events.flush()

    after = valkey.client().info("commandstats").get("cmdstat_publish", {"calls": 0})["calls"]
    assert after == before
