"""What can go wrong in a workspace, split by what the caller does next.

WorkspaceError
├── Invalid(problems)   show each problem at its field; nothing was changed
├── TooManyAttempts     wait, then try again
└── VaultError          a ciphertext cannot be opened: it was moved, damaged, or its key is gone
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    path: str
    """The field, as the person or program named it."""
    code: str
    message: str


class WorkspaceError(Exception):
    pass


class Invalid(WorkspaceError):
    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = tuple(problems)


class TooManyAttempts(WorkspaceError):
    pass


class VaultError(WorkspaceError):
    pass
