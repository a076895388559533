"""Branches: which are taken, and where the chain goes on."""

from typing import Any

import pytest

from connectors.declare import JSON
from connectors.errors import Rejected
from tests.support.probe import Probe, note
from tests.support.runs import error_of, make_version, output_of, start_run, step, step_id, steps_of
from workflows.engine.advancing import advance
from workflows.models import Run
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db


def when(left: JSON, op: str, right: JSON = None) -> dict[str, JSON]:
    return {"all": [{"left": left, "op": op, "right": right}]}


def branch(name: str, *steps: dict[str, JSON], **over: JSON) -> dict[str, JSON]:
    return {"id": "b_" + name.ljust(8, "0"), "label": name, "steps": list(steps), **over}


def split(*branches: dict[str, JSON], mode: str = "first") -> dict[str, JSON]:
    return step("by", "flow.split@1", {"mode": mode}, branches=list(branches))


def ran(workspace: Workspace, *steps: dict[str, JSON], **action: JSON) -> Run:
    run_id = start_run(make_version(workspace, *steps), input={"action": dict(action)})
    advance(run_id, "background")
    return Run.objects.get(pk=run_id)


def by_total(mode: str = "first") -> dict[str, JSON]:
    return split(
        branch("small", note("small"), when=when("{{ action.total }}", "lt", 100)),
        branch("even", note("even"), when=when("{{ action.total }}", "one_of", ["42", "200"])),
        branch("other", note("other"), otherwise=True),
        mode=mode,
    )


@pytest.mark.parametrize(
    ("mode", "total", "said"),
    [
        ("first", 42, ["small", "after"]),
        ("every", 42, ["small", "even", "after"]),
        ("every", 200, ["even", "after"]),
        ("first", 300, ["other", "after"]),
        ("every", 300, ["other", "after"]),
    ],
)
def test_the_chosen_branches_run_and_the_chain_goes_on(
    workspace: Workspace, probe: Probe, mode: str, total: int, said: list[str]
) -> None:
    run = ran(workspace, by_total(mode), note("after"), total=total)

    assert run.status == "succeeded"
    assert [text for text, _, _ in probe.calls] == said
    assert output_of(run, step_id("by"))["labels"] == said[:-1]


def test_a_branch_that_stops_ends_the_run(workspace: Workspace, probe: Probe) -> None:
    stop = step("end", "flow.stop@1", {"result": "failed", "message": "Too small"})
    small = branch("small", stop, when=when("{{ action.total }}", "lt", 100))

    run = ran(workspace, split(small), note("after"), total=1)

    assert (run.status, error_of(run)["message"]) == ("failed", "Too small")
    assert probe.calls == []


def test_a_value_that_cannot_be_compared_fails_the_step_and_never_falls_through(
    workspace: Workspace, probe: Probe
) -> None:
    run = ran(workspace, by_total(), note("after"), total="plenty")

    assert run.status == "failed"
    assert error_of(run)["code"] == "rule"
    assert "needs a number" in str(error_of(run)["message"])
    assert probe.calls == []


def test_outputs_from_inside_a_branch_are_seen_after_it(workspace: Workspace, probe: Probe) -> None:
    probe.then = lambda inputs: {"id": 7}
    small = branch("small", note("made"), when=when("{{ action.total }}", "lt", 100))

    run = ran(workspace, split(small), note("after", "{{ steps.made.output.id }}"), total=1)

    assert run.status == "succeeded"
    assert probe.calls[-1][0] == "7"


def refusing(probe: Probe, *texts: str) -> None:
    def then(inputs: Any) -> JSON:
        if inputs["text"] in texts:
            raise Rejected(f"No {inputs['text']}.")
        return {}

    probe.then = then


def test_a_failed_step_goes_to_its_error_branch_and_the_chain_goes_on(
    workspace: Workspace, probe: Probe
) -> None:
    refusing(probe, "risky")
    rescue = branch("wrong", note("rescue", "{{ steps.risky.error.message }}"), on_error=True)
    risky: dict[str, JSON] = {**note("risky"), "policy": {"on_error": "branch"}, "branches": [rescue]}

    run = ran(workspace, risky, note("after"))

    assert run.status == "succeeded"
    assert [text for text, _, _ in probe.calls] == ["risky", "No risky.", "after"]
    assert [status for _, _, status in steps_of(run)] == ["failed", "succeeded", "succeeded"]


def test_an_error_branch_is_not_taken_when_all_is_well(workspace: Workspace, probe: Probe) -> None:
    rescue = branch("wrong", note("rescue"), on_error=True)

    risky: dict[str, JSON] = {**note("risky"), "policy": {"on_error": "branch"}, "branches": [rescue]}

    run = ran(workspace, risky)

    assert run.status == "succeeded"
    assert [text for text, _, _ in probe.calls] == ["risky"]
