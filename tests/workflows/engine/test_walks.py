"""I3: which journals are a walk through a definition, and which are not."""

from dataclasses import replace

from connectors.declare import JSON
from tests.support.definitions import make_branch, make_definition, make_step, step_id
from workflows.definition.document import Definition
from workflows.engine.invariants.walks import Outcome, complaints

A, B, C, SPLIT, LOOP, STOP = (step_id(slug) for slug in ("a", "b", "c", "split", "loop", "stop"))


def _split(*branches: JSON) -> JSON:
    return make_step("split", "flow.split@1", branches=list(branches))


def _loop(*steps: JSON) -> JSON:
    return make_step("loop", "flow.loop@1", inputs={"items": [1, 2]}, body=list(steps))


def _define(*steps: JSON) -> Definition:
    return make_definition(*steps)


def _why(
    definition: Definition, *journal: tuple[str, str] | tuple[str, Outcome], status: str = "succeeded"
) -> list[str]:
    """`journal`: path and status, in order."""
    outcomes = {
        path: Outcome(number, found) if isinstance(found, str) else found
        for number, (path, found) in enumerate(journal, 1)
    }
    return list(complaints(definition, outcomes, status))


def _missing(path: str) -> str:
    return f"succeeded, although step {path} has no outcome"


def _astray(path: str) -> str:
    return f"step {path} has an outcome, and the way never came to it"


OK = "succeeded"
FLAT = _define(make_step("a"), make_step("b"))


def test_all_steps_in_order() -> None:
    assert _why(FLAT, (A, OK), (B, OK)) == []
    assert _why(FLAT, (A, "skipped"), (B, OK)) == []


def test_a_step_without_an_outcome() -> None:
    assert _why(FLAT, (A, OK)) == [_missing(B)]
    assert _why(FLAT, (B, OK)) == [_missing(A), _astray(B)]


def test_the_wrong_order() -> None:
    assert _why(FLAT, (B, OK), (A, OK)) == [f"step {B} stands before {A}, which it follows"]


def test_a_step_of_no_definition() -> None:
    assert _why(FLAT, (A, OK), (B, OK), (C, OK)) == [_astray(C)]


def test_a_run_that_failed_or_was_cancelled_ends_early() -> None:
    for status in ("failed", "cancelled"):
        assert _why(FLAT, (A, "failed"), status=status) == []
        assert _why(FLAT, (A, "failed"), (B, OK), status=status) == [_astray(B)]


def test_a_success_over_a_failed_step() -> None:
    assert _why(FLAT, (A, OK), (B, "failed")) == [f"succeeded, although step {B} failed"]


def test_a_failed_step_that_goes_on() -> None:
    definition = _define(make_step("a", policy={"on_error": "continue"}), make_step("b"))

    assert _why(definition, (A, "failed"), (B, OK)) == []
    assert _why(definition, (A, "unknown"), (B, OK)) == []


def test_an_error_branch_is_walked_after_a_failure_only() -> None:
    on_error = make_branch("oops", make_step("b"), on_error=True)
    definition = _define(make_step("a", policy={"on_error": "branch"}, branches=[on_error]), make_step("c"))

    assert _why(definition, (A, "failed"), (B, OK), (C, OK)) == []
    assert _why(definition, (A, OK), (C, OK)) == []
    assert _why(definition, (A, OK), (B, OK), (C, OK)) == [_astray(B)]
    assert _why(definition, (A, "failed"), (C, OK)) == [_missing(B), _astray(C)]


def _taken(*branches: str, seq: int = 1) -> Outcome:
    return Outcome(seq, OK, output={"taken": [f"b_{name}00000000" for name in branches]})


SPLITTING = _define(
    _split(make_branch("one", make_step("a")), make_branch("two", make_step("b"))), make_step("c")
)


def test_the_branch_that_was_taken() -> None:
    assert _why(SPLITTING, (SPLIT, _taken("one")), (A, OK), (C, OK)) == []
    assert _why(SPLITTING, (SPLIT, _taken("one", "two")), (A, OK), (B, OK), (C, OK)) == []
    assert _why(SPLITTING, (SPLIT, _taken()), (C, OK)) == []


def test_another_branch_than_was_taken() -> None:
    assert _why(SPLITTING, (SPLIT, _taken("two")), (A, OK), (C, OK)) == [_missing(B), _astray(A), _astray(C)]
    assert _why(SPLITTING, (SPLIT, _taken()), (A, OK), (C, OK)) == [_astray(A)]


def test_a_split_whose_output_was_pruned() -> None:
    assert _why(SPLITTING, (SPLIT, OK), (A, OK), (C, OK)) == []


LOOPING = _define(_loop(make_step("a"), make_step("b")), make_step("c"))


def _items(*outcomes: tuple[int, str, str]) -> list[tuple[str, str]]:
    return [(f"{LOOP}[{index}]/{step}", status) for index, step, status in outcomes]


def test_a_loop_s_items_in_order() -> None:
    items = _items((0, A, OK), (0, B, OK), (1, A, OK), (1, B, OK))
    mixed = _items((1, A, OK), (1, B, OK), (0, A, OK), (0, B, OK))

    assert _why(LOOPING, *items, (LOOP, OK), (C, OK)) == []
    assert _why(LOOPING, (LOOP, OK), (C, OK)) == []
    assert _why(LOOPING, *mixed, (LOOP, OK), (C, OK)) == [
        f"step {LOOP}[1]/{A} stands before {LOOP}[0]/{B}, which it follows"
    ]


def test_a_step_that_an_item_lacks() -> None:
    half = _items((0, A, OK), (0, B, OK), (1, A, OK))

    assert _why(LOOPING, *half, (LOOP, OK), (C, OK)) == [
        _missing(f"{LOOP}[1]/{B}"),
        _astray(LOOP),
        _astray(C),
    ]


def test_a_loop_may_go_on_after_a_failed_item() -> None:
    loop, last = LOOPING.steps
    going_on = replace(LOOPING, steps=(replace(loop, inputs={"on_item_error": "continue"}), last))
    items = _items((0, A, "failed"), (1, A, OK), (1, B, OK))

    assert _why(going_on, *items, (LOOP, OK), (C, OK)) == []
    assert _why(LOOPING, *items, (LOOP, "failed"), status="failed") == [
        _astray(f"{LOOP}[1]/{A}"),
        _astray(f"{LOOP}[1]/{B}"),
    ]


def test_a_loop_in_a_loop() -> None:
    inner = make_step("split", "flow.loop@1", inputs={"items": [1]}, body=[make_step("a")])
    definition = _define(_loop(inner))
    journal = [(f"{LOOP}[0]/{SPLIT}[0]/{A}", OK), (f"{LOOP}[0]/{SPLIT}", OK), (LOOP, OK)]

    assert _why(definition, *journal) == []
    assert _why(definition, *journal[1:]) == []
    assert _why(definition, journal[0], journal[2]) == [
        _missing(f"{LOOP}[0]/{SPLIT}"),
        _astray(LOOP),
    ]


def test_what_a_successor_took_over_needs_no_order_and_no_place() -> None:
    taken_over = {B: Outcome(1, OK, is_own=False), C: Outcome(2, OK, is_own=False), A: Outcome(3, OK)}

    assert list(complaints(FLAT, taken_over, "succeeded")) == []


def test_a_test_run_that_was_asked_to_stop_early() -> None:
    assert list(complaints(FLAT, {A: Outcome(1, OK)}, "succeeded", is_partial=True)) == []
