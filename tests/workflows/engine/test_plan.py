"""The plan as tables: a definition and what is known, and the moves that follow."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connectors.declare import JSON
from tests.support.runs import make_definition, set_values, step, step_id
from workflows.engine import plan
from workflows.engine.known import Known
from workflows.engine.moves import (
    Done,
    Failed,
    Finish,
    Move,
    Note,
    Outcome,
    Perform,
    Skipped,
    Sleep,
    StepError,
)

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ORDER = step("order", "demo_store.find_order@1", {"order_number": "{{ action.number }}"})


def known(journal: dict[str, Outcome] | None = None, **over: Any) -> Known:
    roots = {"action": {"number": 1042}, "variables": {}}
    values = {
        "journal": journal or {},
        "roots": roots,
        "now": NOW,
        "zone": lambda: ZoneInfo("Europe/Berlin"),
        **over,
    }
    return Known(**values)


def told(
    *steps: dict[str, JSON],
    answers: dict[str, Outcome] | None = None,
    journal: dict[str, Outcome] | None = None,
    woken: dict[str, datetime] | None = None,
    **over: Any,
) -> tuple[list[Move], Finish | None]:
    """Every move, each Perform answered from `answers`; the end is None after a Sleep or an unanswered
    Perform.
    """
    moves = plan.moves(make_definition(*steps, **over), known(journal, woken=woken or {}))
    made: list[Move] = []
    answer: Outcome | None = None
    try:
        while True:
            move = moves.send(answer)
            made.append(move)
            answer = (answers or {}).get(move.path) if isinstance(move, Perform) else None
            if isinstance(move, Sleep) or (isinstance(move, Perform) and answer is None):
                return made, None
    except StopIteration as end:
        return made, end.value


def test_a_workflow_without_steps_succeeds_at_once() -> None:
    assert told() == ([], Finish("succeeded", {}))


def test_an_app_step_is_to_be_performed() -> None:
    [move], end = told(ORDER)

    assert isinstance(move, Perform)
    assert (move.path, move.step.slug, end) == (step_id("order"), "order", None)


def test_a_step_in_the_journal_is_passed_over_and_its_output_known() -> None:
    done: dict[str, Outcome] = {step_id("order"): Done({"total": 64.9}, NOW)}

    moves, end = told(ORDER, journal=done, response={"total": "{{ steps.order.output.total }}"})

    assert (moves, end) == ([], Finish("succeeded", {"total": 64.9}))


def test_set_values_needs_no_hands() -> None:
    [move], end = told(set_values("both", a="{{ action.number }}", b="No. {{ action.number }}"))

    assert isinstance(move, Note)
    assert move.outcome == Done({"a": 1042, "b": "No. 1042"}, NOW)
    assert end == Finish("succeeded", {})


def test_a_step_that_is_switched_off_is_skipped() -> None:
    [move], _ = told({**ORDER, "enabled": False})

    assert isinstance(move, Note)
    assert isinstance(move.outcome, Skipped)


@pytest.mark.parametrize(
    ("inputs", "status", "said"),
    [
        ({"result": "succeeded"}, "succeeded", None),
        ({"result": "failed", "message": "No {{ action.number }}"}, "failed", "No 1042"),
        ({"result": "failed"}, "failed", "The step “End” ended the run as failed."),
    ],
)
def test_stop_ends_the_run_there(inputs: dict[str, JSON], status: str, said: str | None) -> None:
    moves, end = told(step("end", "flow.stop@1", inputs, label="End"), ORDER)

    assert [type(move) for move in moves] == [Note]
    assert end
    assert (end.status, end.error and end.error["message"]) == (status, said)


def test_after_a_stop_fields_of_later_steps_are_null() -> None:
    response = {"number": "{{ action.number }}", "total": "{{ steps.order.output.total }}"}

    _, end = told(step("end", "flow.stop@1", {"result": "succeeded"}), ORDER, response=response)

    assert end == Finish("succeeded", {"number": 1042, "total": None})


def test_a_response_field_without_a_value_fails_the_run_by_name() -> None:
    _, end = told(response={"total": "{{ action.total }}"})

    assert end
    assert end.error
    assert end.status == "failed"
    assert "total" in str(end.error["message"])
    assert end.error["code"] == "missing_value"


def test_a_missing_value_fails_the_step_and_is_named() -> None:
    [move], end = told(set_values("both", a="{{ steps.order.output.email }}"))

    assert isinstance(move, Note)
    assert isinstance(move.outcome, Failed)
    assert end
    assert end.error
    assert end.error["step_id"] == step_id("both")
    assert "steps.order" in str(end.error["message"])


def test_a_failed_step_stops_the_run() -> None:
    failed = Failed(StepError(code="rejected", message="No such order.", maybe_done=True), NOW)

    moves, end = told(ORDER, set_values("later"), answers={step_id("order"): failed})

    assert len(moves) == 1
    assert end == Finish(
        "failed",
        error={
            "code": "rejected",
            "message": "No such order.",
            "step_id": step_id("order"),
            "path": step_id("order"),
            "action": "demo_store.find_order@1",
            "maybe_done": True,
        },
    )


def test_a_step_may_fail_without_stopping_the_run() -> None:
    failed = Failed(StepError(code="rejected", message="No such order."), NOW)
    tolerant: dict[str, JSON] = {**ORDER, "policy": {"on_error": "continue"}}

    _, end = told(
        tolerant, answers={step_id("order"): failed}, response={"why": "{{ steps.order.error.message }}"}
    )

    assert end == Finish("succeeded", {"why": "No such order."})


def test_now_is_the_time_of_the_last_outcome() -> None:
    later = NOW + timedelta(seconds=3)

    moves, _ = told(ORDER, set_values("when", at="{{ now }}"), answers={step_id("order"): Done({}, later)})

    assert isinstance(moves[1], Note)
    assert moves[1].outcome == Done({"at": "2026-03-02T09:00:03Z"}, later)


# --- Delay -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("inputs", "until"),
    [
        ({"mode": "for", "amount": 90, "unit": "seconds"}, NOW + timedelta(seconds=90)),
        ({"mode": "for", "amount": "{{ action.number }}", "unit": "minutes"}, NOW + timedelta(minutes=1042)),
        ({"mode": "for", "amount": 3, "unit": "weeks"}, NOW + timedelta(weeks=3)),
        ({"mode": "until", "at": "2026-03-02T12:00:00Z"}, NOW + timedelta(hours=3)),
        ({"mode": "until", "at": "2026-03-02T12:00"}, NOW + timedelta(hours=2)),  # noon in Berlin
        (
            {"mode": "until", "at": "2026-03-30T09:00"},
            datetime(2026, 3, 30, 7, tzinfo=UTC),
        ),  # summer time by then
    ],
)
def test_a_delay_lets_go_of_the_run(inputs: dict[str, JSON], until: datetime) -> None:
    [move], end = told(step("wait", "flow.delay@1", inputs), kind="post_conversation")

    assert isinstance(move, Sleep)
    assert (move.until, move.reason, end) == (until, "delay", None)


@pytest.mark.parametrize(
    "inputs",
    [
        {"mode": "until", "at": "2020-01-01T00:00:00Z"},
        {"mode": "for", "amount": 0, "unit": "days"},
        {"mode": "business_hours"},  # Monday, 10:00 in Berlin
    ],
)
def test_a_delay_with_nothing_to_wait_for_goes_on_at_once(inputs: dict[str, JSON]) -> None:
    [move], end = told(step("wait", "flow.delay@1", inputs), kind="post_conversation")

    assert isinstance(move, Note)
    assert isinstance(move.outcome, Done)
    assert end
    assert end.status == "succeeded"


@pytest.mark.parametrize(
    "inputs",
    [
        {"mode": "for", "amount": "soon", "unit": "days"},
        {"mode": "for", "amount": -1, "unit": "days"},
        {"mode": "for", "amount": 60, "unit": "weeks"},
        {"mode": "for", "amount": 1e300, "unit": "weeks"},
        {"mode": "until", "at": "tomorrow"},
        {"mode": "until", "at": ""},
        {"mode": "until", "at": "9999-12-31T23:59:59"},
        {"mode": "until", "at": "{{ variables.callback }}"},
    ],
)
def test_a_delay_that_cannot_be_computed_fails_and_never_falls_through(inputs: dict[str, JSON]) -> None:
    moves, end = told(step("wait", "flow.delay@1", inputs), set_values("later"), kind="post_conversation")

    assert [type(move) for move in moves] == [Note]
    assert end
    assert end.status == "failed"


def test_a_delay_that_is_over_is_noted_with_its_length() -> None:
    due = NOW + timedelta(days=40)
    wait = step("wait", "flow.delay@1", {"mode": "for", "amount": 40, "unit": "days"})

    [move, after], end = told(
        wait, set_values("when", at="{{ now }}"), woken={step_id("wait"): due}, kind="post_conversation"
    )

    assert isinstance(move, Note)
    assert isinstance(after, Note)
    assert move.outcome == Done({"until": "2026-04-11T09:00:00Z"}, due)
    assert after.outcome == Done({"at": "2026-04-11T09:00:00Z"}, due)
    assert end


# --- Restarts ----------------------------------------------------------------------------------------------
def test_a_run_interrupted_anywhere_comes_to_the_same_moves() -> None:
    steps = [
        ORDER,
        set_values("half", x="{{ steps.order.output.total }}"),
        {**ORDER, **_second()},
        set_values("end", y="{{ now }}"),
    ]
    answers: dict[str, Outcome] = {
        step_id("order"): Done({"total": 64.9}, NOW + timedelta(seconds=1)),
        step_id("again"): Done({"total": 1}, NOW + timedelta(seconds=2)),
    }
    whole, end = told(*steps, answers=answers, response={"y": "{{ steps.end.output.y }}"})
    outcomes = {
        move.path: move.outcome if isinstance(move, Note) else answers[move.path]
        for move in whole
        if not isinstance(move, Sleep)
    }

    for count in range(len(whole) + 1):
        journal = dict(list(outcomes.items())[:count])
        rest, same_end = told(
            *steps, answers=answers, journal=journal, response={"y": "{{ steps.end.output.y }}"}
        )
        assert [move.path for move in rest] == [move.path for move in whole[count:]]
        assert same_end == end


def _second() -> dict[str, JSON]:
    return {"id": step_id("again"), "slug": "again"}
