"""JSON typed by a person, with tokens bare or quoted."""

import pytest

from builder.forms import json_text


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ('{"a": 1}', {"a": 1}),
        ('{"number": {{ analysis.x }}}', {"number": "{{ analysis.x }}"}),
        ('{"number": "{{ analysis.x }}"}', {"number": "{{ analysis.x }}"}),
        ('[{{ a.b }}, {{ c.d | default: "x" }}]', ["{{ a.b }}", '{{ c.d | default: "x" }}']),
        ('{"hello": "Hi {{ a | default: "there" }}!"}', {"hello": 'Hi {{ a | default: "there" }}!'}),
        (r'{"hello": "Hi {{ a | default: \"there\" }}!"}', {"hello": 'Hi {{ a | default: "there" }}!'}),
        ('{"a": {"b": {}}}', {"a": {"b": {}}}),
        (r'"a \" {{ not closed"', 'a " {{ not closed'),
        ("{{ steps.x.output }}", "{{ steps.x.output }}"),
        ("null", None),
    ],
)
def test_a_token_may_stand_bare_or_quoted(typed: str, value: object) -> None:
    assert json_text.read(typed) == value


@pytest.mark.parametrize(
    "value",
    [{"a": "{{ x.y }}", "ä": [1, 2.5, True, None]}, "text", '{{ x | default: "y" }}', [], {"q": 'a"b\\c'}],
)
def test_what_is_shown_reads_as_what_is_stored(value: object) -> None:
    assert json_text.read(json_text.show(value)) == value  # type: ignore[arg-type]


def test_an_error_names_the_line() -> None:
    with pytest.raises(json_text.NotJson, match="line 3"):
        json_text.read('{\n"a": 1,\n"b": }')


@pytest.mark.parametrize(
    "typed", ["NaN", "[Infinity]", "1e999", "[" * 100_000, "1" * 10_000, '"' + "{{" * 30_000]
)
def test_what_cannot_be_kept_is_refused_at_once(typed: str) -> None:
    with pytest.raises(json_text.NotJson):
        json_text.read(typed)
