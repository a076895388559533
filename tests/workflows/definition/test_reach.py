"""What the variable picker offers at a place."""

from collections.abc import Mapping
from typing import Any

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
from workflows.definition.document import Definition, ResponseField
from workflows.definition.reach import Entry, Group
from workflows.definition.vocabulary import Neighbour
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

    assert sources == [step_id("split"), step_id("first")]


def test_what_stands_in_an_earlier_branch_may_be_empty() -> None:
    entries = by_path(groups(step_id("send")))

    assert entries["steps.inner.output.total"].optional
    assert not entries["steps.first.output.total"].optional


def test_within_a_loop_the_item_comes_first() -> None:
    first, *_ = groups(step_id("item"))

    assert [entry.path for entry in first.entries] == ["loop.item", "loop.index"]


def test_nothing_has_run_when_the_action_message_is_said() -> None:
    assert {entry.path for group in groups(None) for entry in group.entries if "message" in entry.not_in} == {
        entry.path for group in groups(None) if group.root == "steps" for entry in group.entries
    }


def test_the_order_key_is_made_before_there_is_a_run() -> None:
    late = {
        path.partition(".")[0] for path, entry in by_path(groups(None)).items() if "order_key" in entry.not_in
    }

    assert late == {"steps", "run", "now"}


def test_what_a_step_sets_in_the_session_is_not_there_when_the_message_is_said() -> None:
    entries = offered(
        make_step("keep", "flow.set_session@1", inputs={"name": "order_number", "value": 1}), at=None
    )

    assert entries["session.order_number"].not_in == ("message", "order_key")
    assert not entries["session.cart"].not_in


def test_of_steps_further_away_all_of_it_stands_first() -> None:
    first = {group.label: group.entries[0].path for group in groups(step_id("send")) if group.root == "steps"}

    assert first["3. each"] == "steps.each.output.results"
    assert first["1. first"] == "steps.first.output"


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

    for entry in by_path(groups(None, samples)).values():
        (reference,) = tokens.references(entry.token, long=entry.is_each)
        assert reference.is_whole is not entry.is_each


def test_a_list_offers_its_first_item_each_item_and_how_many() -> None:
    entries = by_path(groups(step_id("send"), {step_id("first"): {"items": [{"name": "Cup"}]}}))
    items = "steps.first.output.items"

    assert entries[f"{items}.first.name"].token == f"{{{{ {items}.first.name }}}}"
    assert entries[f"{items}.size"].label == "How many"
    each = entries[f"{items}[…].name"]
    assert each.token == f"{{% for item in {items} %}}{{{{ item.name }}}}\n{{% endfor %}}"
    assert each.token_without_tags == ""
    assert each.sample == "Cup"


def test_without_tags_the_items_of_a_list_are_joined() -> None:
    entries = by_path(groups(step_id("set"), {step_id("send"): {"tags": ["red"], "rows": [{"deep": [1]}]}}))

    assert entries["steps.send.output.tags[…]"].token_without_tags == (
        "{{ steps.send.output.tags | join: ', ' }}"
    )
    assert not entries["steps.send.output.rows[…]"].token_without_tags
    assert "steps.send.output.rows[…].deep" in entries
    assert "steps.send.output.rows[…].deep[…]" not in entries


def test_what_a_sample_holds_and_the_step_does_not_declare_is_not_offered() -> None:
    entries = by_path(groups(step_id("send"), {step_id("first"): {"total": {"net": 1}}}))

    assert "steps.first.output.total" in entries
    assert "steps.first.output.total.net" not in entries


# --- Flow --------------------------------------------------------------------------------------------------
def offered(*steps: JSON, at: str | None, kind: str = "action", **vocabulary: Any) -> dict[str, Entry]:
    found = reach.reachable(
        make_definition(*steps, kind=kind),
        step_id(at) if at else None,
        registry=make_registry(),
        vocabulary=make_vocabulary(**vocabulary),
        samples={step_id("find"): {"items": [{"name": "Lamp", "price": 12}], "tags": ["red"]}},
    )
    return by_path(found)


def make_loop(items: str) -> dict[str, JSON]:
    return make_step("each", "flow.loop@1", inputs={"items": items}, body=[make_step("use")])


def test_the_item_of_a_loop_is_opened_by_its_list() -> None:
    entries = offered(make_step("find"), make_loop("{{ steps.find.output.items }}"), at="use")

    assert (entries["loop.item"].type, entries["loop.item"].sample) == (
        "object",
        {"name": "Lamp", "price": 12},
    )
    assert (entries["loop.item.name"].type, entries["loop.item.name"].sample) == ("string", "Lamp")
    assert entries["loop.index"].type == "integer"


def test_the_item_of_a_list_of_any_shape_is_opened_by_what_came_last() -> None:
    entries = offered(make_step("find"), make_loop("{{ steps.find.output.raw }}"), at="use")

    assert (entries["loop.item"].type, entries["loop.item"].sample) == ("any", None)


def test_a_step_that_may_fail_offers_its_error() -> None:
    tried = make_step("tried", policy={"on_error": "continue"})
    entries = offered(make_step("find"), tried, make_step("last"), at="last")

    assert entries["steps.tried.error.message"].optional
    assert entries["steps.tried.output.total"].optional
    assert not entries["steps.find.output.total"].optional
    assert "steps.find.error.message" not in entries


def test_within_an_error_branch_there_is_the_error_and_no_output() -> None:
    branch = make_branch("error", make_step("inner"), on_error=True)
    entries = offered(make_step("tried", policy={"on_error": "branch"}, branches=[branch]), at="inner")

    assert not entries["steps.tried.error.code"].optional
    assert "steps.tried.output.total" not in entries


def test_a_split_offers_what_it_took_within_its_branches_and_after() -> None:
    split = make_step("choice", "flow.split@1", branches=[make_branch("left", make_step("inner"))])

    for at in ("inner", "last"):
        assert offered(split, make_step("last"), at=at)["steps.choice.output.labels"].type == "array"


def test_session_variables_that_earlier_steps_set_are_offered() -> None:
    keep = make_step("keep", "flow.set_session@1", inputs={"name": "order_number", "value": 1})

    assert "session.order_number" in offered(keep, make_step("last"), at="last")
    assert "session.order_number" not in offered(keep, make_step("last"), at="keep")


def test_the_address_of_events_is_offered_after_conversations() -> None:
    assert "run.event_url" in offered(make_step("find"), at="find", kind="post_conversation")
    assert "run.event_url" not in offered(make_step("find"), at="find")


def test_the_result_of_a_called_workflow_is_offered() -> None:
    called = Neighbour(name="look_up", kind="action", response=(ResponseField(name="total", type="number"),))
    call = make_step("call", "flow.call_workflow@1", inputs={"workflow": "id"})

    entries = offered(call, make_step("last"), at="last", workflows={"id": called})

    assert entries["steps.call.output.total"].type == "number"
