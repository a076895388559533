"""Loops: a pass for each item, what they give back, and how they end early."""

from typing import Any

import pytest

from connectors.declare import JSON
from tests.support.probe import Probe, note
from tests.support.runs import error_of, make_version, set_values, start_run, step, step_id, steps_of
from tests.workflows.engine.test_splits import branch, refusing, split, when
from workflows.engine.advancing import advance
from workflows.models import Run
from workflows.services import operating
from workspaces.models import Workspace
from workspaces.services import audit

pytestmark = pytest.mark.django_db


def loop(slug: str, items: JSON, *body: dict[str, JSON], **inputs: JSON) -> dict[str, JSON]:
    return step(slug, "flow.loop@1", {"items": items, **inputs}, body=list(body))


def ran(workspace: Workspace, *steps: dict[str, JSON], response: JSON = None, **action: JSON) -> Run:
    version = make_version(workspace, *steps, response={"it": response} if response else None)
    run_id = start_run(version, input={"action": dict(action)})
    advance(run_id, "background")
    return Run.objects.get(pk=run_id)


def test_a_loop_runs_its_steps_for_each_item_and_collects_what_the_last_gave(
    workspace: Workspace, probe: Probe
) -> None:
    probe.then = lambda inputs: {"said": inputs["text"]}
    each = loop("each", "{{ action.items }}", note("say", "{{ loop.index }} {{ loop.item.name }}"))

    run = ran(workspace, each, response="{{ steps.each.output }}", items=[{"name": "a"}, {"name": "b"}])

    assert run.result == {
        "it": {"results": [{"said": "0 a"}, {"said": "1 b"}], "count": 2, "failed": 0, "left_out": 0}
    }
    assert [path for path, _, _ in steps_of(run)] == [
        f"{step_id('each')}[0]/{step_id('say')}",
        f"{step_id('each')}[1]/{step_id('say')}",
        step_id("each"),
    ]
    assert len({key for _, key, _ in probe.calls}) == 2


def test_a_loop_takes_at_most_its_limit_and_says_how_many_were_left_out(
    workspace: Workspace, probe: Probe
) -> None:
    run = ran(
        workspace,
        loop("each", "{{ action.items }}", note("say"), limit=2),
        response="{{ steps.each.output.left_out }}",
        items=[1, 2, 3, 4, 5],
    )

    assert run.result == {"it": 3}
    assert len(probe.calls) == 2


def test_inner_loops_see_their_own_item(workspace: Workspace, probe: Probe) -> None:
    inner = loop("inner", "{{ loop.item }}", note("say", "{{ loop.index }}{{ loop.item }}"))

    run = ran(workspace, loop("outer", "{{ action.rows }}", inner), rows=[["a", "b"], [], ["c"]])

    assert run.status == "succeeded"
    assert [text for text, _, _ in probe.calls] == ["0a", "1b", "0c"]


@pytest.mark.parametrize(("items", "said"), [("text", "a text"), (None, "empty"), ({"a": 1}, "an object")])
def test_what_is_no_list_fails_the_loop(workspace: Workspace, probe: Probe, items: JSON, said: str) -> None:
    run = ran(workspace, loop("each", "{{ action.items }}", note("say")), items=items)

    assert (run.status, error_of(run)["code"]) == ("failed", "loop")
    assert said in str(error_of(run)["message"])


def test_an_error_stops_the_loop_and_a_retry_goes_on_with_that_item(
    workspace: Workspace, probe: Probe
) -> None:
    refusing(probe, "b")
    run = ran(
        workspace, loop("each", "{{ action.items }}", note("say", "{{ loop.item }}")), items=["a", "b", "c"]
    )
    assert (run.status, error_of(run)["path"]) == ("failed", f"{step_id('each')}[1]/{step_id('say')}")
    probe.then = dict

    again = operating.retry(run, by=audit.system("test"))
    advance(again.pk, "background")

    again.refresh_from_db()
    assert again.status == "succeeded"
    assert [text for text, _, _ in probe.calls] == ["a", "b", "b", "c"]


def test_an_error_may_be_passed_over(workspace: Workspace, probe: Probe) -> None:
    refusing(probe, "b")

    run = ran(
        workspace,
        loop("each", "{{ action.items }}", note("say", "{{ loop.item }}"), on_item_error="continue"),
        note("after"),
        response="{{ steps.each.output }}",
        items=["a", "b", "c"],
    )

    assert run.status == "succeeded"
    result: Any = run.result
    assert result["it"]["failed"] == 1
    assert result["it"]["results"][1] == {"error": {"code": "rejected", "message": "No b."}}
    assert [text for text, _, _ in probe.calls] == ["a", "b", "c", "after"]


def test_a_loop_whose_own_policy_goes_on_fails_as_a_step(workspace: Workspace, probe: Probe) -> None:
    refusing(probe, "b")
    each = loop("each", "{{ action.items }}", note("say", "{{ loop.item }}"))

    run = ran(
        workspace,
        {**each, "policy": {"on_error": "continue"}},
        note("after", "{{ steps.each.error.message }}"),
        items=["a", "b", "c"],
    )

    assert run.status == "succeeded"
    assert [text for text, _, _ in probe.calls] == ["a", "b", "No b."]


def test_a_stop_inside_a_loop_ends_the_run(workspace: Workspace, probe: Probe) -> None:
    stop = split(branch("b", step("end", "flow.stop@1"), when=when("{{ loop.item }}", "is", "b")))

    run = ran(
        workspace,
        loop("each", "{{ action.items }}", stop, note("say", "{{ loop.item }}")),
        items=["a", "b", "c"],
    )

    assert run.status == "succeeded"
    assert [text for text, _, _ in probe.calls] == ["a"]


def test_many_passes_that_only_compute_are_committed_on_the_way(workspace: Workspace, probe: Probe) -> None:
    run = ran(
        workspace,
        loop("each", "{{ action.items }}", set_values("n", n="{{ loop.item | times: 2 }}"), limit=1000),
        response="{{ steps.each.output.results | size }}",
        items=list(range(900)),
    )

    assert (run.status, run.result) == ("succeeded", {"it": 900})
    assert [taken.seq for taken in run.steps.order_by("seq")] == list(range(1, 902))


def test_a_run_takes_no_more_than_ten_thousand_steps(workspace: Workspace, probe: Probe) -> None:
    twelve = loop("inner", "{{ action.twelve }}", set_values("n", n=1))

    run = ran(
        workspace,
        loop("each", "{{ action.items }}", twelve, limit=1000),
        items=list(range(1000)),
        twelve=list(range(12)),
    )

    assert (run.status, error_of(run)["code"]) == ("failed", "too_many_steps")
