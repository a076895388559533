"""A copied step comes in anywhere as one of its own: new ids, free slugs; tokens follow or are reported."""

import pytest

from tests.support.definitions import (
    make_branch,
    make_definition,
    make_registry,
    make_step,
    make_vocabulary,
    step_id,
)
from workflows.definition import check, copying, document, walk
from workflows.definition.anchors import START, Anchor
from workflows.definition.document import Definition
from workflows.definition.problems import OperationRefused, StructureInvalid

REGISTRY = make_registry()
TOKEN = "{{{{ steps.{}.output.total }}}}"


def pasted(content: object, into: Definition, anchor: Anchor = START) -> Definition:
    step = copying.read_step(content, registry=REGISTRY)  # type: ignore[arg-type]
    after, _ = copying.paste_step(into, step, anchor)
    return after


def slugs(definition: Definition) -> list[str]:
    return [place.step.slug for place in walk.places(definition)]


def test_a_step_pasted_beside_itself_has_a_name_and_an_id_of_its_own() -> None:
    definition = make_definition(make_step("find"))

    after = pasted(make_step("find"), definition, Anchor("after", step_id("find")))

    assert slugs(after) == ["find", "find_2"]
    assert len({place.step.id for place in walk.places(after)}) == 2


def test_tokens_within_what_was_copied_follow_and_others_stay() -> None:
    inner = make_step("next", inputs={"order": TOKEN.format("first")})
    outer = make_step("last", inputs={"order": TOKEN.format("find")})
    split = make_step(
        "ways", "flow.split@1", branches=[make_branch("a", make_step("first"), inner, outer, otherwise=True)]
    )

    after = pasted(
        split, make_definition(make_step("first"), make_step("find")), Anchor("after", step_id("find"))
    )

    copied = after.steps[2].branches[0].steps
    assert [step.slug for step in copied] == ["first_2", "next", "last"]
    assert copied[1].inputs["order"] == TOKEN.format("first_2")
    assert copied[2].inputs["order"] == TOKEN.format("find")


def test_what_it_refers_to_and_is_not_there_is_reported() -> None:
    after = pasted(make_step("alone", inputs={"order": TOKEN.format("nowhere")}), make_definition())

    found = check.check(after, registry=REGISTRY, vocabulary=make_vocabulary())
    assert "unknown_step" in {problem.code for problem in found if problem.step_id == after.steps[0].id}


def test_a_step_without_id_and_slug_can_be_pasted_too() -> None:
    content = {"label": "Look it up", "action": "shop.find@1", "inputs": {"order": 3}}

    assert pasted(content, make_definition()).steps[0].inputs == {"order": 3}


@pytest.mark.parametrize(
    "content",
    [
        [],
        "text",
        {},
        {"action": "no.such@1"},
        {"action": "shop.find@1", "more": 1},
        {"action": "shop.find@1", "inputs": {"nothing": 1}},
        document.dump(make_definition(make_step("find"))),
    ],
)
def test_what_is_no_step_is_refused_with_its_reason(content: object) -> None:
    with pytest.raises(StructureInvalid) as refused:
        pasted(content, make_definition())

    assert refused.value.problems[0].message


def test_a_place_that_is_gone_is_refused() -> None:
    with pytest.raises(OperationRefused):
        pasted(make_step("find"), make_definition(), Anchor("after", "s_gone00000"))
