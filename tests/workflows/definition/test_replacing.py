"""Another action for a step: what fits stays, what would be lost is refused."""

import pytest

from tests.support.definitions import (
    CONNECTION,
    make_branch,
    make_definition,
    make_registry,
    make_step,
    step_id,
)
from workflows.definition import replacing, walk
from workflows.definition.document import Definition, Step
from workflows.definition.problems import OperationRefused

REGISTRY = make_registry()


def replaced(definition: Definition, slug: str, action: str) -> Step:
    after = replacing.replace_action(definition, step_id(slug), action, registry=REGISTRY)
    return walk.require(after, step_id(slug)).step


def test_the_connection_of_the_same_app_the_note_and_the_policy_stay() -> None:
    policy = {"timeout_s": 7, "retries": 1, "on_error": "stop", "on_unknown": "fail"}
    step = make_step("find", connection=CONNECTION, note="Ask Ada", policy=policy, enabled=False)
    definition = make_definition(step)

    after = replaced(definition, "find", "shop.send@1")

    assert (after.id, after.slug, after.note, after.enabled) == (step_id("find"), "find", "Ask Ada", False)
    assert after.connection == CONNECTION
    assert after.policy.timeout_s == 7
    assert "order" not in after.inputs
    assert after.inputs["mode"] == "plain"


def test_another_app_has_another_connection() -> None:
    definition = make_definition(make_step("find", connection=CONNECTION))

    assert replaced(definition, "find", "flow.stop@1").connection is None


def test_a_name_that_only_said_the_action_follows_it_and_so_do_references() -> None:
    named = make_step("find_order", label="Find order")
    user = make_step("user", inputs={"order": "{{ steps.find_order.output.total }}"})
    definition = make_definition(named, user)

    after = replacing.replace_action(definition, step_id("find_order"), "shop.send@1", registry=REGISTRY)

    assert (after.steps[0].label, after.steps[0].slug) == ("Send", "send")
    assert after.steps[1].inputs["order"] == "{{ steps.send.output.total }}"


def test_a_split_begins_with_branches_and_a_loop_with_an_empty_body() -> None:
    definition = make_definition(make_step("find"))

    assert [branch.otherwise for branch in replaced(definition, "find", "flow.split@1").branches] == [
        False,
        True,
    ]
    assert replaced(definition, "find", "flow.loop@1").body == ()


def test_steps_inside_are_never_dropped() -> None:
    full = make_step("ways", "flow.split@1", branches=[make_branch("a", make_step("in"), otherwise=True)])
    empty = make_step("none", "flow.split@1", branches=[make_branch("b", otherwise=True)])
    loop = make_step("each", "flow.loop@1", body=[make_step("inner")])
    definition = make_definition(full, empty, loop)

    for slug in ("ways", "each"):
        with pytest.raises(OperationRefused, match="First move or delete"):
            replaced(definition, slug, "shop.find@1")
    assert replaced(definition, "none", "shop.find@1").branches == ()


def test_an_unknown_action_is_refused() -> None:
    with pytest.raises(OperationRefused):
        replaced(make_definition(make_step("find")), "find", "no.such@1")
