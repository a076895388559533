"""A removed step can be put back exactly, and what used it is reported."""

import pytest

from tests.support.definitions import make_registry, make_vocabulary, step_id
from tests.workflows.definition.test_operations import chain, make_nested
from workflows.definition import check, operations, walk

REGISTRY = make_registry()


@pytest.mark.parametrize("slug", ["first", "choice", "inner", "each", "one", "last"])
def test_restoring_is_the_exact_inverse_of_removing(slug: str) -> None:
    before = make_nested()

    without, removed = operations.remove_step(before, step_id(slug))
    stored = operations.parse_removed(operations.dump_removed(removed), registry=REGISTRY)

    assert walk.find(without, step_id(slug)) is None
    assert operations.restore_step(without, stored) == before


def test_a_step_comes_back_near_its_place_when_that_is_gone() -> None:
    definition, last = operations.remove_step(make_nested(), step_id("last"))
    definition, _ = operations.remove_step(definition, step_id("each"))

    assert chain(operations.restore_step(definition, last))[-1] == "3 last"


def test_a_step_comes_back_at_the_start_when_all_around_it_is_gone() -> None:
    definition, inner = operations.remove_step(make_nested(), step_id("inner"))
    definition, _ = operations.remove_step(definition, step_id("choice"))

    assert chain(operations.restore_step(definition, inner))[0] == "1 inner"


def test_a_restored_step_whose_slug_was_taken_gets_another() -> None:
    definition, removed = operations.remove_step(make_nested(), step_id("last"))
    definition, _ = operations.rename_step(definition, step_id("first"), "Last")

    restored = operations.restore_step(definition, removed)

    assert restored.steps[-1].slug == "last_2"
    assert restored.steps[-1].id == step_id("last")


def test_removing_a_step_that_others_use_is_reported() -> None:
    definition, _ = operations.remove_step(make_nested(), step_id("first"))

    found = check.check(definition, registry=REGISTRY, vocabulary=make_vocabulary())

    assert {(problem.step_id, problem.code) for problem in found} == {
        (step_id("inner"), "unknown_step"),
        (step_id("each"), "unknown_step"),
    }
