"""What a field holds once its tokens are filled in."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from connectors.declare import JSON
from workflows.templating import render
from workflows.templating.errors import MissingValue, NotRendered, TokenSyntax

ORDER = {
    "total": 20.5,
    "number": 1042,
    "paid": True,
    "note": None,
    "items": [{"name": "Cup", "price": 8}, {"name": "Pot", "price": 12.5}],
    "limit": 5,
    "if": "a key like a keyword",
    "first name": "Ada",
    "nested": {"deep": {"er": ["x", "y"]}},
}
VALUES: dict[str, Any] = {
    "steps": {"find": {"output": ORDER}},
    "action": {"number": 7, "card": {"$secure": "card"}},
    "variables": {"plan": "gold", "key": "number", "index": 1},
    "secrets": {"KEY": "s3cret"},
    "secure": {"card": "4242"},
    "now": "2026-11-22T21:00:00Z",
}


def resolve(value: JSON, *, long: bool = False, **values: Any) -> JSON:
    return render.resolve(value, {**VALUES, **values}, long=long)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no token", "no token"),
        ("{{ steps.find.output.number }}", 1042),
        ("{{steps.find.output.total}}", 20.5),
        ("{{ steps.find.output.paid }}", True),
        ("{{ steps.find.output.note }}", None),
        ("{{ steps.find.output.items }}", ORDER["items"]),
        ("{{ steps.find.output.items[1].name }}", "Pot"),
        ("{{ steps.find.output.items[-1].name }}", "Pot"),
        ("{{ steps.find.output.items.first.name }}", "Cup"),
        ("{{ steps.find.output.items.last.price }}", 12.5),
        ("{{ steps.find.output.items.size }}", 2),
        ('{{ steps.find.output["first name"] }}', "Ada"),
        ("{{ steps['find'].output.number }}", 1042),
        ("{{ steps.find.output[variables.key] }}", 1042),
        ("{{ steps.find.output.items[variables.index].name }}", "Pot"),
        ("{{ steps.find.output.limit }}", 5),
        ("{{ steps.find.output.limit | plus: 1 }}", 6),
        ("{{ steps.find.output.if | upcase }}", "A KEY LIKE A KEYWORD"),
        ("{{ steps.find.output.nested.deep }}", {"er": ["x", "y"]}),
        ("{{ now }}", "2026-11-22T21:00:00Z"),
        ("{{ 'text' }}", "text"),
        ("{{ 5 }}", 5),
        ("{{ true }}", True),
        ("{{ nil }}", None),
    ],
)
def test_a_single_token_keeps_its_type(text: str, expected: JSON) -> None:
    resolved = resolve(text)

    assert resolved == expected
    assert type(resolved) is type(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Order {{ steps.find.output.number }}!", "Order 1042!"),
        (" {{ steps.find.output.number }}", " 1042"),
        ("{{ variables.plan }}{{ variables.plan }}", "goldgold"),
        ("is paid: {{ steps.find.output.paid }}", "is paid: true"),
        ("note: {{ steps.find.output.note }}.", "note: ."),
        ("total {{ steps.find.output.total }}", "total 20.5"),
        ("whole {{ 3.0 }}", "whole 3"),
        ("list {{ steps.find.output.nested.deep.er }}", 'list ["x", "y"]'),
        ("a {{- variables.plan -}} b", "agoldb"),
        ("{{ '{{' }} is how tokens begin", "{{ is how tokens begin"),
        ('{"a": {"b": {{ action.number }}}}', '{"a": {"b": 7}}'),
    ],
)
def test_a_mixed_field_is_text(text: str, expected: str) -> None:
    assert resolve(text) == expected


def test_types_are_kept_inside_nested_json_and_keys_are_left_alone() -> None:
    value: JSON = {"{{ now }}": [1, None, {"n": "{{ action.number }}", "t": "n = {{ action.number }}"}]}

    assert resolve(value) == {"{{ now }}": [1, None, {"n": 7, "t": "n = 7"}]}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("{{ steps.find.output.nope }}", "steps.find.output.nope"),
        ("Hi {{ steps.find.output.nope.deeper }}", "steps.find.output.nope.deeper"),
        ("{{ steps.other.output }}", "steps.other.output"),
        ("{{ nothing.there }}", "nothing.there"),
        ("{{ steps.find.output.items[2] }}", "steps.find.output.items[2]"),
        ("{{ steps.find.output.items.name }}", "steps.find.output.items.name"),
        ("{{ steps.find.output.note.x }}", "steps.find.output.note.x"),
        ("{{ steps.find.output.number.real }}", "steps.find.output.number.real"),
        ("{{ variables.plan[0] }}", "variables.plan[0]"),
        ("{{ variables.plan.size }}", "variables.plan.size"),
        ("{{ secrets.NOPE }}", "secrets.NOPE"),
        ("{{ steps.find.output.nope | upcase }}", "steps.find.output.nope"),
    ],
)
def test_a_key_that_does_not_exist_is_an_error_that_names_it(text: str, path: str) -> None:
    with pytest.raises(MissingValue) as missing:
        resolve(text)

    assert missing.value.path == path
    assert path in str(missing.value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ steps.find.output.nope | default: 'none' }}", "none"),
        ("{{ steps.find.output.note | default: 'none' }}", "none"),
        ("{{ steps.find.output.paid | default: 'none' }}", True),
        ("{{ '' | default: 'none' }}", ""),
        ("{{ false | default: true }}", False),
        ("{{ 0 | default: 5 }}", 0),
        ("{{ steps.find.output.nope | default: variables.plan }}", "gold"),
        ("{{ steps.find.output.nope | default: variables.nope | default: 3 }}", 3),
        ("{{ steps.find.output.number | default: variables.nope }}", 1042),
        ("{{ steps.find.output.nope | upcase | default: 'none' }}", "none"),
        ("{{ steps.find.output.note | upcase }}", None),
        ("{{ nothing.at.all | default: nil }}", None),
    ],
)
def test_default_replaces_missing_and_null_only(text: str, expected: JSON) -> None:
    assert resolve(text) == expected


def test_a_default_that_is_missing_itself_is_an_error() -> None:
    with pytest.raises(MissingValue, match=r"variables\.nope"):
        resolve("{{ steps.find.output.note | default: variables.nope }}")


def test_what_a_token_gives_is_never_read_for_tokens_again() -> None:
    evil = "{{ secrets.KEY }}{% if true %}x{% endif %}"

    assert resolve("{{ variables.evil }}", variables={"evil": evil}) == evil
    assert resolve("Hi {{ variables.evil }}", variables={"evil": evil}) == f"Hi {evil}"
    assert resolve("{{ variables.evil | strip }}", variables={"evil": evil}) == evil
    assert (
        resolve("{% for x in variables.evil %}{{ x }}{% endfor %}", variables={"evil": [evil]}, long=True)
        == evil
    )


def test_a_secure_action_variable_is_filled_in_by_the_callers_mapping() -> None:
    assert resolve("{{ action.card }}") == "4242"
    assert resolve("{{ action.card }}", secure={"card": "•••"}) == "•••"


def test_a_marker_that_came_in_data_is_only_data() -> None:
    """An answer of a service must not be able to ask for a secure value."""
    marker = {"$secure": "card"}

    assert resolve("{{ variables.a }}", variables={"a": marker}) == marker
    assert resolve("{{ action.a.b }}", action={"a": {"b": marker}}) == marker


class Lazy(Mapping[str, Any]):
    """A root that finds what it is asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __getitem__(self, name: str) -> Any:
        self.asked.append(name)
        return {"x": name}

    def __iter__(self) -> Iterator[str]:
        return iter(("a", "b"))

    def __len__(self) -> int:
        return 2


def test_a_lazy_root_is_asked_for_what_is_named_only() -> None:
    lazy = Lazy()

    assert resolve("{{ conversation.transcript.x }}", conversation=lazy) == "transcript"
    assert lazy.asked == ["transcript"]


def test_a_whole_lazy_root_becomes_plain_json() -> None:
    assert resolve("{{ conversation }}", conversation=Lazy()) == {"a": {"x": "a"}, "b": {"x": "b"}}


@pytest.mark.parametrize(
    "text", ["{{ secrets }}", "{{ secure | json }}", "{{ secrets[variables.key] }}", "{{ secrets[0] }}"]
)
def test_secrets_are_reached_by_their_literal_name_only(text: str) -> None:
    with pytest.raises(TokenSyntax, match="Name one value"):
        resolve(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{% if steps.find.output.paid %}yes{% else %}no{% endif %}", "yes"),
        ("{% if steps.find.output.nope %}yes{% else %}no{% endif %}", "no"),
        ("{% if steps.find.output.nope == 1 or variables.plan == 'gold' %}yes{% endif %}", "yes"),
        ("{% if steps.find.output.total > 100 %}a{% elsif steps.find.output.total > 20 %}b{% endif %}", "b"),
        ("{% if variables.plan contains 'ol' %}yes{% endif %}", "yes"),
        ("{% if steps.find.output.items == empty %}none{% else %}some{% endif %}", "some"),
        (
            "{% for i in steps.find.output.items %}{{ forloop.index }}. {{ i.name }}\n{% endfor %}",
            "1. Cup\n2. Pot\n",
        ),
        ("{% for i in steps.find.output.items limit: 1 %}{{ i.price }}{% endfor %}", "8"),
        ("{% for i in steps.find.output.items reversed %}{{ i.name }}{% endfor %}", "PotCup"),
        ("{% for i in steps.find.output.note %}x{% else %}none{% endfor %}", "none"),
        (
            "{% for pair in steps.find.output.nested %}{{ pair[0] }}={{ pair[1].er.size }}{% endfor %}",
            "deep=2",
        ),
        ("{{ steps.find.output.number }}", 1042),
    ],
)
def test_long_texts_may_have_conditions_and_loops(text: str, expected: JSON) -> None:
    assert resolve(text, long=True) == expected


def test_a_missing_list_is_an_error() -> None:
    with pytest.raises(MissingValue):
        resolve("{% for i in steps.find.output.nope %}{% endfor %}", long=True)


def test_a_missing_value_within_a_condition_is_an_error_outside_of_it() -> None:
    with pytest.raises(MissingValue):
        resolve("{% if steps.find.output.paid %}{{ steps.find.output.nope }}{% endif %}", long=True)


def test_a_comparison_of_text_and_number_says_so() -> None:
    with pytest.raises(NotRendered, match="could not be filled in"):
        resolve("{% if variables.plan > 3 %}x{% endif %}", long=True)


def test_an_error_names_what_is_written_and_not_what_data_chose() -> None:
    with pytest.raises(MissingValue) as missing:
        resolve("{{ steps.find.output[action.card].x }}")

    assert missing.value.path == "steps.find.output[…]"
    assert "4242" not in str(missing.value)


@pytest.mark.parametrize("text", ["{{ steps.find.output[secrets.KEY] }}", "{{ variables[secure.card] }}"])
def test_a_secret_cannot_choose_another_value(text: str) -> None:
    with pytest.raises(TokenSyntax, match="cannot choose"):
        resolve(text)
