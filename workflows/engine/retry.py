"""Is a failed attempt worth another, and when?"""

from dataclasses import dataclass

from connectors.declare import Action, Repeat
from workflows.definition.document import Step
from workflows.engine import unknown
from workflows.engine.moves import StepError

ATTEMPTS = {"live": 2, "background": 5}
"""Of one step, unless its policy says how often to try again."""
BASE_S, CAP_S = 1.0, 900.0
LONGEST_RETRY_AFTER_S = 3_600.0
WITHIN_S = 86_400.0
"""All attempts; receivers forget an idempotency key after that."""
DEADLINE = "deadline"
"""The code of an attempt that the conversation's deadline cut off: it is repeated without being counted."""


@dataclass(frozen=True, kw_only=True)
class Tried:
    failures: int
    """Attempts that failed, this one included."""
    lane: str
    elapsed_s: float
    """Since the first attempt began."""
    left_s: float | None
    """Until somebody who waits gives up; None when nobody does."""


def wait_s(
    step: Step, error: StepError, tried: Tried, *, retry_after_s: float | None, jitter: float
) -> float | None:
    """Seconds until the next attempt (full jitter, 0 <= `jitter` < 1), or None: this was the last one."""
    attempts = ATTEMPTS[tried.lane] if step.policy.retries is None else step.policy.retries + 1
    if not error.may_pass or tried.failures >= attempts:
        return None
    wait = jitter * min(CAP_S, BASE_S * 2 ** min(tried.failures - 1, 20))
    if retry_after_s is not None:
        wait = max(wait, min(retry_after_s, LONGEST_RETRY_AFTER_S))
    if tried.elapsed_s + wait > WITHIN_S:
        return None
    return None if tried.left_s is not None and wait >= tried.left_s else wait


def verdict(step: Step, action: Action, error: StepError) -> str:
    """retry | skip | fail: what is allowed after an attempt that failed with this."""
    if is_unknown(step, action, error):
        return unknown.policy(step, action)
    return "retry"


def is_unknown(step: Step, action: Action, error: StepError) -> bool:
    """The request had left, no answer came, and the other side cannot tell a second one from the first."""
    return error.maybe_done and error.may_pass and action.repeat_of(step.inputs) is Repeat.NEVER


def limit_s(step: Step, action: Action, *, own_s: float, left_s: float | None) -> float:
    """How long an attempt may take. What may be repeated keeps to the deadline of whoever waits.

    A step that cannot be repeated keeps its own limit: cut off, its outcome would be unknown.
    """
    if left_s is None or left_s < SHORTEST_S or action.repeat_of(step.inputs) is Repeat.NEVER:
        return own_s
    return min(own_s, left_s)


SHORTEST_S = 0.25
"""A shorter attempt is not worth its start; past the deadline nobody waits any more."""
