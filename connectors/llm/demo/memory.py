"""What does the demo model keep in mind between two messages? A few plain values, stored with the
conversation.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from connectors.declare import JSON


@dataclass
class Task:
    """A tool that is about to be called."""

    tool: str
    filled: dict[str, JSON] = field(default_factory=dict)
    asking: str = ""
    """The variable that the person was asked for last."""
    is_confirming: bool = False
    tries: int = 0

    def dumped(self) -> dict[str, JSON]:
        return {
            "tool": self.tool,
            "filled": self.filled,
            "asking": self.asking,
            "is_confirming": self.is_confirming,
            "tries": self.tries,
        }


@dataclass
class Memory:
    task: Task | None = None
    last: Task | None = None
    """The one before: what a correction corrects."""
    options: list[str] = field(default_factory=list)
    """Tools and outcomes that the person was asked to choose from."""
    known: dict[str, JSON] = field(default_factory=dict)
    """By variable: the value given last."""
    calls: int = 0
    not_understood: int = 0

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        return cls(
            task=_task(stored.get("task")),
            last=_task(stored.get("last")),
            options=list(stored.get("options") or ()),
            known=dict(stored.get("known") or {}),
            calls=int(stored.get("calls") or 0),
            not_understood=int(stored.get("not_understood") or 0),
        )

    def dumped(self) -> dict[str, JSON]:
        return {
            "task": self.task.dumped() if self.task else None,
            "last": self.last.dumped() if self.last else None,
            "options": list(self.options),
            "known": self.known,
            "calls": self.calls,
            "not_understood": self.not_understood,
        }


def _task(stored: Any) -> Task | None:
    return Task(**stored) if stored else None
