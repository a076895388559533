"""Each failed or stuck run says what happened, what took effect and what is safe to press."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from builder.presenters.explained import Facts, explain, in_short
from connectors.declare import Repeat
from workflows import failures
from workflows.engine import retry, unknown

ROOT = Path(settings.BASE_DIR)
SOURCES = [*(ROOT / "workflows" / "engine").rglob("*.py"), *(ROOT / "connectors").rglob("*.py")]
MAKERS = {"StepError", "Unfit", "Reported"}


def codes_in(path: Path) -> Iterator[str]:
    """Every code that the code names: given to an error as it is made, or declared by its class."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords) if name in MAKERS:
                given = [keyword.value for keyword in keywords if keyword.arg == "code"]
                for value in given or (args[:1] if name == "Unfit" else []):
                    if isinstance(value, ast.Constant):
                        yield str(value.value)
            case ast.ClassDef(name=name, body=body) if name.endswith(
                ("Error", "Unavailable", "Out", "Rejected", "Reconnect", "figured", "Blocked")
            ):
                for line in body:
                    if isinstance(line, ast.Assign) and ast.unparse(line.targets[0]) == "code":
                        assert isinstance(line.value, ast.Constant)
                        yield str(line.value.value)


CODES = sorted(
    {code for path in SOURCES for code in codes_in(path)}
    | {retry.DEADLINE, unknown.CODE, "missing_value", "not_rendered"}
)


def failed(code: str = "rejected", **over: object) -> Facts:
    known: dict[str, object] = {"status": "failed", "code": code, "message": "It said no.", "step": "Send"}
    return Facts(**{**known, **over})  # type: ignore[arg-type]


def test_the_codes_are_found_in_the_code() -> None:
    assert {"unavailable", "timed_out", "rejected", "needs_reconnect", "misconfigured", "blocked"} <= set(
        CODES
    )
    assert {"stopped", "loop", "called_failed", "internal", "output_too_large", "deadline"} <= set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_every_code_that_can_be_given_has_words_of_its_own(code: str) -> None:
    told = explain(failed(code))

    assert told
    assert failures.meaning(code) is not failures.OTHER
    assert told.title
    assert told.safe
    assert told.buttons
    assert in_short(code, "It said no.").endswith(": It said no.")


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("repeat", list(Repeat))
@pytest.mark.parametrize("newer", [None, 8])
def test_only_what_is_safe_is_primary_and_what_is_not_asks(
    code: str, repeat: Repeat, newer: int | None
) -> None:
    told = explain(failed(code, repeat=repeat, maybe_done=True, newer=newer))

    assert told
    primary = [button for button in told.buttons if button.is_primary]
    assert len(primary) <= 1
    assert all(not button.asks for button in primary)
    if repeat is Repeat.NEVER:
        assert all(button.asks for button in told.buttons if button.deed in ("retry", "continue"))
        assert "may have taken place" in told.safe


def test_what_may_happen_twice_is_said_before_it_does() -> None:
    told = explain(failed("unavailable", maybe_done=True, repeat=Repeat.NEVER))

    assert told
    retry_button = next(button for button in told.buttons if button.deed == "retry")
    assert retry_button.asks == "“Send” may have taken place. If it did, retrying does it a second time."


def test_a_key_makes_trying_again_safe() -> None:
    told = explain(failed("unavailable", maybe_done=True, repeat=Repeat.WITH_KEY))

    assert told
    assert "knows “Send” by its key" in told.safe
    assert [button.deed for button in told.buttons if button.is_primary] == ["retry"]


@pytest.mark.parametrize(
    ("code", "newer", "primary"),
    [
        ("unavailable", None, "retry"),
        ("missing_value", None, "fix"),
        ("missing_value", 8, "continue"),
        ("needs_reconnect", None, "connections"),
        ("stopped", None, None),
        ("internal", None, None),
    ],
)
def test_the_button_that_helps_is_the_primary_one(code: str, newer: int | None, primary: str | None) -> None:
    told = explain(failed(code, newer=newer))

    assert told
    assert next((button.deed for button in told.buttons if button.is_primary), None) == primary


def test_a_run_that_has_a_successor_is_not_tried_again() -> None:
    for status in ("failed", "cancelled"):
        told = explain(failed(status=status, successor=9, newer=8))
        assert told
        assert "Run #9 went on in its place." in told.safe
        assert told.buttons == ()


def test_a_test_does_not_go_on_in_the_live_version() -> None:
    told = explain(failed("missing_value", newer=8, is_test=True))

    assert told
    assert "continue" not in [button.deed for button in told.buttons]


def test_it_says_what_took_effect() -> None:
    done = explain(failed(done=("“Refund”",)))
    read = explain(failed(computed=2))
    nothing = explain(failed())

    assert done and read and nothing
    assert (done.effects, done.effects_note) == (("“Refund”",), "This took effect and is not repeated.")
    assert read.effects_note == "Nothing outside of Parley was changed before it."
    assert nothing.effects_note == "Nothing took effect before it."


def test_a_wait_that_was_in_vain_is_not_called_slow() -> None:
    told = explain(failed("timed_out", action="flow.wait_for_event@1"))

    assert told
    assert told.title == "What it waited for did not come in time"


def test_a_run_that_is_held_back_warns_before_it_is_let_go() -> None:
    told = explain(Facts(status="quarantined", step="Send", repeat=Repeat.NEVER))

    assert told
    assert "“Send” may have taken place" in told.what
    assert {button.deed: bool(button.asks) for button in told.buttons} == {
        "cancel": False,
        "resume": True,
        "fix": False,
    }
    assert not any(button.is_primary for button in told.buttons)


def test_a_cancelled_run_says_where_it_stood_and_whether_it_was_moved() -> None:
    stopped = explain(Facts(status="cancelled", step="Send"))
    lost = explain(Facts(status="cancelled", step="Send", is_interrupted=True, repeat=Repeat.NEVER))
    moved = explain(Facts(status="cancelled", step="Wait", successor=9, moved_to=8))

    assert stopped and lost and moved
    assert "It stood at “Send”." in stopped.what
    assert "may have taken place" in lost.safe
    assert moved.title == "Moved to v8"


@pytest.mark.parametrize(
    "reason",
    ["delay", "retry", "event", "approval", "child", "throttle", "paused", "unknown_action", "yield"],
)
def test_each_way_of_waiting_has_its_words(reason: str) -> None:
    told = explain(Facts(status="waiting", wait_reason=reason, step="Pause"))

    assert told
    assert told.what
    assert "Nothing has to be done" in told.safe


def test_a_paused_workflow_is_why_its_runs_wait() -> None:
    told = explain(Facts(status="queued", wait_reason="start", workflow="Refund", is_paused=True))

    assert told
    assert told.title == "“Refund” is paused"


def test_a_run_that_goes_well_needs_no_explanation() -> None:
    assert explain(Facts(status="succeeded")) is None
    assert explain(Facts(status="running")) is None
