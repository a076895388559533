"""Which paths a text refers to, and how it is rewritten when a step's slug changes."""

import pytest

from workflows.templating import tokens
from workflows.templating.tokens import Reference, TokenSyntax


def paths(text: str, *, long: bool = False) -> list[tuple[str | int, ...]]:
    return [reference.path for reference in tokens.references(text, long=long)]


def test_a_reference_knows_where_it_stands() -> None:
    text = "Hi {{ steps.find.output.items[0].name | default: variables.name }}!"

    first, second = tokens.references(text)

    assert first == Reference(
        ("steps", "find", "output", "items", 0, "name"), 6, 37, filters=("default",), is_optional=True
    )
    assert text[first.start : first.end] == "steps.find.output.items[0].name"
    assert text[second.start : second.end] == "variables.name"


@pytest.mark.parametrize("text", ["{{ variables.a }}", "{{variables.a|upcase}}", '{{ variables["a"] }}'])
def test_a_text_of_one_token_is_whole(text: str) -> None:
    (reference,) = tokens.references(text)

    assert reference.is_whole
    assert reference.path == ("variables", "a")


def test_a_path_that_data_decides_is_cut_there() -> None:
    cut, inner = tokens.references("{{ steps.a.output[variables.key].x }}")

    assert (cut.path, cut.is_cut) == (("steps", "a", "output"), True)
    assert inner.path == ("variables", "key")


def test_names_of_loops_are_no_references() -> None:
    inside = "{{ item.x }}{{ forloop.index }}{{ variables[item.key] }}"
    text = "{% for item in steps.a.output %}" + inside + "{% endfor %}{{ item.x }}"

    assert paths(text, long=True) == [("steps", "a", "output"), ("variables",), ("item", "x")]


def test_what_stands_in_a_condition_is_optional() -> None:
    condition = "{% if variables.a == variables.b and variables.c %}"
    text = condition + "{{ variables.d }}{% elsif variables.e %}{% endif %}"

    found = {str(one.path[1]): one.is_optional for one in tokens.references(text, long=True)}

    assert found == {"a": True, "b": True, "c": True, "d": False, "e": True}


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("Hello {{ name", 6),
        ("{{ }}", 3),
        ("ab {{ x | shout }}", 10),
        ("ab {{ x § }}", 8),
        ("{{ a.b }} {% if x %}", 12),
        ("{{ secrets }}", 3),
        ("x" * 65_537 + "{{ a }}", 0),
    ],
)
def test_an_unreadable_text_says_where(text: str, position: int) -> None:
    with pytest.raises(TokenSyntax) as refused:
        tokens.references(text)

    assert refused.value.position == position


def test_a_loop_cannot_take_the_name_of_a_root() -> None:
    with pytest.raises(TokenSyntax, match="already means something"):
        tokens.references("{% for steps in variables.list %}{{ steps }}{% endfor %}", long=True)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ steps.old.output }}", "{{ steps.new.output }}"),
        ("{{steps.old.output|default:steps.old.error}}", "{{steps.new.output|default:steps.new.error}}"),
        ("{{ steps['old'].x }} {{ steps[ \"old\" ].x }}", "{{ steps['new'].x }} {{ steps[ \"new\" ].x }}"),
        ("{{ steps . old . x }}", "{{ steps . new . x }}"),
        ("{{ a[steps.old.x] }}", "{{ a[steps.new.x] }}"),
        ("{% if steps.old.x %}steps.old{% endif %}", "{% if steps.new.x %}steps.old{% endif %}"),
        ("{% for i in steps.old.output %}", "{% for i in steps.new.output %}"),
        ("{{ steps.old | broken & }} {{ steps.old", "{{ steps.new | broken & }} {{ steps.new"),
        ("steps.old", "steps.old"),
        ("{{ steps.older.x }} {{ steps.old_2.x }}", "{{ steps.older.x }} {{ steps.old_2.x }}"),
        ("{{ x.steps.old }}", "{{ x.steps.old }}"),
        ("{{ 'steps.old' }}", "{{ 'steps.old' }}"),
        ("{{ variables.old }}", "{{ variables.old }}"),
    ],
)
def test_a_renamed_step_is_rewritten_wherever_a_token_names_it(text: str, expected: str) -> None:
    assert tokens.rewrite(text, {"old": "new"}) == expected


def test_two_steps_can_change_places() -> None:
    assert (
        tokens.rewrite("{{ steps.a.x }}{{ steps.b.x }}", {"a": "b", "b": "a"})
        == "{{ steps.b.x }}{{ steps.a.x }}"
    )
