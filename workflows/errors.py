"""What can go wrong when people edit, publish and start workflows, split by what the caller does next.

WorkflowError
├── DefinitionInvalid(problems)   show each problem at its place; nothing was stored
├── StaleDraft(changes)           somebody else wrote meanwhile: show their changes, keep what was typed
├── NotPublished                  there is no live version to use or to return to
├── NotLive                       there is a live version, but it is switched off or paused
├── WrongKind                     that cannot be done with a workflow of this kind
├── NotAwaited                    an event came for a run that waits for none
├── NotRetryable                  the run cannot be tried again like this
│   └── StepGone(next_step)       the new version lacks the step where it stopped: ask whether to go on there
├── NotWaiting                    the run does not wait, or not for something that can be moved
├── BadMoment                     a run cannot be put off until then
└── InputInvalid(problems)        the values a run should start with are wrong; no run was made
"""

from collections.abc import Sequence
from dataclasses import dataclass

from workflows.definition.document import Step
from workflows.definition.problems import Problem


@dataclass(frozen=True)
class Change:
    """A write that the caller had not seen."""

    revision: int
    step_id: str
    """Empty for the settings or the whole document."""
    operation: str
    by: str


class WorkflowError(Exception):
    """`str()` is for the person who can act on it."""


class DefinitionInvalid(WorkflowError):
    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = tuple(problems)


class StaleDraft(WorkflowError):
    def __init__(self, current_revision: int, changes: Sequence[Change] = ()) -> None:
        super().__init__("The draft was changed meanwhile. Load it again and repeat your change.")
        self.current_revision = current_revision
        self.changes = tuple(changes)


class NotPublished(WorkflowError):
    pass


class NotLive(WorkflowError):
    pass


class WrongKind(WorkflowError):
    pass


class NotAwaited(WorkflowError):
    pass


class NotRetryable(WorkflowError):
    pass


class StepGone(NotRetryable):
    def __init__(self, message: str, next_step: Step | None) -> None:
        super().__init__(message)
        self.next_step = next_step
        """Where it could go on instead; None when that is not clear."""


class NotWaiting(WorkflowError):
    pass


class BadMoment(WorkflowError):
    pass


class InputInvalid(WorkflowError):
    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = tuple(problems)
