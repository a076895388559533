"""Fault test 14: in a deploy old workers meet new workflows, and sleeping runs keep their version."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from connectors import registry
from connectors.declare import JSON
from connectors.registry import Registry
from tests.engine_faults.workloads import delay, put
from tests.engine_faults.world.apps import HARM
from tests.engine_faults.world.whole import World
from tests.support import waiting
from tests.support.runs import make_definition, make_version, start_run, step, step_id, steps_of
from workflows.definition import document
from workflows.engine.advancing import advance
from workflows.engine.published import published
from workflows.models import Run, WorkflowVersion
from workspaces.models import Workspace


@contextmanager
def _older_code() -> Iterator[None]:
    """Of before there was the app HARM."""
    now = registry.default
    older = Registry([app for app in now().apps.values() if app.slug != HARM.slug])
    registry.default = lambda: older  # type: ignore[assignment]
    published.cache_clear()
    try:
        yield
    finally:
        registry.default = now
        published.cache_clear()


def test_a_worker_that_does_not_know_an_action_leaves_the_run_to_one_that_does(
    world: World, workspace: Workspace
) -> None:
    version = make_version(workspace, put(world.sink, "one"), step("new", "harm.do@1", {"how": ""}))
    run_id = start_run(version)
    with _older_code():
        advance(run_id, "background")
    parked = Run.objects.get(pk=run_id)
    assert (parked.status, parked.wait_reason) == ("queued", "unknown_action")
    assert world.sink.keys() == []

    Run.objects.filter(pk=run_id).update(next_at=F("next_at") - timedelta(minutes=1))
    world.workers(background=1)  # of the new code
    (run,) = world.ended(run_id)

    assert run.status == "succeeded"
    world.check()


def test_a_run_that_sleeps_while_a_version_is_published_ends_on_its_own(
    world: World, workspace: Workspace
) -> None:
    old = make_version(workspace, delay("nap", 2), put(world.sink, "old"), kind="post_conversation")
    sleeping = start_run(old)
    world.workers(background=1)
    waiting.until(lambda: Run.objects.get(pk=sleeping).wait_reason == "delay", seconds=20, what="it sleeps")
    fresh = start_run(_publish(old, put(world.sink, "new")))

    run, new_run = world.ended(sleeping, fresh)

    assert (run.version_id, new_run.version.number) == (old.pk, 2)
    assert [path for path, _, _ in steps_of(run)] == [step_id("nap"), step_id("old")]
    assert [line["path"].rpartition("/")[2] for line in world.sink.lines()] == ["new", "old"]
    world.check()


def _publish(old: WorkflowVersion, *steps: dict[str, JSON]) -> WorkflowVersion:
    """Its next version."""
    definition = make_definition(*steps, kind=old.workflow.kind, name=old.workflow.name)
    return WorkflowVersion.objects.create(
        workspace=old.workspace,
        workflow=old.workflow,
        number=2,
        definition=document.dump(definition),
        sha256=document.digest(definition),
        published_at=timezone.now(),
    )
