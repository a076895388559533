"""A new name is a new slug, and every token that named the old one follows."""

import pytest

from tests.support.definitions import make_branch, make_definition, make_step, step_id
from tests.workflows.definition.test_operations import make_nested
from workflows.definition import document, operations, walk


@pytest.mark.parametrize(
    ("label", "slug"),
    [
        ("Look up order", "look_up_order"),
        ("Über—Größe!", "uber_grosse"),
        ("42", "step_42"),
        ("日本", "step"),
        ("x" * 200, "x" * 64),
    ],
)
def test_a_label_becomes_a_slug(label: str, slug: str) -> None:
    definition, _ = operations.rename_step(make_definition(make_step("a")), step_id("a"), label)

    assert definition.steps[0].slug == slug


def test_renaming_rewrites_every_place_that_tokens_can_be() -> None:
    token = "{{ steps.old.output.raw }}"
    definition = make_definition(
        make_step("old"),
        make_step(
            "a",
            "shop.send@1",
            inputs={"subject": token, "body": {"kind": "json", "value": [{"deep": token}]}},
        ),
        make_step(
            "b",
            "flow.split@1",
            branches=[
                make_branch(
                    "x",
                    make_step("c", inputs={"order": token}),
                    when={
                        "all": [
                            {"left": token, "op": "is", "right": token},
                            {"any": [{"left": token, "op": "is"}]},
                        ]
                    },
                )
            ],
        ),
        make_step(
            "d", "flow.loop@1", inputs={"items": token}, body=[make_step("e", inputs={"order": token})]
        ),
        message={
            "mode": "custom",
            "text": token,
            "delayed": {"text": token},
            "failure": token,
            "timeout": token,
        },
        response=[{"name": "r", "value": {"nested": [token]}}],
    )

    renamed, rewritten = operations.rename_step(definition, step_id("old"), "New name")

    text = document.canonical(renamed).decode()
    assert "steps.old." not in text
    assert rewritten == text.count("steps.new_name.") == 13
    assert [place.step.id for place in walk.places(renamed)] == [
        place.step.id for place in walk.places(definition)
    ]


def test_renaming_to_the_same_slug_rewrites_nothing() -> None:
    definition, rewritten = operations.rename_step(make_nested(), step_id("first"), "First!")

    assert rewritten == 0
    assert definition.steps[0].label == "First!"


def test_renaming_leaves_words_and_other_steps_alone() -> None:
    text = "steps.first {{ steps.first_2.x }} {{ x.steps.first }} {{ variables.first }}"
    definition = make_definition(make_step("first"), make_step("a", "shop.send@1", inputs={"subject": text}))

    renamed, rewritten = operations.rename_step(definition, step_id("first"), "Other")

    assert rewritten == 0
    assert renamed.steps[1].inputs["subject"] == text
