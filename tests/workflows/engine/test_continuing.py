"""Where a run goes on in another version, decided from documents and a journal alone."""

from collections.abc import Mapping, Sequence

import pytest

from connectors.declare import JSON, Action, App, Field, Kind
from connectors.registry import Registry
from tests.support.definitions import SHOP, make_branch, make_document, make_step, step_id
from workflows.definition import document
from workflows.definition.document import Definition
from workflows.engine.continuing import Added, NoWay, Outcome, Route, route

DONE = Outcome("succeeded", {"ok": True})
MODE = Field(name="mode", kind=Kind.TEXT, label="Mode", default="first")
ITEMS = Field(name="items", kind=Kind.JSON, label="Items")
FLOW = App(
    slug="flow",
    name="Flow control",
    description="",
    actions=tuple(
        Action(key=key, label=key, description="", output_type="any", fields=(field,))
        for key, field in (("split", MODE), ("loop", ITEMS))
    ),
)
KNOWN = Registry([SHOP, FLOW])


def make_definition(*steps: JSON) -> Definition:
    return document.parse(make_document(*steps), kind="action", registry=KNOWN)


def split(slug: str, *branches: JSON, mode: str = "first") -> dict[str, JSON]:
    return make_step(slug, "flow.split@1", inputs={"mode": mode}, branches=list(branches))


def loop(slug: str, *body: JSON) -> dict[str, JSON]:
    return make_step(slug, "flow.loop@1", inputs={"items": "{{ variables.cart }}"}, body=list(body))


def taken(*branches: str) -> Outcome:
    return Outcome(
        "succeeded", {"taken": [f"b_{name}00000000" for name in branches], "labels": list(branches)}
    )


def found(
    old: Sequence[JSON], new: Sequence[JSON], journal: Mapping[str, Outcome], at: str, **more: str
) -> Route:
    return route(make_definition(*old), make_definition(*new), journal, at, **more)  # type: ignore[arg-type]


def rows(of: Route) -> list[tuple[str, str]]:
    """Path by path: what is kept, and what is added as what."""
    return [(row.path, row.status) if isinstance(row, Added) else (row, "kept") for row in of.rows]


ONE, TWO, THREE, NEW = (make_step(slug) for slug in ("one", "two", "three", "new"))
AT = step_id


def test_what_is_done_is_kept_and_it_goes_on_from_the_failed_step() -> None:
    way = found([ONE, TWO, THREE], [ONE, TWO, THREE], {AT("one"): DONE}, AT("two"))

    assert (way.at, rows(way)) == (AT("two"), [(AT("one"), "kept")])


def test_a_step_that_was_added_before_it_is_skipped_and_one_after_it_is_left_to_come() -> None:
    way = found([ONE, TWO], [NEW, ONE, TWO, THREE], {AT("one"): DONE}, AT("two"))

    assert rows(way) == [(AT("new"), "skipped"), (AT("one"), "kept")]


def test_a_step_that_is_gone_takes_its_row_with_it() -> None:
    way = found([ONE, TWO], [TWO], {AT("one"): DONE}, AT("two"))

    assert rows(way) == []


def test_a_step_that_is_done_stays_done_where_it_was_moved_behind_the_failed_one() -> None:
    way = found([ONE, TWO], [TWO, ONE], {AT("one"): DONE}, AT("two"))

    assert rows(way) == [(AT("one"), "kept")]


def test_a_step_that_is_switched_off_is_left_to_the_engine() -> None:
    off = make_step("new", enabled=False)

    assert rows(found([ONE, TWO], [ONE, off, TWO], {AT("one"): DONE}, AT("two"))) == [(AT("one"), "kept")]


def test_the_split_above_it_keeps_the_branch_that_it_is_in() -> None:
    old = [split("fork", make_branch("a", ONE), make_branch("b"))]
    new = [split("fork", make_branch("a"), make_branch("b", ONE))]

    way = found(old, new, {AT("fork"): taken("a")}, AT("one"))

    assert way.at == AT("one")
    assert rows(way) == [(AT("fork"), "kept")]
    assert way.taken == {AT("fork"): taken("b").output}


def test_a_split_that_was_put_around_it_takes_the_branch_that_it_is_in() -> None:
    new = [split("fork", make_branch("a", NEW), make_branch("b", TWO, ONE))]

    way = found([TWO, ONE], new, {AT("two"): DONE}, AT("one"))

    assert rows(way) == [(AT("fork"), "succeeded"), (AT("two"), "kept")]
    assert isinstance(way.rows[0], Added)
    assert way.rows[0].output == taken("b").output


def test_steps_of_branches_that_were_not_taken_are_not_touched() -> None:
    old = [split("fork", make_branch("a", ONE), make_branch("b")), TWO]
    new = [split("fork", make_branch("a", ONE, NEW), make_branch("b", THREE)), TWO]

    way = found(old, new, {AT("fork"): taken("a"), AT("one"): DONE}, AT("two"))

    assert rows(way) == [(AT("fork"), "kept"), (AT("one"), "kept"), (AT("new"), "skipped")]


def test_of_every_matching_branch_the_earlier_ones_are_passed_and_the_later_ones_come() -> None:
    branches = [make_branch("a", ONE), make_branch("b", TWO), make_branch("c", THREE)]
    old = [split("fork", *branches, mode="every")]
    journal = {AT("fork"): taken("a", "b", "c"), AT("one"): DONE}

    way = found(old, old, journal, AT("two"))

    assert rows(way) == [(AT("fork"), "kept"), (AT("one"), "kept")]
    assert way.taken == {}


def test_in_a_loop_it_goes_on_with_the_same_item() -> None:
    old = [loop("each", ONE, TWO)]
    new = [loop("each", ONE, NEW, TWO)]
    done = {f"{AT('each')}[{index}]/{AT(slug)}": DONE for index, slug in ((0, "one"), (0, "two"), (1, "one"))}

    way = found(old, new, done, f"{AT('each')}[1]/{AT('two')}")

    assert way.at == f"{AT('each')}[1]/{AT('two')}"
    assert rows(way) == [
        (f"{AT('each')}[0]/{AT('one')}", "kept"),
        (f"{AT('each')}[0]/{AT('new')}", "skipped"),
        (f"{AT('each')}[0]/{AT('two')}", "kept"),
        (f"{AT('each')}[1]/{AT('one')}", "kept"),
        (f"{AT('each')}[1]/{AT('new')}", "skipped"),
    ]


def test_an_item_that_ended_early_is_not_made_longer() -> None:
    steps = [loop("each", ONE, TWO)]
    first, second = (f"{AT('each')}[{index}]/" for index in (0, 1))

    way = found(steps, steps, {first + AT("one"): Outcome("failed")}, second + AT("one"))

    assert rows(way) == [(first + AT("one"), "kept")]


def test_a_finished_loop_keeps_its_items_before_itself() -> None:
    steps = [loop("each", ONE), TWO]
    inside = f"{AT('each')}[0]/{AT('one')}"

    way = found(steps, steps, {inside: DONE, AT("each"): DONE}, AT("two"))

    assert rows(way) == [(inside, "kept"), (AT("each"), "kept")]


def test_in_an_error_branch_the_failure_stays_what_it_was() -> None:
    caught = make_branch("error", TWO, on_error=True)
    risky = make_step("one", branches=[caught], policy={"on_error": "branch"})

    way = found([risky], [risky], {AT("one"): Outcome("failed")}, AT("two"))

    assert (way.at, rows(way)) == (AT("two"), [(AT("one"), "kept")])


def test_a_failed_step_that_was_moved_into_an_error_branch_has_no_way() -> None:
    caught = make_branch("error", TWO, on_error=True)
    risky = make_step("one", branches=[caught], policy={"on_error": "branch"})

    with pytest.raises(NoWay, match="did not take"):
        found([ONE, TWO], [risky], {AT("one"): DONE}, AT("two"))


@pytest.mark.parametrize(
    "new, offered",
    [
        ([ONE, THREE], "three"),
        ([ONE, NEW, THREE], "new"),
        ([ONE, NEW], "new"),
        ([ONE, NEW, make_step("newer"), THREE], None),
        ([ONE], None),
        ([NEW], None),
    ],
)
def test_where_the_failed_step_is_gone_the_one_in_its_place_is_offered(
    new: Sequence[JSON], offered: str | None
) -> None:
    with pytest.raises(NoWay) as refused:
        found([ONE, TWO, THREE], new, {AT("one"): DONE}, AT("two"))

    assert "“two” is not in the new version any more" in str(refused.value)
    assert (refused.value.next_step.slug if refused.value.next_step else None) == offered
    if offered:
        way = found([ONE, TWO, THREE], new, {AT("one"): DONE}, AT("two"), instead=AT(offered))
        assert (way.at, rows(way)) == (AT(offered), [(AT("one"), "kept")])


def test_only_the_step_that_was_offered_is_taken_instead() -> None:
    with pytest.raises(NoWay):
        found([ONE, TWO, THREE], [ONE, THREE], {AT("one"): DONE}, AT("two"), instead=AT("one"))


def test_a_step_that_would_be_done_again_for_each_item_has_no_way() -> None:
    with pytest.raises(NoWay, match="would do it again"):
        found([ONE, TWO], [TWO, loop("each", ONE)], {AT("one"): DONE}, AT("two"))


def test_a_failed_step_that_was_moved_into_a_loop_has_no_way() -> None:
    with pytest.raises(NoWay, match="for which item"):
        found([ONE, TWO], [ONE, loop("each", TWO)], {AT("one"): DONE}, AT("two"))


def test_a_run_whose_answer_failed_has_all_behind_it() -> None:
    way = route(make_definition(ONE), make_definition(ONE, NEW), {AT("one"): DONE}, AT("one"), has_ended=True)

    assert (way.at, rows(way)) == (None, [(AT("one"), "kept"), (AT("new"), "skipped")])
