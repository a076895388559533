"""What is read from a workflow document, what it looks like when written, and when two are the same."""

import json
from typing import Any

import pytest

from tests.support.definitions import (
    CONNECTION,
    make_branch,
    make_definition,
    make_document,
    make_registry,
    make_step,
)
from workflows.definition import document
from workflows.definition.document import Group, Rule

FULL_SETTINGS = {
    "message": {
        "mode": "custom",
        "text": "One moment.",
        "delayed": {"after_ms": 4000, "text": "Still on it."},
        "failure": "That did not work.",
        "timeout": "I will follow up.",
    },
    "deadline_s": 30,
    "variables": [
        {"name": "order_number", "type": "integer", "required": True, "source": "spoken", "sample": 1042},
        {"name": "customer", "source": "trusted", "from": "secure.card"},
    ],
    "response": [{"name": "total", "type": "number", "value": "{{ steps.look_up.output.total }}"}],
}


def full_document() -> dict[str, Any]:
    small = {"all": [{"left": "{{ steps.look_up.output.total }}", "op": "lt", "right": 100}, {"any": []}]}
    return make_document(
        make_step(
            "look_up",
            connection=CONNECTION,
            policy={"timeout_s": 10, "retries": 1, "on_error": "branch", "on_unknown": "retry"},
            branches=[make_branch("failed", make_step("tell"), on_error=True)],
        ),
        make_step(
            "by_amount",
            "flow.split@1",
            branches=[
                make_branch("small", make_step("pay"), when=small),
                make_branch("rest", otherwise=True),
            ],
        ),
        make_step(
            "each",
            "flow.loop@1",
            inputs={"items": "{{ steps.look_up.output.items }}"},
            body=[make_step("one")],
        ),
        **FULL_SETTINGS,
    )


def read(content: Any, kind: str = "action") -> document.Definition:
    return document.parse(content, kind=kind, registry=make_registry())


def test_everything_the_grammar_knows_is_read() -> None:
    definition = read(full_document())

    split = definition.steps[1]
    assert split.branches[0].when == Group(
        mode="all",
        rules=(Rule(left="{{ steps.look_up.output.total }}", op="lt", right=100), Group(mode="any")),
    )
    assert split.branches[1].otherwise
    assert definition.steps[0].branches[0].on_error
    assert definition.steps[2].body is not None
    assert definition.settings.variables[1].origin == "secure.card"
    assert definition.settings.message.delayed is not None


def test_what_is_written_is_read_back_the_same() -> None:
    definition = read(full_document())

    assert read(document.dump(definition)) == definition


def test_a_step_needs_no_more_than_id_slug_and_action() -> None:
    step = make_step("a")
    bare = {key: step[key] for key in ("id", "slug", "action")}

    definition = read(make_document(bare))

    assert definition.steps[0].enabled
    assert definition.steps[0].policy.on_error == "stop"


def test_settings_need_no_more_than_a_name() -> None:
    definition = read({"schema": 1, "settings": {"name": "x"}, "steps": []})

    assert definition.settings.deadline_s == 30


def test_defaults_left_out_and_written_out_are_the_same_document() -> None:
    short = read(make_document(make_step("a", "shop.send@1")))
    explicit = make_step(
        "a", "shop.send@1", inputs={"mode": "plain", "headers": [], "subject": "", "body": None}
    )

    assert document.digest(
        read(make_document({**explicit, "note": "", "connection": None}))
    ) == document.digest(short)


def test_an_empty_value_of_free_json_is_a_value() -> None:
    with_text = make_definition(make_step("a", "shop.send@1", inputs={"data": ""}))
    with_list = make_definition(make_step("a", "shop.send@1", inputs={"data": []}))
    without = make_definition(make_step("a", "shop.send@1", inputs={"data": None}))

    assert len({document.digest(each) for each in (with_text, with_list, without)}) == 3


def test_the_canonical_form_has_sorted_keys_and_no_spaces() -> None:
    content = document.canonical(make_definition(name="über"))

    assert (
        content
        == json.dumps(json.loads(content), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    )
    assert "über".encode() in content


def test_the_declared_default_is_not_shared_with_the_document() -> None:
    first = document.dump(make_definition(make_step("a", "shop.send@1")))
    first["steps"][0]["inputs"]["headers"].append("spoilt")  # type: ignore[index, call-overload, union-attr]

    assert make_definition(make_step("a", "shop.send@1")).steps[0].inputs["headers"] == []


def test_settings_of_a_post_conversation_workflow_are_few() -> None:
    definition = document.parse(
        {"schema": 1, "settings": {"name": "After", "enabled": True}, "steps": []},
        kind="post_conversation",
        registry=make_registry(),
    )

    assert document.dump(definition)["settings"] == {"name": "After", "description": "", "enabled": True}


@pytest.mark.parametrize(
    ("kind", "key"),
    [("post_conversation", "deadline_s"), ("post_conversation", "response"), ("action", "enabled")],
)
def test_settings_of_the_other_kind_are_unknown(kind: str, key: str) -> None:
    with pytest.raises(document.StructureInvalid) as refused:
        read({"schema": 1, "settings": {"name": "x", key: True}, "steps": []}, kind)

    assert [(problem.path, problem.code) for problem in refused.value.problems] == [
        (f"settings.{key}", "unknown_key")
    ]
