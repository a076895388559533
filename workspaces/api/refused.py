"""How does the API say no? Always `{error: {code, message, problems?: [{path, code, message}]}}`."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Problem(Protocol):
    """Where something is wrong, and what."""

    @property
    def path(self) -> str: ...
    @property
    def code(self) -> str: ...
    @property
    def message(self) -> str: ...


class Refused(Exception):
    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        problems: Sequence[Problem] = (),
        *,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.problems = tuple(problems)
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.problems:
            error["problems"] = [shown(problem) for problem in self.problems]
        return {"error": error}


def shown(problem: Problem) -> dict[str, Any]:
    return {"path": problem.path, "code": problem.code, "message": problem.message}


def not_found(path: str = "") -> Refused:
    """The same for what does not exist and for what belongs to somebody else. `path`: the id in the body."""
    message = "There is nothing here, or it is not yours."
    return Refused(404, "not_found", message, [Missing(path)] if path else ())


class Missing:
    """A body names an object that does not exist in this workspace."""

    code = "not_found"
    message = "There is no such object in this workspace."

    def __init__(self, path: str) -> None:
        self.path = path
