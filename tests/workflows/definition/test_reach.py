"""What the variable picker offers at a place."""

from collections.abc import Mapping

from connectors.declare import JSON
from tests.support.definitions import (
    make_branch,
    make_definition,
    make_registry,
    make_step,
    make_vocabulary,
    step_id,
)
from workflows.definition import reach
from workflows.definition.document import Definition
from workflows.definition.reach import Entry, Group
from workflows.templating import tokens


def make_chain(kind: str = "action") -> Definition:
    variables = [
        {"name": "number", "type": "integer", "required": True, "sample": 1042},
        {"name": "card", "source": "trusted", "from": "secure.card", "sample": "4242"},
    ]
    return make_definition(
        make_step("first"),
        make_step("split", "flow.split@1", branches=[
            make_branch("left", make_step("inner")),
            make_branch("right", make_step("across")),
        ]),
        make_step("each", "flow.loop@1", inputs={"items": "{{ session.cart }}"}, body=[make_step("item")]),
        make_step("send", "shop.send@1"),
        make_step("set", "flow.set_values@1", inputs={"values": [{"name": "greeting", "value": "Hi"}]}),
        kind=kind,
        **({"variables": variables} if kind == "action" else {}),
    )  # fmt: skip


def groups(at: str | None, samples: Mapping[str, JSON] | None = None, kind: str = "action") -> list[Group]:
    return reach.reachable(
        make_chain(kind), at, registry=make_registry(), vocabulary=make_vocabulary(), samples=samples or {}
    )


def by_path(found: list[Group]) -> dict[str, Entry]:
    return {entry.path: entry for group in found for entry in group.entries}


def test_the_nearest_step_comes_first_and_then_the_rest_in_order() -> None:
    assert [group.label for group in groups(step_id("send"))] == [
        "3. each",
        "2b.1. across",
        "2a.1. inner",
        "2. split",
        "1. first",
        "Conversation",
        "Variables",
        "Action variables",
        "Session",
        "Secure metadata",
        "Secrets",
        "This run",
    ]


def test_a_step_in_another_branch_or_later_is_not_offered() -> None:
    sources = [group.source for group in groups(step_id("across")) if group.root == "steps"]

    assert sources == [step_id("first")]


def test_what_stands_in_an_earlier_branch_may_be_empty() -> None:
    entries = by_path(groups(step_id("send")))

    assert entries["steps.inner.output.total"].optional
    assert not entries["steps.first.output.total"].optional


def test_within_a_loop_the_item_comes_first() -> None:
    first, *_ = groups(step_id("item"))

    assert [entry.path for entry in first.entries] == ["loop.item", "loop.index"]


def test_nothing_has_run_when_the_action_message_is_said() -> None:
    assert not [group for group in groups(reach.BEGINNING) if group.root == "steps"]


def test_at_the_end_every_step_of_the_chain_has_run() -> None:
    assert [group.source for group in groups(None)][:2] == [step_id("set"), step_id("send")]
    assert "steps.set.output.greeting" in by_path(groups(None))


def test_declared_outputs_have_their_samples_and_types() -> None:
    entries = by_path(groups(step_id("send"), {step_id("first"): {"total": 99, "items": [{"name": "Cup"}]}}))

    assert entries["steps.first.output.total"] == Entry(
        path="steps.first.output.total", label="Total", type="number", sample=99
    )
    assert entries["steps.first.output.items.first.name"].sample == "Cup"
    assert entries["steps.first.output.items.size"].sample == 1
    assert entries["steps.inner.output.total"].sample == 20.5


def test_an_output_of_any_shape_is_opened_by_what_came_last() -> None:
    last: dict[str, JSON] = {step_id("send"): {"id": 7, "a key": {"deep": True}, "no {{ key": 1}}

    entries = by_path(groups(step_id("set"), last))

    assert entries["steps.send.output.id"].type == "integer"
    assert entries['steps.send.output["a key"].deep'].sample is True
    assert not [path for path in entries if "no {{" in path]


def test_a_large_sample_does_not_flood_the_picker() -> None:
    inner: JSON = {f"inner{n}": n for n in range(100)}
    wide: dict[str, JSON] = {step_id("send"): {f"key{n}": inner for n in range(1000)}}

    (group,) = [group for group in groups(step_id("set"), wide) if group.source == step_id("send")]

    assert len(group.entries) <= 80


def test_secure_values_have_a_lock_and_no_sample() -> None:
    entries = by_path(groups(step_id("send")))

    assert entries["action.number"].sample == 1042
    assert (entries["action.card"].secure, entries["action.card"].sample) == (True, None)
    assert entries["secrets.API_KEY"].secure
    assert entries["secure.card"].secure


def test_the_analysis_is_offered_after_the_conversation_only() -> None:
    assert "analysis.mood" not in by_path(groups(None))
    assert "analysis.mood" in by_path(groups(None, kind="post_conversation"))


def test_every_offered_path_is_a_token() -> None:
    samples: dict[str, JSON] = {step_id("send"): {"a": [{"b c": 1}], "d-e": None, "1": 2, "if": 3}}

    for path in by_path(groups(None, samples)):
        (reference,) = tokens.references(f"{{{{ {path} }}}}")
        assert reference.is_whole
