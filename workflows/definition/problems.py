"""What is wrong with a workflow, where, and does it keep it from going live?"""

from dataclasses import dataclass
from typing import Literal

type Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Problem:
    path: str
    """Where in the document: `steps[2].inputs.url`."""
    code: str
    message: str
    severity: Severity = "error"
    step_id: str = ""
    field: str = ""
    """The step's field, or the settings' one."""

    @property
    def is_error(self) -> bool:
        return self.severity == "error"


class StructureInvalid(Exception):
    """The document is not one that can be stored."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.path}: {problem.message}" for problem in problems[:3]))
        self.problems = problems


class OperationRefused(Exception):
    """The change cannot be made to this draft."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
