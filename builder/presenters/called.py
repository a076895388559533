"""Which workflows may a step call, what is each called, and what does it take?"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from builder.presenters.controls import Option
from connectors.declare import JSON, Field, Kind
from connectors.registry import Known
from workflows.definition.catalogue import CALL_WORKFLOW, without_version
from workflows.definition.check_tokens import WORDS
from workflows.definition.shapes import ActionVariable
from workflows.definition.vocabulary import Neighbour, Vocabulary


def options(vocabulary: Vocabulary, chosen: str) -> Iterator[Option]:
    """The agent's other action workflows. Which of them cannot be called yet is said."""
    known = vocabulary.workflows
    offered = {
        id_: found for id_, found in known.items() if found.kind == "action" and id_ != vocabulary.workflow
    }
    yield Option(
        "", "Choose a workflow…" if offered else "This agent has no other action workflow", not chosen
    )
    for id_, found in sorted(offered.items(), key=lambda pair: pair[1].name.casefold()):
        yield Option(id_, _named(found), id_ == chosen)
    if chosen and chosen not in offered:
        yield Option(chosen, known[chosen].name if chosen in known else "A workflow that was deleted", True)


def with_names(
    inputs: Mapping[str, JSON], fields: tuple[Field, ...], vocabulary: Vocabulary
) -> Mapping[str, JSON]:
    """A step's inputs as its summary takes them: names in place of ids."""
    ids = [field.name for field in fields if field.kind is Kind.WORKFLOW and inputs.get(field.name)]
    found = {name: vocabulary.workflows.get(str(inputs[name])) for name in ids}
    return {**inputs, **{name: one.name if one else "a deleted workflow" for name, one in found.items()}}


def described(field: Field, known: Known, chosen: str, vocabulary: Vocabulary) -> Field:
    """The input of a called workflow says what that one takes."""
    called = vocabulary.workflows.get(chosen)
    if without_version(known.ref) != CALL_WORKFLOW or field.name != "input" or called is None:
        return field
    if not called.variables:
        return replace(field, help=f"{called.name} takes no action variables.", placeholder="")
    takes = ", ".join(_taken(variable) for variable in called.variables)
    first = called.variables[0].name
    return replace(field, help=f"{called.name} takes {takes}.", placeholder=f'{{"{first}": … }}')


def _taken(variable: ActionVariable) -> str:
    notes = [WORDS.get(variable.type, variable.type)]
    if variable.origin:
        notes.append(f"else from {variable.origin}")
    elif not variable.required:
        notes.append("optional")
    return f"{variable.name} ({', '.join(notes)})"


def _named(found: Neighbour) -> str:
    if found.is_paused:
        return f"{found.name} (paused)"
    return found.name if found.is_live else f"{found.name} (not live yet)"
