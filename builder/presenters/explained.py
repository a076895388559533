"""What happened to a run, what took effect, and what is safe to press? In plain words, from facts alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from connectors.declare import Repeat
from workflows import failures
from workflows.failures import Meaning

type Deed = Literal["retry", "continue", "fix", "connections", "resume", "cancel", "unpause"]

WAIT_FOR_EVENT = "flow.wait_for_event@1"
NOTHING_CAME = Meaning(
    "What it waited for did not come in time",
    "value",
    "Retrying waits once more, for as long. Give it more time in the draft if that was too short.",
)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What is known of a run; labels instead of ids."""

    status: str
    """As people see it: waiting, failed, quarantined …"""
    wait_reason: str = ""
    code: str = ""
    message: str = ""
    maybe_done: bool = False
    step: str = ""
    """The label of the step that failed, or where the run stands."""
    action: str = ""
    repeat: Repeat | None = None
    """Of that step; None for one that only computes."""
    done: Sequence[str] = ()
    """What took effect, in order: labels."""
    computed: int = 0
    """Steps that succeeded without touching anything outside."""
    is_interrupted: bool = False
    """A worker died while that step ran, and its outcome is not known."""
    version: int | None = None
    newer: int | None = None
    """The live version, where it is another than the run's."""
    workflow: str = ""
    is_paused: bool = False
    is_test: bool = False
    successor: int | None = None
    """The number of the run that goes on in this one's place."""
    is_pruned: bool = False
    """What it started with is not kept any more: it cannot be tried again."""
    moved_to: int | None = None
    """The version of that run, where it was moved and not tried again."""


@dataclass(frozen=True)
class Button:
    deed: Deed
    label: str
    is_primary: bool = False
    asks: str = ""
    """What may happen twice, or be lost: asked before it is done. Empty: it is safe."""


@dataclass(frozen=True)
class Explanation:
    tone: str
    """bad | warn | info"""
    title: str
    what: str
    effects: tuple[str, ...] = ()
    """What took effect and is not repeated."""
    effects_note: str = ""
    safe: str = ""
    buttons: tuple[Button, ...] = field(default=())


def explain(facts: Facts) -> Explanation | None:
    """None where there is nothing to explain: it goes on, or it went well."""
    match facts.status:
        case "failed":
            return _failed(facts)
        case "cancelled":
            return _cancelled(facts)
        case "quarantined":
            return _quarantined(facts)
        case "waiting" | "queued":
            return _waiting(facts)
    return None


def in_short(code: str, message: str) -> str:
    """One line for a list."""
    title = failures.title(code)
    return f"{title}: {message}" if message else title


def meaning_of(facts: Facts) -> Meaning:
    if facts.code == "timed_out" and facts.action == WAIT_FOR_EVENT:
        return NOTHING_CAME
    return failures.meaning(facts.code)


def may_repeat(facts: Facts) -> bool:
    """The step may have taken place, and the other side cannot tell that it is the same again."""
    unsure = facts.maybe_done or facts.is_interrupted or facts.code == "outcome_unknown"
    return unsure and facts.repeat is Repeat.NEVER


# --- Failed ------------------------------------------------------------------------------------------------
def _failed(facts: Facts) -> Explanation:
    meaning = meaning_of(facts)
    return Explanation(
        tone="warn" if meaning.cause == "meant" else "bad",
        title=meaning.title,
        what=facts.message,
        effects=tuple(facts.done),
        effects_note=_effects_note(facts),
        safe=_closed(facts) or _safe(facts, meaning),
        buttons=() if _closed(facts) else tuple(_after_failure(facts, meaning)),
    )


def _safe(facts: Facts, meaning: Meaning) -> str:
    if may_repeat(facts):
        return f"{_maybe(facts)} {failures.LOOK_FIRST}"
    if facts.maybe_done and facts.repeat is Repeat.WITH_KEY:
        return f"Retrying is safe: the other side knows “{facts.step}” by its key and does it once."
    if facts.maybe_done and facts.repeat is Repeat.SAFE:
        return f"Retrying is safe: “{facts.step}” may happen twice without harm."
    return meaning.advice


def _maybe(facts: Facts) -> str:
    return f"“{facts.step}” may have taken place. If it did, retrying does it a second time."


def _after_failure(facts: Facts, meaning: Meaning) -> Iterator[Button]:
    """At most one is primary, and only a safe one."""
    risk = _maybe(facts) if may_repeat(facts) else ""
    mend = meaning.cause in ("setup", "value", "limit")
    if facts.newer and not facts.is_test:
        yield Button("continue", f"Continue on v{facts.newer}", mend and not risk, risk)
    if facts.code == "needs_reconnect":
        yield Button("connections", "Open connections", is_primary=not facts.newer)
    elif mend:
        yield Button("fix", "Fix in draft", is_primary=not facts.newer)
    is_best = meaning.cause == "passing" and not risk
    yield Button("retry", "Retry from the failed step", is_best, risk or _meant(meaning))
    if not mend:
        yield Button("fix", "Fix in draft")


def _meant(meaning: Meaning) -> str:
    if meaning.cause == "fault":
        return "The step may have taken place. If it did, retrying may do it a second time."
    return ""


# --- Ended otherwise ---------------------------------------------------------------------------------------
def _cancelled(facts: Facts) -> Explanation:
    where = f" It stood at “{facts.step}”." if facts.step else ""
    if facts.moved_to:
        title = f"Moved to v{facts.moved_to}"
        what = f"When v{facts.moved_to} went live, this run was to go on there.{where}"
    else:
        title, what = "Cancelled", f"Somebody stopped it; what was still to come is not done.{where}"
    risk = _maybe(facts) if may_repeat(facts) else ""
    again: list[Button] = []
    if not _closed(facts):
        again.append(Button("retry", "Go on after all", asks=risk))
        if facts.newer and not facts.is_test:
            again.append(Button("continue", f"Go on in v{facts.newer}", asks=risk))
    return Explanation(
        tone="info",
        title=title,
        what=what,
        effects=tuple(facts.done),
        effects_note=_effects_note(facts),
        safe=_closed(facts) or risk or "Nothing has to be done.",
        buttons=tuple(again),
    )


def _quarantined(facts: Facts) -> Explanation:
    at = f" while “{facts.step}” ran" if facts.step else ""
    maybe = f" “{facts.step}” may have taken place." if facts.repeat is not None else ""
    return Explanation(
        tone="bad",
        title=failures.title("quarantined"),
        what=f"Five workers in a row died{at}. It was set apart so that it takes no others along.{maybe}",
        effects=tuple(facts.done),
        effects_note=_effects_note(facts),
        safe=f"Cancelling is safe. {failures.meaning('quarantined').advice}",
        buttons=(
            Button("cancel", "Cancel run"),
            Button("resume", "Resume", asks=f"It may take workers down again.{maybe}"),
            Button("fix", "Open in draft"),
        ),
    )


# --- Still to come -----------------------------------------------------------------------------------------
WAITS = {
    "delay": "It waits at “{step}”, as it should.",
    "event": "It waits at “{step}” for something from outside.",
    "approval": "It waits for a person to answer “{step}”.",
    "child": "It waits for the workflow that “{step}” called.",
    "retry": "“{step}” did not work; it is tried again by itself.",
    "throttle": "Other runs of this workspace go first for the moment.",
    "paused": "It waits until the workflow is resumed.",
    "yield": "It has had its turn and goes on after others.",
}


def _waiting(facts: Facts) -> Explanation | None:
    if facts.is_paused:
        return Explanation(
            tone="warn",
            title=f"“{facts.workflow}” is paused",
            what="Its runs wait until it is resumed. Nothing is lost.",
            safe="Resuming is safe once what made it stop is put right.",
            buttons=(Button("unpause", "Open the agent"),),
        )
    if facts.wait_reason == "unknown_action":
        return Explanation(
            tone="warn",
            title="It waits for a newer Parley",
            what=f"The workers do not know the step “{facts.step}” yet: they are older than this workflow.",
            safe="Nothing has to be done. It is looked at every minute and goes on when they are updated.",
        )
    words = WAITS.get(facts.wait_reason, "").format(step=facts.step)
    if not words:
        return None
    return Explanation(
        tone="info",
        title="Waiting",
        what=words,
        effects=tuple(facts.done),
        effects_note=_effects_note(facts),
        safe="Nothing has to be done.",
    )


def _closed(facts: Facts) -> str:
    """Why there is nothing to try again."""
    if facts.successor:
        return f"Run #{facts.successor} went on in its place."
    if facts.is_pruned:
        return "What it started with is not kept any more, so it cannot be tried again."
    return ""


def _effects_note(facts: Facts) -> str:
    if facts.done:
        return "This took effect and is not repeated."
    if facts.computed:
        return "Nothing outside of Parley was changed before it."
    return "Nothing took effect before it."
