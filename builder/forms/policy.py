"""What may be chosen in the panel for a step that is slow, fails, or whose outcome nobody knows?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from connectors.declare import JSON, Action, Choice, Field, Kind, Repeat
from connectors.registry import Known
from workflows.definition.catalogue import STOP, without_version
from workflows.definition.document import Policy, Step
from workflows.engine import retry, unknown

TIMEOUT = Field(
    name="step.timeout_s",
    kind=Kind.NUMBER,
    label="Give up after, in seconds",
    placeholder="30",
    tokens=False,
)
RETRIES = Field(
    name="step.retries",
    kind=Kind.INTEGER,
    label="Try again at most, times",
    help="When the other side cannot be reached or is busy, with longer and longer pauses.",
    placeholder=f"{retry.ATTEMPTS['background'] - 1}, or {retry.ATTEMPTS['live'] - 1} while somebody waits",
    tokens=False,
)
ON_ERROR = Field(
    name="step.on_error",
    kind=Kind.CHOICE,
    label="If it fails",
    default="stop",
    tokens=False,
    choices=(
        Choice(value="stop", label="Stop the run"),
        Choice(value="continue", label="Go on with the next step"),
        Choice(value="branch", label="Go on in the error branch"),
    ),
)
ON_UNKNOWN = Field(
    name="step.on_unknown",
    kind=Kind.CHOICE,
    label="If we can’t tell whether it happened",
    help="For example, the answer was lost on the way back.",
    tokens=False,
)
OUTCOMES = {
    "retry": "Try again",
    "skip": "Skip it and go on",
    "fail": "Fail, and let a person decide",
}


def fields(known: Known) -> tuple[Field, ...]:
    """What makes sense for the action: flow control does nothing outside that could be slow or unknown."""
    if without_version(known.ref) == STOP:
        return ()
    if known.action.perform is None:
        return (ON_ERROR,)
    return (TIMEOUT, RETRIES, ON_ERROR, *_on_unknown(known.action))


def values_of(policy: Policy) -> dict[str, JSON]:
    return {
        TIMEOUT.name: policy.timeout_s,
        RETRIES.name: policy.retries,
        ON_ERROR.name: policy.on_error,
        ON_UNKNOWN.name: policy.on_unknown,
    }


def policy_in(values: Mapping[str, JSON], before: Policy) -> Policy:
    """What the form does not show stays as it was."""
    timeout, retries = values.get(TIMEOUT.name), values.get(RETRIES.name)
    on_unknown = values.get(ON_UNKNOWN.name)
    return replace(
        before,
        timeout_s=timeout if isinstance(timeout, int | float) else None,
        retries=retries if isinstance(retries, int) else None,
        on_error=str(values.get(ON_ERROR.name) or before.on_error),
        on_unknown=str(on_unknown) if on_unknown else None,
    )


def _on_unknown(action: Action) -> Sequence[Field]:
    """Only where the other side cannot tell a second attempt from the first; inputs may decide that."""
    usual = unknown.policy(
        Step(id="", slug="", action=""), replace(action, repeat=Repeat.NEVER, repeats=None)
    )
    default = Choice(value="", label=f"As is usual for it: {OUTCOMES[usual].lower()}")
    choices = (default, *(Choice(value=value, label=label) for value, label in OUTCOMES.items()))
    offered = replace(ON_UNKNOWN, choices=choices)
    if action.repeats is None:
        return (offered,) if action.repeat is Repeat.NEVER else ()
    return (replace(offered, shown_when=dict(_deciding(action))),)


def _deciding(action: Action) -> Iterator[tuple[str, list[JSON]]]:
    """The field whose choice decides, and the values for which an attempt must not be repeated."""
    assert action.repeats is not None
    for field in action.fields:
        unrepeatable: list[JSON] = [
            choice.value
            for choice in field.choices
            if action.repeats({field.name: choice.value}) is Repeat.NEVER
        ]
        if 0 < len(unrepeatable) < len(field.choices):
            yield field.name, unrepeatable
