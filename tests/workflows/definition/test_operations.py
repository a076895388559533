"""What the operations on a workflow promise: stable ids, unique slugs, rewritten tokens, exact undo."""

from typing import Any

import pytest

from tests.support.definitions import (
    make_branch,
    make_definition,
    make_registry,
    make_rules,
    make_step,
    step_id,
)
from workflows.definition import document, operations, walk
from workflows.definition.document import Definition, Policy
from workflows.definition.operations import OperationRefused, parse_anchor

REGISTRY = make_registry()


def chain(definition: Definition) -> list[str]:
    return [f"{place.number} {place.step.slug}" for place in walk.places(definition)]


def refusal(operation: Any, *arguments: Any, **named: Any) -> str:
    with pytest.raises(OperationRefused) as refused:
        operation(*arguments, **named)
    return refused.value.code


def make_nested() -> Definition:
    return make_definition(
        make_step("first"),
        make_step(
            "choice",
            "flow.split@1",
            branches=[
                make_branch(
                    "left",
                    make_step("inner", inputs={"order": "{{ steps.first.output.total }}"}),
                    when=make_rules(),
                ),
                make_branch("right", otherwise=True),
            ],
        ),
        make_step(
            "each", "flow.loop@1", inputs={"items": "{{ steps.first.output.items }}"}, body=[make_step("one")]
        ),
        make_step("last"),
    )


@pytest.mark.parametrize(
    ("anchor", "expected"),
    [
        ("start", "1 find_order"),
        (f"after:{step_id('first')}", "2 find_order"),
        (f"after:{step_id('last')}", "5 find_order"),
        ("head:b_left00000000", "2a.1 find_order"),
        ("head:b_right00000000", "2b.1 find_order"),
        (f"after:{step_id('inner')}", "2a.2 find_order"),
        (f"body:{step_id('each')}", "3.1 find_order"),
    ],
)
def test_a_step_is_added_where_the_plus_stands(anchor: str, expected: str) -> None:
    definition, step = operations.add_step(
        make_nested(), anchor=parse_anchor(anchor), action_ref="shop.find@1", registry=REGISTRY
    )

    assert expected in chain(definition)
    assert step.label == "Find order"


def test_a_new_step_has_its_defaults_and_its_own_slug() -> None:
    definition = make_definition(make_step("send"))

    definition, step = operations.add_step(
        definition, anchor=operations.START, action_ref="shop.send@1", registry=REGISTRY
    )

    assert step.inputs == {"mode": "plain", "headers": []}
    assert step.slug == "send_2"


def test_a_new_split_has_two_branches_and_a_new_loop_a_body() -> None:
    definition = make_definition()

    _, split = operations.add_step(
        definition, anchor=operations.START, action_ref="flow.split@1", registry=REGISTRY
    )
    _, loop = operations.add_step(
        definition, anchor=operations.START, action_ref="flow.loop@1", registry=REGISTRY
    )

    assert [branch.otherwise for branch in split.branches] == [False, True]
    assert loop.body == ()


def test_moving_keeps_the_step_and_all_it_contains() -> None:
    moved = operations.move_step(make_nested(), step_id("choice"), parse_anchor(f"after:{step_id('each')}"))

    assert chain(moved) == ["1 first", "2 each", "2.1 one", "3 choice", "3a.1 inner", "4 last"]


def test_moving_a_step_behind_itself_changes_nothing() -> None:
    assert (
        operations.move_step(make_nested(), step_id("first"), parse_anchor(f"after:{step_id('first')}"))
        == make_nested()
    )


def test_a_duplicate_has_its_own_ids_and_its_inner_tokens_follow() -> None:
    definition = make_definition(
        make_step(
            "each",
            "flow.loop@1",
            body=[make_step("one"), make_step("two", inputs={"order": "{{ steps.one.output.total }}"})],
        )
    )

    definition, copy = operations.duplicate_step(definition, step_id("each"))

    assert copy.body is not None
    assert copy.body[1].inputs["order"] == "{{ steps.one_2.output.total }}"
    assert chain(definition) == ["1 each", "1.1 one", "1.2 two", "2 each_2", "2.1 one_2", "2.2 two_2"]
    ids = [place.step.id for place in walk.places(definition)]
    assert len(set(ids)) == len(ids)


def test_configuring_stores_the_canonical_inputs() -> None:
    definition = make_definition(make_step("a", "shop.send@1"))

    saved = operations.configure_step(
        definition,
        step_id("a"),
        registry=REGISTRY,
        inputs={"subject": "", "url": "https://example.com", "headers": []},
        note="why",
    )

    assert saved.steps[0].inputs == {"url": "https://example.com", "headers": [], "mode": "plain"}
    assert saved.steps[0].note == "why"
    assert document.parse(document.dump(saved), kind="action", registry=REGISTRY) == saved


def test_what_is_not_given_stays_as_it_was() -> None:
    before = make_definition(make_step("a", connection="0190aaaa-0000-7000-8000-000000000001", note="n"))

    after = operations.configure_step(before, step_id("a"), registry=REGISTRY, enabled=False)

    assert after.steps[0].connection == before.steps[0].connection
    assert (after.steps[0].note, after.steps[0].enabled) == ("n", False)


def test_an_error_branch_comes_and_goes_with_the_policy() -> None:
    definition = make_definition(make_step("a"))

    with_branch = operations.configure_step(
        definition, step_id("a"), registry=REGISTRY, policy=Policy(on_error="branch")
    )
    without = operations.configure_step(with_branch, step_id("a"), registry=REGISTRY, policy=Policy())

    assert [branch.on_error for branch in with_branch.steps[0].branches] == [True]
    assert without == definition


def test_an_error_branch_with_steps_is_not_dropped() -> None:
    definition = make_definition(
        make_step(
            "a", policy={"on_error": "branch"}, branches=[make_branch("e", make_step("b"), on_error=True)]
        )
    )

    code = refusal(operations.configure_step, definition, step_id("a"), registry=REGISTRY, policy=Policy())

    assert code == "error_branch_not_empty"


def test_the_switch_is_of_post_conversation_workflows() -> None:
    assert operations.set_enabled(make_definition(kind="post_conversation", name="x"), True).settings.enabled
    assert refusal(operations.set_enabled, make_definition(), True) == "wrong_kind"


@pytest.mark.parametrize("text", ["", "after:", "after:x", "before:s_first00000000", "start:1", "head:s_1\n"])
def test_an_unreadable_place_is_refused(text: str) -> None:
    assert refusal(parse_anchor, text) == "bad_anchor"


def test_impossible_changes_are_refused() -> None:
    nested = make_nested()
    gone = parse_anchor("after:s_nothere000")
    add = {"action_ref": "shop.find@1", "registry": REGISTRY}

    assert refusal(operations.add_step, nested, anchor=gone, **add) == "anchor_gone"
    assert (
        refusal(operations.add_step, nested, anchor=operations.START, action_ref="x.y@1", registry=REGISTRY)
        == "unknown_action"
    )
    assert (
        refusal(operations.add_step, nested, anchor=operations.START, step_id=step_id("one"), **add)
        == "duplicate_id"
    )
    assert refusal(operations.add_step, nested, anchor=operations.START, step_id="x", **add) == "bad_id"
    assert (
        refusal(operations.move_step, nested, step_id("choice"), parse_anchor("head:b_left00000000"))
        == "inside_itself"
    )
    assert (
        refusal(operations.move_step, nested, step_id("each"), parse_anchor(f"body:{step_id('each')}"))
        == "inside_itself"
    )
    assert refusal(operations.move_step, nested, step_id("first"), gone) == "anchor_gone"
    assert refusal(operations.remove_step, nested, "s_nothere000") == "step_gone"
    assert refusal(operations.rename_step, nested, step_id("one"), "  ") == "empty_label"
    assert refusal(operations.rename_step, nested, step_id("one"), "x" * 201) == "too_long"
    assert (
        refusal(operations.restore_step, nested, operations.remove_step(nested, step_id("one"))[1])
        == "already_there"
    )
    assert (
        refusal(operations.configure_step, nested, step_id("one"), registry=REGISTRY, inputs={"x": 1})
        == "unknown_key"
    )
    assert (
        refusal(
            operations.configure_step,
            nested,
            step_id("one"),
            registry=REGISTRY,
            inputs={"order": float("nan")},
        )
        == "not_json"
    )


def test_limits_hold_for_operations_too() -> None:
    full = make_definition(*(make_step(f"s{n}", id=f"s_{n:08}") for n in range(500)))
    deep = make_step("loop5", "flow.loop@1", body=[])
    for level in (4, 3, 2, 1):
        deep = make_step(f"loop{level}", "flow.loop@1", body=[deep])
    beside = make_definition(deep, make_step("outer", "flow.loop@1", body=[make_step("inner")]))
    innermost = operations.Anchor("body", step_id("loop5"))

    assert refusal(operations.duplicate_step, full, "s_00000001") == "too_many_steps"
    assert refusal(operations.move_step, beside, step_id("outer"), innermost) == "too_deep"
