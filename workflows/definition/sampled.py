"""What would the tokens at a place give, if the samples were what the run holds?"""

from collections.abc import Iterator, Mapping
from typing import Any

from connectors.declare import JSON
from workflows.definition.chain import Seen, in_loop, loops_around
from workflows.definition.names import Names
from workflows.definition.reach import first_item
from workflows.definition.shapes import Step
from workflows.definition.walk import Place

MASK = "••••••"


class Masked(Mapping[str, str]):
    """Secrets and secure values: dots, whatever the name."""

    def __getitem__(self, name: str) -> str:
        return MASK

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


def values(
    names: Names, at: Place | None, outputs: Mapping[str, JSON], start: Mapping[str, Any]
) -> dict[str, Any]:
    """`outputs` is step id → what it last gave; `start` holds the other roots. `at` None is the end."""
    earlier = names.chain.earlier(at)
    steps = {
        place.step.slug: {"output": output}
        for place in names.chain.places
        if names.chain.seen(place, at, earlier) in (Seen.SURELY, Seen.MAYBE)
        and (output := output_of(names, place.step, outputs)) is not None
    }
    found = {**start, "steps": steps, "secrets": Masked(), "secure": Masked()}
    if at is not None and in_loop(at):
        found["loop"] = {"index": 0, "item": first_item(loops_around(at)[-1], names, outputs)}
    return found


def output_of(names: Names, step: Step, outputs: Mapping[str, JSON]) -> JSON:
    """What it last gave, else what its action declares as an example; None if nobody knows."""
    if step.id in outputs:
        return outputs[step.id]
    known = names.registry.find(step.action)
    declared = known.action.outputs if known else ()
    return {output.name: output.sample for output in declared if output.sample is not None} or None
