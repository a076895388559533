"""What does an error code mean to people? In plain words, and without anything of what the run held."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

type Cause = Literal["passing", "setup", "value", "unknown", "meant", "limit", "fault"]
"""passing: it may work another time · setup: a field, connection or address · value: what the run was given ·
unknown: it may have taken place · meant: the workflow says so · limit: more than Parley does · fault: ours
"""


@dataclass(frozen=True)
class Meaning:
    title: str
    cause: Cause
    advice: str
    """What may be pressed without doing harm."""


CORRECT_IT = "Correct the step in the draft and publish it; then this run can go on in the new version."
LOOK_FIRST = "Look at the other side first: it may have done it. Only then retry."

MEANINGS: Mapping[str, Meaning] = {
    # --- what other sides and connections say
    "unavailable": Meaning(
        "The other side could not be reached",
        "passing",
        "Retry from the failed step once the other side is there again.",
    ),
    "timed_out": Meaning(
        "It took too long",
        "passing",
        "Look at the other side first: it may have done it. Then retry from the failed step.",
    ),
    "deadline": Meaning(
        "The time of the whole workflow was over",
        "passing",
        "Retry from the failed step, or give the workflow more time in its settings.",
    ),
    "rejected": Meaning(
        "The other side refused",
        "value",
        "Nothing was done there. Correct what is sent, or what it is about.",
    ),
    "failed": Meaning("A step failed", "passing", "Retry from the failed step, or correct it in the draft."),
    "needs_reconnect": Meaning(
        "The connection needs attention",
        "setup",
        "Enter the credentials of the connection again, then retry from the failed step.",
    ),
    "misconfigured": Meaning("The step is not set up right", "setup", CORRECT_IT),
    "blocked": Meaning(
        "This address is not allowed", "setup", "Correct the address in the draft, publish, then retry."
    ),
    # --- values
    "missing_value": Meaning("A value was missing", "value", CORRECT_IT),
    "not_rendered": Meaning("A text could not be put together", "value", CORRECT_IT),
    "rule": Meaning("A rule could not be decided", "value", CORRECT_IT),
    "delay": Meaning("The time to wait for could not be worked out", "value", CORRECT_IT),
    "loop": Meaning("What to loop over is no list", "value", CORRECT_IT),
    "bad_input": Meaning("A value was of the wrong kind", "value", CORRECT_IT),
    # --- limits
    "output_too_large": Meaning(
        "The answer was too large",
        "limit",
        "Ask the other side for less, in the draft; the step itself was done.",
    ),
    "output_too_deep": Meaning(
        "The answer was nested too deeply",
        "limit",
        "Ask the other side for less, in the draft; the step itself was done.",
    ),
    "too_many_steps": Meaning(
        "The run took too many steps",
        "limit",
        "Loop over fewer items, in the draft; then go on in the new version.",
    ),
    "too_deep": Meaning(
        "Too many workflows called each other", "limit", "Let fewer workflows call each other, in the draft."
    ),
    # --- called workflows
    "unknown_workflow": Meaning("The workflow to call is gone", "setup", CORRECT_IT),
    "not_live": Meaning(
        "The workflow to call is not live",
        "setup",
        "Publish or resume that workflow, then retry from the failed step.",
    ),
    "called_failed": Meaning(
        "The workflow it called did not succeed",
        "passing",
        "Look at that run for the reason. Retrying calls it again from where it failed.",
    ),
    # --- the run itself
    "outcome_unknown": Meaning("Nobody knows whether it happened", "unknown", LOOK_FIRST),
    "stopped": Meaning(
        "The workflow stopped itself",
        "meant",
        "It did what its Stop step says. Nothing has to be done unless that was not meant.",
    ),
    "internal": Meaning(
        "Something went wrong inside Parley",
        "fault",
        "Its operators find it in the log. The step may have taken place: look there before you retry.",
    ),
    "quarantined": Meaning(
        "It was held back, because it took its worker down again and again",
        "fault",
        "Do not resume it before somebody who looks after this Parley has seen it.",
    ),
}
OTHER = Meaning(
    "A step failed", "passing", "Correct the step in the draft and publish it, or retry from the failed step."
)
DONE_STAYS = "Steps before it took effect and are not repeated."


def meaning(code: str) -> Meaning:
    return MEANINGS.get(code, OTHER)


def title(code: str) -> str:
    return meaning(code).title


def safe(code: str) -> str:
    """What may be pressed without doing harm."""
    return f"{meaning(code).advice} {DONE_STAYS}"
