"""What does an error code mean to people? In plain words, and without anything of what the run held."""

from collections.abc import Mapping

TITLES: Mapping[str, str] = {
    "missing_value": "A value was missing",
    "timed_out": "It took too long",
    "unavailable": "The other side could not be reached",
    "rejected": "The other side refused",
    "blocked": "This address is not allowed",
    "misconfigured": "The step is not set up right",
    "needs_reconnect": "The connection needs attention",
    "unknown_outcome": "Nobody knows whether it happened",
    "output_too_large": "The answer was too large",
    "stopped": "The workflow stopped itself",
    "delay": "The time to wait for could not be worked out",
    "rule": "A rule could not be decided",
    "not_rendered": "A text could not be put together",
    "quarantined": "It was held back, because it took its worker down again and again",
}
SAFE: Mapping[str, str] = {
    "timed_out": "Look at the other side first: it may have done it. Then retry from the failed step.",
    "unavailable": "Retry from the failed step once the other side is there again.",
    "needs_reconnect": "Enter the credentials of the connection again, then retry from the failed step.",
    "blocked": "Correct the address in the draft, publish, then retry.",
    "unknown_outcome": "Look at the other side first: it may have done it. Only then retry.",
    "stopped": "It did what its Stop step says. Nothing has to be done unless that was not meant.",
    "quarantined": "Do not resume it before somebody who looks after this Parley has seen it.",
}
USUALLY_SAFE = "Correct the step in the draft and publish it, or retry from the failed step."
DONE_STAYS = "Steps before it took effect and are not repeated."


def title(code: str) -> str:
    return TITLES.get(code, "A step failed")


def safe(code: str) -> str:
    """What may be pressed without doing harm."""
    return f"{SAFE.get(code, USUALLY_SAFE)} {DONE_STAYS}"
