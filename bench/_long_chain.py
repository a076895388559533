"""A chain as large as people make it: Splits of seven steps in two branches, Loops, and steps between."""

from collections.abc import Iterator
from itertools import count

from bench._workflows import branch, when
from connectors.declare import JSON
from workflows.definition.document import new_branch_id, new_step_id


def long_chain(parts: int) -> list[JSON]:
    """Twenty steps a part, with ids as they are in real life."""
    numbers = count()
    return [step for _ in range(parts) for step in _part(numbers)]


def _part(numbers: Iterator[int]) -> Iterator[JSON]:
    ruled = branch(
        "Left", id=new_branch_id(), when=when("{{ run.number }}", "gt", 1), steps=_some(7, numbers)
    )
    otherwise = branch("Otherwise", id=new_branch_id(), otherwise=True, steps=_some(7, numbers))
    yield {**_named("Choose", numbers), "action": "flow.split@1", "branches": [ruled, otherwise]}
    items: dict[str, JSON] = {"items": [1, 2, 3]}
    yield {**_named("Each", numbers), "action": "flow.loop@1", "inputs": items, "body": _some(2, numbers)}
    yield from _some(2, numbers)


def _some(many: int, numbers: Iterator[int]) -> list[JSON]:
    values: dict[str, JSON] = {"values": [{"name": "greeting", "value": "Hello"}]}
    return [{**_named("Step", numbers), "action": "flow.set_values@1", "inputs": values} for _ in range(many)]


def _named(label: str, numbers: Iterator[int]) -> dict[str, JSON]:
    number = next(numbers)
    return {"id": new_step_id(), "slug": f"step_{number}", "label": f"{label} {number}"}
