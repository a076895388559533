"""What if a step had begun and nobody knows whether it took place? The author's choice, else what the action
allows.
"""

from connectors.declare import Action, Repeat
from workflows.definition.document import Step
from workflows.engine.moves import StepError

CODE = "outcome_unknown"


def policy(step: Step, action: Action) -> str:
    """retry (with the same key) | skip | fail"""
    if step.policy.on_unknown:
        return step.policy.on_unknown
    if action.default_on_unknown:
        return action.default_on_unknown
    return "fail" if action.repeat_of(step.inputs) is Repeat.NEVER else "retry"


def error(step: Step) -> StepError:
    message = (
        f"Parley was interrupted while “{step.label or step.slug}” ran. Whether it took place is not known: "
        "look at the other side before you try again."
    )
    return StepError(code=CODE, message=message, maybe_done=True)
