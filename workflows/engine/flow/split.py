"""Which branches does a *Split* step take?"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any

from connectors.declare import JSON
from workflows.definition.shapes import Branch
from workflows.engine.flow.rules import Given, RuleWrong, group_holds


def taken(
    branches: Sequence[Branch],
    *,
    mode: str,
    values: Mapping[str, Any],
    now: datetime,
    zone: Callable[[], tzinfo],
) -> tuple[Branch, ...]:
    """The first branch whose rules hold, or `every` one, from left to right; if none does, *Otherwise*.

    A branch without rules is not taken, nor is an error branch. Raises RuleWrong, and TemplatingError for
    tokens.
    """
    given = Given(values=values, now=now, zone=zone)
    matching = _matching([branch for branch in branches if not branch.on_error], given)
    found = tuple(matching) if mode == "every" else tuple(first for first in [next(matching, None)] if first)
    return found or tuple(branch for branch in branches if branch.otherwise and not branch.on_error)[:1]


def output(branches: Sequence[Branch]) -> dict[str, JSON]:
    return {
        "taken": [branch.id for branch in branches],
        "labels": [branch.label for branch in branches],
    }


def _matching(branches: Sequence[Branch], given: Given) -> Iterator[Branch]:
    for branch in branches:
        if branch.otherwise or branch.when is None:
            continue
        try:
            holds = group_holds(branch.when, given)
        except RuleWrong as error:
            raise RuleWrong(f"In the branch “{branch.label or branch.id}”: {error}") from error
        if holds:
            yield branch
