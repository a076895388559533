"""What is written again and again stays in its page and touches no index (PostgreSQL's HOT updates)."""

from collections.abc import Callable

import pytest

from tests.support.runs import make_version, set_values, start_run
from workflows.engine import journal, sql
from workflows.engine.claiming import Claim, claim, claim_next
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db

_HOT = "SELECT pg_stat_get_xact_tuples_hot_updated(%(table)s::regclass)"


def hot_updates(table: str, of: Callable[[], object]) -> int:
    found = []
    for act in (lambda: None, of):
        act()
        found += sql.many(_HOT, {"table": table})
    return int(found[1][0] - found[0][0])


def test_the_commit_of_a_step(workspace: Workspace) -> None:
    held = claim(start_run(make_version(workspace, set_values("first", text="one"))))
    assert held

    def commit_twice(held: Claim = held) -> None:
        for seq in (1, 2):
            journal.intend(held, [], path="s_first000", seq=seq, attempt=1, lease_s=60)

    assert hot_updates("run", commit_twice) == 2


def test_whose_turn_it_was(workspace: Workspace) -> None:
    start_run(make_version(workspace, set_values("first", text="one")))

    assert hot_updates("workspace_lane", lambda: claim_next("background")) == 1


def test_the_number_of_a_workflow_s_last_run(workspace: Workspace) -> None:
    version = make_version(workspace, set_values("first", text="one"))
    start_run(version, key="first")

    assert hot_updates("run_number", lambda: start_run(version, key="second")) == 1
