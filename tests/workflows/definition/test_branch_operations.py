"""Branches keep their order, Otherwise its place, and nobody's steps are lost by the way."""

from typing import Any

import pytest

from connectors.declare import JSON
from tests.support.definitions import (
    make_branch,
    make_definition,
    make_registry,
    make_step,
    step_id,
)
from tests.workflows.definition.test_operations import chain, make_nested, refusal
from workflows.definition import branch_operations, document, operations, walk
from workflows.definition.document import Branch, Definition, Group, Rule

REGISTRY = make_registry()
WHEN = Group(mode="all", rules=(Rule(left="{{ steps.first.output.total }}", op="gt", right=10),))
STORED: JSON = {"all": [{"left": "{{ steps.first.output.total }}", "op": "gt", "right": 10}]}
LEFT, MIDDLE, RIGHT, REST, ERROR = (
    f"b_{name}00000000" for name in ("left", "middle", "right", "rest", "error")
)


def make_split() -> Definition:
    follow = make_step("follow", inputs={"order": "{{ steps.inner.output.total }}"})
    return make_definition(
        make_step("first"),
        make_step(
            "choice",
            "flow.split@1",
            branches=[
                make_branch("left", make_step("inner"), follow, when=STORED),
                make_branch("middle"),
                make_branch("right", make_step("other")),
                make_branch("rest", make_step("else"), otherwise=True),
                make_branch("error", on_error=True),
            ],
            policy={"on_error": "branch"},
        ),
        make_step("last"),
    )


def branches(definition: Definition) -> tuple[Branch, ...]:
    place = walk.find(definition, step_id("choice"))
    assert place is not None
    return place.step.branches


def names(definition: Definition) -> list[str]:
    return [branch.label for branch in branches(definition)]


def test_a_new_branch_comes_before_otherwise() -> None:
    definition, branch = branch_operations.add_branch(make_split(), step_id("choice"))

    assert names(definition) == ["left", "middle", "right", "Branch 4", "rest", "error"]
    assert (branch.when, branch.steps, branch.otherwise) == (None, (), False)


def test_new_branches_are_told_apart() -> None:
    definition = make_split()
    for _ in range(3):
        definition, _ = branch_operations.add_branch(definition, step_id("choice"))

    assert len(set(names(definition))) == 8


def test_only_a_split_has_branches_to_add_to() -> None:
    assert refusal(branch_operations.add_branch, make_split(), step_id("first")) == "not_a_split"
    assert refusal(branch_operations.add_branch, make_split(), step_id("gone")) == "step_gone"


@pytest.mark.parametrize(
    ("branch", "by_places", "expected"),
    [
        (LEFT, 1, ["middle", "left", "right"]),
        (LEFT, 99, ["middle", "right", "left"]),
        (RIGHT, -1, ["left", "right", "middle"]),
        (RIGHT, -99, ["right", "left", "middle"]),
        (MIDDLE, 0, ["left", "middle", "right"]),
        (LEFT, -1, ["left", "middle", "right"]),
        (RIGHT, 1, ["left", "middle", "right"]),
    ],
)
def test_a_branch_moves_among_those_with_rules(branch: str, by_places: int, expected: list[str]) -> None:
    moved = branch_operations.move_branch(make_split(), branch, by_places)

    assert names(moved) == [*expected, "rest", "error"]


@pytest.mark.parametrize("branch", [REST, ERROR])
@pytest.mark.parametrize(
    ("operation", "more"),
    [
        (branch_operations.move_branch, (-1,)),
        (branch_operations.remove_branch, ()),
        (branch_operations.duplicate_branch, ()),
        (branch_operations.set_branch_rules, (WHEN,)),
    ],
)
def test_otherwise_and_the_error_branch_stay_what_they_are(
    branch: str, operation: Any, more: tuple[object, ...]
) -> None:
    assert refusal(operation, make_split(), branch, *more) == "fixed_branch"


def test_the_error_branch_of_another_step_is_no_branch_of_a_split() -> None:
    failing = make_step(
        "first", policy={"on_error": "branch"}, branches=[make_branch("error", on_error=True)]
    )

    assert refusal(branch_operations.remove_branch, make_definition(failing), ERROR) == "fixed_branch"


def test_a_branch_is_renamed() -> None:
    assert names(branch_operations.rename_branch(make_split(), REST, "  All  others "))[3] == "All others"
    assert refusal(branch_operations.rename_branch, make_split(), LEFT, " ") == "empty_label"
    assert refusal(branch_operations.rename_branch, make_split(), LEFT, "x" * 201) == "too_long"
    assert refusal(branch_operations.rename_branch, make_split(), "b_gone00000000", "x") == "branch_gone"


def test_rules_are_set_and_taken_away() -> None:
    definition = branch_operations.set_branch_rules(make_split(), MIDDLE, WHEN)
    assert branches(definition)[1].when == WHEN

    definition = branch_operations.set_branch_rules(definition, MIDDLE, None)
    assert branches(definition)[1].when is None
    assert branch_operations.set_branch_rules(make_split(), REST, None) == make_split()


def test_a_copied_branch_stands_beside_it_and_its_steps_are_new() -> None:
    definition, copy = branch_operations.duplicate_branch(make_split(), LEFT)

    assert names(definition)[:3] == ["left", "left (copy)", "middle"]
    assert copy.when == WHEN
    assert [step.slug for step in copy.steps] == ["inner_2", "follow_2"]
    assert copy.steps[1].inputs["order"] == "{{ steps.inner_2.output.total }}"
    assert document.parse(document.dump(definition), kind="action", registry=REGISTRY) == definition


def test_a_copy_that_would_be_too_much_is_refused() -> None:
    many = [make_step(f"n{number}") for number in range(300)]
    split = make_step("choice", "flow.split@1", branches=[make_branch("left", *many)])

    assert refusal(branch_operations.duplicate_branch, make_definition(split), LEFT) == "too_many_steps"


@pytest.mark.parametrize("branch", [LEFT, MIDDLE, RIGHT])
def test_restoring_a_branch_is_the_exact_inverse_of_removing_it(branch: str) -> None:
    before = make_split()

    without = branch_operations.remove_branch(before, branch)

    assert branch not in [one.id for one in branches(without)]
    assert branch_operations.restore_branch(without, branches_of(before), branch) == before


def branches_of(definition: Definition) -> Any:
    return walk.require(definition, step_id("choice")).step


def test_a_branch_comes_back_near_its_place_and_twice_is_refused() -> None:
    before = make_split()
    changed = branch_operations.remove_branch(before, MIDDLE)
    changed = branch_operations.remove_branch(changed, LEFT)
    changed, _ = operations.rename_step(changed, step_id("other"), "Inner")

    back = branch_operations.restore_branch(changed, branches_of(before), LEFT)

    assert names(back) == ["left", "right", "rest", "error"]
    assert [step.slug for step in branches(back)[0].steps] == ["inner_2", "follow"]
    assert refusal(branch_operations.restore_branch, back, branches_of(before), LEFT) == "already_there"
    gone, _ = operations.remove_step(changed, step_id("choice"))
    assert refusal(branch_operations.restore_branch, gone, branches_of(before), LEFT) == "step_gone"


# --- Deleting a split --------------------------------------------------------------------------------------
def test_the_steps_of_one_branch_may_stay_when_their_split_goes() -> None:
    definition, _ = operations.remove_step(make_split(), step_id("choice"), keep_branch=LEFT)

    assert chain(definition) == ["1 first", "2 inner", "3 follow", "4 last"]


@pytest.mark.parametrize("branch", [LEFT, MIDDLE, RIGHT, REST])
def test_restoring_the_split_takes_them_back(branch: str) -> None:
    before = make_split()

    without, removed = operations.remove_step(before, step_id("choice"), keep_branch=branch)
    stored = operations.parse_removed(operations.dump_removed(removed), registry=REGISTRY)

    assert operations.restore_step(without, stored) == before


def test_what_happened_to_the_kept_steps_meanwhile_is_kept_too() -> None:
    definition, removed = operations.remove_step(make_split(), step_id("choice"), keep_branch=LEFT)
    definition, _ = operations.rename_step(definition, step_id("follow"), "Look again")
    definition, _ = operations.remove_step(definition, step_id("inner"))

    restored = operations.restore_step(definition, removed)

    assert [step.slug for step in branches(restored)[0].steps] == ["look_again"]
    assert chain(restored)[0] == "1 first"
    assert chain(restored)[-1] == "3 last"


def test_a_kept_step_that_now_holds_another_comes_back_with_it() -> None:
    nested = make_nested()
    definition, removed = operations.remove_step(nested, step_id("choice"), keep_branch=LEFT)
    definition = operations.move_step(
        definition, step_id("inner"), operations.Anchor("body", step_id("each"))
    )

    restored = operations.restore_step(definition, removed)

    assert [step.slug for step in branches(restored)[0].steps] == ["inner"]


def test_a_branch_of_another_step_cannot_be_kept() -> None:
    code = refusal(operations.remove_step, make_split(), step_id("first"), keep_branch=LEFT)

    assert code == "branch_gone"


def test_adding_a_split_gives_two_branches_and_a_loop_an_empty_body() -> None:
    empty = make_definition()
    _, split = operations.add_step(
        empty, anchor=operations.START, action_ref="flow.split@1", registry=REGISTRY
    )
    _, loop = operations.add_step(empty, anchor=operations.START, action_ref="flow.loop@1", registry=REGISTRY)

    assert [(branch.label, branch.otherwise) for branch in split.branches] == [
        ("Branch 1", False),
        ("Otherwise", True),
    ]
    assert loop.body == ()


@pytest.mark.parametrize(
    "stored", [None, [], {"all": [], "any": []}, {"all": [{"any": [{"all": []}]}]}, {"all": 1}]
)
def test_rules_that_are_none_are_refused(stored: Any) -> None:
    with pytest.raises(document.StructureInvalid):
        document.parse_rules(stored)


def test_rules_are_read_as_in_a_document() -> None:
    assert document.parse_rules(STORED) == WHEN
