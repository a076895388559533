"""Runs with the same order key go one after the other, whatever becomes of the earlier one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.support.probe import Probe, note
from tests.support.runs import Rung, make_version, start_run, step
from workflows.engine import claiming
from workflows.engine.advancing import advance
from workflows.models import Run
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db
WAIT = step("wait", "flow.delay@1", {"mode": "for", "amount": 1, "unit": "days"})


def test_a_later_run_waits_for_the_earlier_one_and_others_do_not(workspace: Workspace, probe: Probe) -> None:
    version = make_version(workspace, note("said", "{{ action.n }}"), WAIT, kind="post_conversation")
    ada, ada_again, bob = (
        start_run(version, order_key=key, input={"action": {"n": n}})
        for n, key in enumerate(["ada", "ada", "bob"])
    )

    for run_id in (ada_again, bob, ada):
        advance(run_id, "background")
    assert [text for text, _, _ in probe.calls] == ["0", "2"]
    assert claiming.claim(ada_again) is None

    Run.objects.filter(pk=ada).update(next_at=timezone.now() - timedelta(seconds=1))
    advance(ada, "background")  # ends it, and goes on with what is due

    assert [text for text, _, _ in probe.calls] == ["0", "2", "1"]


def test_who_is_not_in_turn_does_not_hold_others_up(workspace: Workspace, probe: Probe, bell: Rung) -> None:
    version = make_version(workspace, note("said", "{{ action.n }}"), WAIT, kind="post_conversation")
    for n, key in enumerate(["ada", "ada", "ada", None]):
        start_run(version, order_key=key, input={"action": {"n": n}})

    advance(None, "background")

    assert [text for text, _, _ in probe.calls] == ["0", "3"]
