"""Fault test 12: the other side hangs, drips, resets, refuses for now, or answers twice."""

import time
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from connectors.declare import JSON
from tests.engine_faults import workloads
from tests.engine_faults.workloads import put
from tests.engine_faults.world.whole import World
from tests.support.runs import error_of, make_version, start_run, step, step_id, steps_of
from workflows.engine import invariants
from workflows.models import Run
from workspaces.models import Workspace

CALL = step_id("call")
OF_EACH = ("mode", "method", "retries", "status", "times", "attempts")


@pytest.mark.parametrize(
    OF_EACH,
    [
        ("hang", "PUT", 0, "failed", 1, ["failed"]),
        ("hangx1", "PUT", 1, "succeeded", 2, ["failed", "succeeded"]),
        ("drip", "PUT", 0, "failed", 1, ["failed"]),
        ("resetx1", "PUT", 1, "succeeded", 2, ["failed", "succeeded"]),
        ("resetx1", "POST", 1, "failed", 1, ["unknown"]),  # it may have taken place, and must not twice
        ("500x2", "PUT", 2, "succeeded", 3, ["failed", "failed", "succeeded"]),
        ("500", "PUT", 1, "failed", 2, ["failed", "failed"]),
        ("503x1", "POST", 1, "succeeded", 2, ["failed", "succeeded"]),  # it was refused, so it did not
        ("429x1", "PUT", 1, "succeeded", 2, ["failed", "succeeded"]),
        ("404", "PUT", 3, "failed", 1, ["failed"]),
        ("twice", "PUT", 1, "succeeded", 1, ["succeeded"]),
    ],
)
def test_a_step_does_what_its_policy_says(
    world: World,
    workspace: Workspace,
    mode: str,
    method: str,
    retries: int,
    status: str,
    times: int,
    attempts: Any,
) -> None:
    call = put(world.sink, "call", mode, method=method, retries=retries)
    run_id = start_run(make_version(workspace, call, kind="post_conversation"))
    world.workers(background=1)

    (run,) = world.ended(run_id)

    assert run.status == status
    assert [row[2] for row in steps_of(run)] == attempts
    assert len(world.sink.keys("call")) == times
    for row in run.steps.all():
        assert row.duration_ms < 1_000 * (workloads.LIMIT_S + 1), "the step's limit is a total one"
    world.check()


def test_a_retry_waits_as_long_as_the_other_side_asks(world: World, workspace: Workspace) -> None:
    run_id = start_run(make_version(workspace, put(world.sink, "call", "429x1", retries=1)))
    world.workers(background=1)
    world.ended(run_id)

    first, second = (line["monotonic"] for line in world.sink.lines())
    assert second - first >= 1.0
    assert Counter(world.sink.keys()).most_common(1)[0][1] == 2


def test_the_answer_after_an_answer_is_not_taken_for_the_next_step_s(
    world: World, workspace: Workspace
) -> None:
    """Over one kept connection: what is left on it must not be read as an answer to another request."""
    steps = [put(world.sink, f"call{number}", "twice" if number % 2 == 0 else "404") for number in range(4)]
    steps = [{**one, "policy": {**workloads.POLICY, "on_error": "continue", "retries": 0}} for one in steps]
    run_id = start_run(make_version(workspace, *steps, kind="post_conversation"))
    world.workers(background=1)

    (run,) = world.ended(run_id)

    assert [row[2] for row in steps_of(run)] == ["succeeded", "failed", "succeeded", "failed"]
    world.check()


@pytest.mark.parametrize(
    ("on_unknown", "status", "times"),
    [("retry", "succeeded", 2), ("skip", "succeeded", 1), ("fail", "failed", 1)],
)
def test_a_post_whose_answer_is_lost_does_what_its_author_chose(
    world: World, workspace: Workspace, on_unknown: str, status: str, times: int
) -> None:
    call = put(world.sink, "call", "resetx1", method="POST", on_unknown=on_unknown, retries=1)
    run_id = start_run(make_version(workspace, call, put(world.sink, "after"), kind="post_conversation"))
    world.workers(background=1)

    (run,) = world.ended(run_id)

    assert run.status == status
    assert steps_of(run)[0] == (CALL, 1, "unknown")
    assert len(world.sink.keys("call")) == times
    if status == "failed":
        assert error_of(run)["maybe_done"] is True
    world.check()


def test_a_mail_that_is_refused_for_now_is_sent_again_under_its_id(
    world: World, workspace: Workspace
) -> None:
    mail = workloads.mail(world.sink, "mail", workloads.mailbox(workspace, world.sink), "451x1", retries=2)
    refused = workloads.mail(world.sink, "no", workloads.mailbox(workspace, world.sink), "550", retries=2)
    runs = [start_run(make_version(workspace, one, kind="post_conversation")) for one in (mail, refused)]
    world.workers(background=2)

    sent, not_sent = world.ended(*runs)

    assert (sent.status, not_sent.status) == ("succeeded", "failed")
    assert [row[2] for row in steps_of(sent)] == ["failed", "succeeded"]
    assert [row[2] for row in steps_of(not_sent)] == ["failed"]
    world.check()


def test_one_bad_service_does_not_hold_up_another_s_runs(world: World, workspace: Workspace) -> None:
    """A long wait between attempts gives the slot up."""
    bad: dict[str, JSON] = {"timeout_s": 1, "retries": 4}
    late = [
        step(f"bad{n}", "rest.request@1", {"method": "PUT", "url": world.sink.url("429x2")}, policy=bad)
        for n in range(3)
    ]
    runs = [start_run(make_version(workspace, one, kind="post_conversation")) for one in late]
    world.workers(background=1)
    world.sink.expect(3)
    good = start_run(make_version(workspace, put(world.sink, "good")))

    began = time.monotonic()
    world.ended(good)
    assert time.monotonic() - began < 10
    world.ended(*runs, seconds=60)
    waits = Run.objects.filter(pk__in=runs).values_list("steps__started_at", flat=True)
    assert max(waits) - min(waits) >= timedelta(seconds=2)
    with invariants.read_only():
        assert invariants.check(is_quiet=True) == []
