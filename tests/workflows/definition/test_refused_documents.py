"""Which documents cannot be stored? Each is refused with the path of what is wrong, never with a crash."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.definitions import make_branch, make_document, make_registry, make_step
from tests.workflows.definition.test_document import full_document
from workflows.definition import document
from workflows.definition.document import StructureInvalid

REGISTRY = make_registry()


def problems(content: Any, kind: str = "action") -> list[tuple[str, str]]:
    with pytest.raises(StructureInvalid) as refused:
        document.parse(content, kind=kind, registry=REGISTRY)
    return [(problem.path, problem.code) for problem in refused.value.problems]


def nested(depth: int) -> dict[str, Any]:
    step = make_step("deepest")
    for level in range(depth - 1):
        step = make_step(f"level{level}", "flow.loop@1", body=[step])
    return step


def deep_value(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


CASES: list[tuple[str, Any, tuple[str, str]]] = [
    ("no object", [], ("", "wrong_type")),
    ("null", None, ("", "wrong_type")),
    ("another schema", {**make_document(), "schema": 2}, ("schema", "unknown_schema")),
    ("true is not 1", {**make_document(), "schema": True}, ("schema", "unknown_schema")),
    ("an unknown key", {**make_document(), "triggers": []}, ("triggers", "unknown_key")),
    ("no name", {"schema": 1, "settings": {}, "steps": []}, ("settings.name", "missing")),
    ("a long name", make_document(name="x" * 121), ("settings.name", "too_long")),
    ("steps are no list", {**make_document(), "steps": {}}, ("steps", "wrong_type")),
    ("a step is no object", make_document("step"), ("steps[0]", "wrong_type")),
    ("an unknown setting", make_document(colour="red"), ("settings.colour", "unknown_key")),
    ("an unknown message key", make_document(message={"x": 1}), ("settings.message.x", "unknown_key")),
    (
        "an unknown line key",
        make_document(message={"delayed": {"x": 1}}),
        ("settings.message.delayed.x", "unknown_key"),
    ),
    ("a message text", make_document(message={"text": 5}), ("settings.message.text", "wrong_type")),
    ("a deadline in words", make_document(deadline_s="30"), ("settings.deadline_s", "wrong_type")),
    ("a deadline of true", make_document(deadline_s=True), ("settings.deadline_s", "wrong_type")),
    ("variables", make_document(variables={"name": "a"}), ("settings.variables", "wrong_type")),
    (
        "a variable key",
        make_document(variables=[{"name": "a", "x": 1}]),
        ("settings.variables[0].x", "unknown_key"),
    ),
    ("a variable without name", make_document(variables=[{}]), ("settings.variables[0].name", "missing")),
    (
        "required in words",
        make_document(variables=[{"name": "a", "required": "yes"}]),
        ("settings.variables[0].required", "wrong_type"),
    ),
    (
        "a response key",
        make_document(response=[{"name": "a", "x": 1}]),
        ("settings.response[0].x", "unknown_key"),
    ),
    ("an unknown step key", make_document(make_step("a", retries=3)), ("steps[0].retries", "unknown_key")),
    ("a bad id", make_document(make_step("a", id="1")), ("steps[0].id", "bad_id")),
    ("a number as id", make_document(make_step("a", id=1)), ("steps[0].id", "wrong_type")),
    ("a bad slug", make_document(make_step("a", slug="A b")), ("steps[0].slug", "bad_slug")),
    ("the same id", make_document(make_step("a"), make_step("a", slug="b")), ("steps[1].id", "duplicate_id")),
    (
        "the same slug",
        make_document(make_step("a"), make_step("b", slug="a")),
        ("steps[1].slug", "duplicate_slug"),
    ),
    ("an unknown action", make_document(make_step("a", "shop.fly@1")), ("steps[0].action", "unknown_action")),
    ("another version", make_document(make_step("a", "shop.find@2")), ("steps[0].action", "unknown_action")),
    (
        "an unknown input",
        make_document(make_step("a", inputs={"nope": 1})),
        ("steps[0].inputs.nope", "unknown_key"),
    ),
    ("inputs are no object", make_document(make_step("a", inputs=[])), ("steps[0].inputs", "wrong_type")),
    (
        "a connection's name",
        make_document(make_step("a", connection="mine")),
        ("steps[0].connection", "bad_id"),
    ),
    ("enabled in words", make_document(make_step("a", enabled="no")), ("steps[0].enabled", "wrong_type")),
    ("a policy key", make_document(make_step("a", policy={"x": 1})), ("steps[0].policy.x", "unknown_key")),
    (
        "retries in halves",
        make_document(make_step("a", policy={"retries": 1.5})),
        ("steps[0].policy.retries", "wrong_type"),
    ),
    ("a body without loop", make_document(make_step("a", body=[])), ("steps[0].body", "unknown_key")),
    (
        "branches without split",
        make_document(make_step("a", branches=[make_branch("x")])),
        ("steps[0].branches[0]", "unknown_key"),
    ),
    (
        "a branch key",
        make_document(make_step("a", "flow.split@1", branches=[make_branch("x", colour=1)])),
        ("steps[0].branches[0].colour", "unknown_key"),
    ),
    (
        "rules by both",
        make_document(
            make_step("a", "flow.split@1", branches=[make_branch("x", when={"all": [], "any": []})])
        ),
        ("steps[0].branches[0].when", "wrong_type"),
    ),
    (
        "a rule key",
        make_document(
            make_step("a", "flow.split@1", branches=[make_branch("x", when={"all": [{"op": "eq", "x": 1}]})])
        ),
        ("steps[0].branches[0].when.all[0].x", "unknown_key"),
    ),
    (
        "groups too deep",
        make_document(
            make_step(
                "a", "flow.split@1", branches=[make_branch("x", when={"all": [{"any": [{"all": []}]}]})]
            )
        ),
        ("steps[0].branches[0].when.all[0].any[0]", "too_deep"),
    ),
    ("seven levels", make_document(nested(7)), ("steps[0]" + ".body[0]" * 5 + ".body", "too_deep")),
    (
        "501 steps",
        make_document(*(make_step(f"s{n}", id=f"s_{n:08}") for n in range(501))),
        ("steps[500]", "too_many_steps"),
    ),
    ("half a megabyte", make_document(make_step("a", note="x" * (512 * 1024))), ("", "too_large")),
    (
        "not a number",
        make_document(make_step("a", inputs={"order": float("nan")})),
        ("steps[0].inputs.order", "not_json"),
    ),
    (
        "infinity",
        make_document(make_step("a", inputs={"order": [float("inf")]})),
        ("steps[0].inputs.order[0]", "not_json"),
    ),
    (
        "a huge number",
        make_document(make_step("a", inputs={"order": 10**5000})),
        ("steps[0].inputs.order", "not_json"),
    ),
    ("a NUL", make_document(make_step("a", note="a\x00b")), ("steps[0].note", "not_json")),
    ("half a character", make_document(make_step("a", note="\ud800")), ("steps[0].note", "not_json")),
    (
        "a NUL in a key",
        make_document(make_step("a", inputs={"order": {"\x00": 1}})),
        ("steps[0].inputs.order", "not_json"),
    ),
    (
        "an object",
        make_document(make_step("a", inputs={"order": object()})),
        ("steps[0].inputs.order", "not_json"),
    ),
    (
        "a deep input",
        make_document(make_step("a", inputs={"order": deep_value(25)})),
        ("steps[0].inputs.order" + "[0]" * 20, "too_deep"),
    ),
]


@pytest.mark.parametrize(
    ("content", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_a_document_that_cannot_be_stored_is_refused_with_the_path(
    content: Any, expected: tuple[str, str]
) -> None:
    assert expected in problems(content)


def test_six_levels_and_500_steps_are_allowed() -> None:
    steps = [make_step(f"s{n}", id=f"s_{n:08}") for n in range(494)]

    definition = document.parse(make_document(nested(6), *steps), kind="action", registry=REGISTRY)

    assert len(definition.steps) == 495


@pytest.mark.parametrize(
    "hostile",
    [
        lambda: deep_value(100_000),
        lambda: {"schema": 1, "settings": deep_value(5_000), "steps": []},
        lambda: {f"key{n}": n for n in range(100_000)},
        lambda: make_document(*([{}] * 100_000)),
        lambda: make_document(make_step("a", inputs={f"key{n}": n for n in range(20_000)})),
        lambda: {**make_document(), "steps": [[[]]] * 300_000},
        lambda: {1: 2},
    ],
    ids=["deep", "deep settings", "many keys", "many steps", "many inputs", "many lists", "number as key"],
)
def test_a_hostile_document_is_refused_like_any_other(hostile: Callable[[], Any]) -> None:
    assert 1 <= len(problems(hostile())) <= 50


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def places_in(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = (
        list(value.items())
        if isinstance(value, dict)
        else list(enumerate(value))
        if isinstance(value, list)
        else []
    )
    return [path, *(found for key, child in children for found in places_in(child, (*path, key)))]


def with_value(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = value.copy()
    copy[path[0]] = with_value(value[path[0]], path[1:], new)
    return copy


@settings(max_examples=300, deadline=None)
@given(
    place=st.sampled_from(places_in(full_document())),
    value=JSON_VALUES,
    kind=st.sampled_from(["action", "post_conversation"]),
)
def test_any_value_anywhere_is_either_kept_or_refused(place: tuple[Any, ...], value: Any, kind: str) -> None:
    content = with_value(full_document(), place, value)

    try:
        definition = document.parse(content, kind=kind, registry=REGISTRY)
    except StructureInvalid as refused:
        assert all(
            problem.path or problem.code in ("wrong_type", "too_large", "not_json", "unknown_key")
            for problem in refused.problems
        )
    else:
        again = document.parse(document.dump(definition), kind=kind, registry=REGISTRY)
        assert again == definition
        assert document.digest(again) == document.digest(definition)


@settings(max_examples=100, deadline=None)
@given(content=JSON_VALUES)
def test_any_json_is_read_or_refused(content: Any) -> None:
    assert problems(content)
