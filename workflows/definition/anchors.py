"""Where in the chain is a step put? After a step, or first in a branch, in a loop, or in the workflow."""

import re
from dataclasses import dataclass
from typing import Literal, cast

from workflows.definition.problems import OperationRefused

_ANCHOR = re.compile(r"(after|head|body):([sb]_[A-Za-z0-9]{8,40})")


@dataclass(frozen=True)
class Anchor:
    """Tied to ids, not to numbers, so that two people who add at once both keep their step."""

    kind: Literal["start", "after", "head", "body"]
    id: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}" if self.id else self.kind


START = Anchor("start")


def parse_anchor(text: str) -> Anchor:
    """`start`, `after:<step>`, `head:<branch>` or `body:<loop>`. Raises OperationRefused."""
    if text == "start":
        return START
    match = _ANCHOR.fullmatch(text)
    if match is None:
        raise OperationRefused("bad_anchor", "This is not a place in the workflow.")
    return Anchor(cast(Literal["after", "head", "body"], match[1]), match[2])
