"""What the publish dialog says of a draft."""

from typing import Any

from tests.support.definitions import (
    CONNECTION,
    make_branch,
    make_definition,
    make_registry,
    make_rules,
    make_step,
    step_id,
)
from workflows.definition import diff, operations
from workflows.definition.diff import FieldDiff, StepDiff
from workflows.definition.document import Definition
from workflows.definition.operations import Anchor

REGISTRY = make_registry()


def make_chain(*slugs: str, **settings: Any) -> Definition:
    return make_definition(*(make_step(slug) for slug in slugs), **settings)


def changes(before: Definition | None, after: Definition) -> list[tuple[str, str]]:
    return [(change.label, change.change) for change in diff.diff(before, after, REGISTRY)]


def test_the_same_workflow_has_no_changes() -> None:
    assert changes(make_chain("a", "b"), make_chain("a", "b")) == []


def test_all_steps_of_the_first_version_are_added() -> None:
    assert changes(None, make_chain("a", "b")) == [("a", "added"), ("b", "added")]


def test_added_and_removed_steps_move_nothing_else() -> None:
    assert changes(make_chain("a", "b", "c"), make_chain("a", "new", "c")) == [
        ("new", "added"),
        ("b", "removed"),
    ]


def test_one_moved_step_is_one_change() -> None:
    assert changes(make_chain("a", "b", "c", "d"), make_chain("d", "a", "b", "c")) == [("d", "moved")]
    assert changes(make_chain("a", "b", "c", "d"), make_chain("b", "c", "a", "d")) == [("a", "moved")]


def test_a_step_that_went_into_a_loop_was_moved() -> None:
    before = make_definition(make_step("a"), make_step("loop", "flow.loop@1", body=[]))
    after = operations.move_step(before, step_id("a"), Anchor("body", step_id("loop")))

    (change,) = diff.diff(before, after, REGISTRY)

    assert change == StepDiff(step_id("a"), "a", "moved", (FieldDiff("Position", "1", "1.1"),))


def test_an_edit_says_each_field_by_its_label() -> None:
    before = make_definition(make_step("a"))
    after = make_definition(
        make_step("a", inputs={"order": "{{ action.n }}"}, connection=CONNECTION, enabled=False)
    )

    (change,) = diff.diff(before, after, REGISTRY)

    assert change.change == "edited"
    assert change.fields == (
        FieldDiff("Order number", "1", "{{ action.n }}"),
        FieldDiff("Connection", "", CONNECTION),
        FieldDiff("Switched on", "yes", "no"),
    )


def test_a_number_and_the_same_in_quotes_differ() -> None:
    before = make_definition(make_step("a", "shop.send@1", inputs={"data": {"n": 1}}))
    after = make_definition(make_step("a", "shop.send@1", inputs={"data": {"n": "1"}}))

    assert changes(before, after) == [("a", "edited")]


def test_an_edited_and_moved_step_is_edited_and_says_its_position() -> None:
    after, _ = operations.rename_step(make_chain("b", "a"), step_id("b"), "Bee")

    (change,) = diff.diff(make_chain("a", "b"), after, REGISTRY)

    assert (change.label, change.change) == ("Bee", "edited")
    assert change.fields[-1] == FieldDiff("Position", "2", "1")


def test_settings_are_told_one_by_one() -> None:
    before = make_chain(variables=[{"name": "a"}], message={"mode": "none"})
    after = make_chain(variables=[{"name": "a"}, {"name": "b"}], description="New.", deadline_s=60)

    (change,) = diff.diff(before, after, REGISTRY)

    assert (change.step_id, change.label, change.change) == ("", "Settings", "edited")
    assert [field.label for field in change.fields] == [
        "Description",
        "Action message",
        "Deadline in seconds",
        "Order of action variables",
        "Action variable “b”",
    ]


def make_split(*branches: Any) -> Definition:
    return make_definition(make_step("choice", "flow.split@1", branches=list(branches)))


SMALL, REST = make_branch("small", when=make_rules()), make_branch("rest", otherwise=True)


def test_rules_are_told_in_words() -> None:
    changed = make_branch("small", when=make_rules("{{ run.number }}", "between", [1, 5]))

    (change,) = diff.diff(make_split(SMALL, REST), make_split(changed, REST), REGISTRY)

    assert change.fields == (
        FieldDiff("Branch “small”", "{{ run.number }} is more than 0", "{{ run.number }} is between 1 and 5"),
    )


def test_the_order_of_branches_is_a_change() -> None:
    other = make_branch("other", when=make_rules("{{ now }}", "exists", None))

    (change,) = diff.diff(make_split(SMALL, other, REST), make_split(other, SMALL, REST), REGISTRY)

    assert change.fields == (FieldDiff("Order of branches", "small, other, rest", "other, small, rest"),)


def test_a_new_branch_says_when_it_is_taken() -> None:
    (change,) = diff.diff(make_split(SMALL), make_split(SMALL, REST), REGISTRY)

    assert change.fields == (
        FieldDiff("Order of branches", "small", "small, rest"),
        FieldDiff("Branch “rest”", "", "when no other branch matches"),
    )


def test_no_change_of_a_branch_is_hidden_by_its_words() -> None:
    before, after = make_branch("a", when=make_rules(right=5)), make_branch("a", when=make_rules(right="5"))

    (change,) = diff.diff(make_split(before), make_split(after), REGISTRY)

    assert '"right": 5' in change.fields[0].before
    assert '"right": "5"' in change.fields[0].after


def test_branches_of_one_name_are_both_told() -> None:
    twins = [make_branch("a"), make_branch("b", label="a")]
    changed = [make_branch("a"), make_branch("b", label="a", when=make_rules())]

    (change,) = diff.diff(make_split(*twins), make_split(*changed), REGISTRY)

    assert [(field.label, field.before) for field in change.fields] == [
        ("Branch “a (b_b00000000)”", "no rules yet")
    ]
