"""What keeps a workflow from going live, and what may be a mistake? All beyond structure, in plain words."""

from collections.abc import Iterator

from workflows.definition import check_settings, check_steps, walk
from workflows.definition.catalogue import Catalogue
from workflows.definition.chain import Chain, is_switched_off
from workflows.definition.names import Names
from workflows.definition.problems import Problem
from workflows.definition.shapes import Definition
from workflows.definition.vocabulary import Vocabulary

__all__ = ["Vocabulary", "check", "foreign_connections"]


def check(definition: Definition, *, registry: Catalogue, vocabulary: Vocabulary) -> list[Problem]:
    """Errors block publishing; warnings do not. Steps that are switched off are not looked at."""
    names = Names(definition, registry, vocabulary, Chain(definition))
    return [*check_settings.problems(names), *_of_steps(names)]


def foreign_connections(definition: Definition, vocabulary: Vocabulary) -> list[Problem]:
    """Connections that this workspace does not have: refused already when a draft is written."""
    return [
        check_steps.unknown_connection(place)
        for place in walk.places(definition)
        if place.step.connection is not None and place.step.connection not in vocabulary.connections
    ]


def _of_steps(names: Names) -> Iterator[Problem]:
    for place in names.chain.places:
        if not is_switched_off(place):
            yield from check_steps.problems(place, names)
