"""What each filter gives, and what it says when its value does not fit."""

from typing import Any

import pytest

from connectors.declare import JSON
from workflows.templating import render
from workflows.templating.errors import NotRendered, TokenSyntax
from workflows.templating.filters import FILTERS

VALUES: dict[str, Any] = {
    "variables": {
        "list": ["a", "b", 3],
        "empty": [],
        "text": "  Hello world ",
        "html": "<b>\"Tom\" & 'Jerry'</b>",
        "when": "2026-03-09T07:05:03.250+00:00",
        "object": {"a": 1},
        "yes": True,
        "price": "19.90",
        "huge": 1e300,
    }
}


def filtered(expression: str) -> JSON:
    return render.resolve(f"{{{{ {expression} }}}}", VALUES)


CASES: list[tuple[str, JSON]] = [
    ("variables.list | size", 3),
    ("variables.object | size", 1),
    ("'añb' | size", 3),
    ("variables.list | first", "a"),
    ("variables.list | last", 3),
    ("variables.empty | first", None),
    ("variables.list | join", "a b 3"),
    ("variables.list | join: ', '", "a, b, 3"),
    ("'a,b' | split: ','", ["a", "b"]),
    ("'ab' | split: ''", ["a", "b"]),
    ("'a,b' | split: ',' | last", "b"),
    ("'straße' | upcase", "STRASSE"),
    ("'ÄB' | downcase", "äb"),
    ("'hELLO' | capitalize", "Hello"),
    ("variables.text | strip", "Hello world"),
    ("'a.b.c' | replace: '.', '-'", "a-b-c"),
    ("'a.b' | replace: '.'", "ab"),
    ("'abcdef' | truncate: 4", "abc…"),
    ("'abcdef' | truncate: 4, ''", "abcd"),
    ("'abc' | truncate", "abc"),
    ("'abcdef' | truncate: -5, 'x'", "x"),
    ("1 | plus: 2", 3),
    ("'1' | plus: '2'", 3),
    ("0.1 | plus: 0.2", 0.3),
    ("variables.price | minus: 9", 10.9),
    ("3 | times: 1.5", 4.5),
    ("7 | divided_by: 2", 3),
    ("-7 | divided_by: 2", -4),
    ("7.0 | divided_by: 2", 3.5),
    ("2.5 | round", 3),
    ("-2.5 | round", -3),
    ("1.005 | round: 2", 1.01),
    ("19 | round: 2", 19.0),
    ("variables.object | json", '{"a": 1}'),
    ("nil | json", "null"),
    ("'é' | json", '"é"'),
    ("variables.html | escape", "&lt;b&gt;&quot;Tom&quot; &amp; &#x27;Jerry&#x27;&lt;/b&gt;"),
    ("nil | upcase", None),
    ("nil | plus: 1", None),
    ("variables.when | date: '%d.%m.%Y %H:%M:%S.%L'", "09.03.2026 07:05:03.250"),
    ("variables.when | date: '%A %-d %B %y, %-I:%M %p'", "Monday 9 March 26, 7:05 AM"),
    ("variables.when | date: '%F %T %j %u %V %z %Z %%'", "2026-03-09 07:05:03 068 1 11 +0000 UTC %"),
    ("variables.when | date: '%R %Z', 'America/New_York'", "03:05 EDT"),
    ("'2026-03-09' | date: '%e %b'", " 9 Mar"),
    ("0 | date: '%F %s'", "1970-01-01 0"),
]


@pytest.mark.parametrize(("expression", "expected"), CASES)
def test_a_filter_gives(expression: str, expected: JSON) -> None:
    assert filtered(expression) == expected


def test_every_filter_is_tried() -> None:
    used = {part.split(":")[0].strip() for expression, _ in CASES for part in expression.split("|")[1:]}

    assert used | {"default"} == set(FILTERS)


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("'abc' | plus: 1", "“plus” needs a number, but it was given a text"),
        ("1 | times: variables.yes", "needs a number"),
        ("1 | times: nil", "given nothing"),
        ("'NaN' | plus: 1", "needs a number"),
        ("'1e999999' | plus: 1", "needs a number"),
        ("'1e29' | times: '1e29'", "too large"),
        ("1 | divided_by: 0", "divide by zero"),
        ("1 | round: 13", "0 to 12"),
        ("'abc' | first", "needs a list"),
        ("variables.object | join", "needs a list"),
        ("5 | size", "needs a text, a list or an object"),
        ("'abc' | replace: '', 'x'", "needs the text"),
        ("'soon' | date: '%Y'", "needs a date"),
        ("variables.yes | date: '%Y'", "needs a date"),
        ("variables.huge | date: '%Y'", "needs a date"),
        ("1e5 | plus: 1", "neither a number nor a name"),
        ("variables.when | date: '%Q'", "not a part of a date format"),
        ("variables.when | date: '%9999999d'", "not a part of a date format"),
        ("variables.when | date: '%d', 'Mars/Olympus'", "not a time zone"),
        ("variables.when | date: '%d', '../../etc/passwd'", "not a time zone"),
        ("'x' | truncate: 'many'", "needs a number"),
    ],
)
def test_a_value_that_does_not_fit_is_named(expression: str, says: str) -> None:
    with pytest.raises((NotRendered, TokenSyntax)) as refused:
        filtered(expression)

    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("1 | attr: 'x'", "There is no filter “attr”"),
        ("1 | map: 'x'", "There is no filter “map”"),
        ("1 | plus", "takes one value"),
        ("1 | plus: 1, 2", "takes one value"),
        ("'a' | upcase: 1", "takes no values"),
        ("'a' | replace", "takes 1 to 2 values"),
        ("1 | default: 2, allow_false: true", "without names"),
        ("1 | default: empty", "cannot be read"),
        ("empty", "names a value"),
        ("now if true", "cannot be read"),
    ],
)
def test_a_filter_that_is_written_wrongly_is_refused_when_read(expression: str, says: str) -> None:
    with pytest.raises(TokenSyntax) as refused:
        filtered(expression)

    assert says in str(refused.value)


def test_no_chain_of_filters_can_make_a_text_grow_without_end() -> None:
    grow = " | ".join(["'aaaaaaaaaa'", *["replace: 'a', 'aaaaaaaaaa'"] * 20])

    with pytest.raises(NotRendered, match="longer than"):
        filtered(grow)


@pytest.mark.parametrize("expression", ["variables.list | join: ', '", "variables.long | escape"])
def test_joining_and_escaping_are_bounded_too(expression: str) -> None:
    values = {"variables": {"list": ["x" * 1000] * 2000, "long": "&" * 900_000}}

    with pytest.raises(NotRendered, match="longer than"):
        render.resolve(f"{{{{ {expression} }}}}", values)


@pytest.mark.parametrize("name", [name for name in FILTERS if name != "default"])
def test_what_a_filter_says_never_quotes_the_value(name: str) -> None:
    """It may be a secret, and a part of one is not found by those who mask whole ones."""
    canary = "canary-0123456789-" * 10
    needed = ", ".join(["secrets.KEY"] * FILTERS[name].least)

    for value in ("secrets.KEY", "variables.list", "variables.object", "variables.yes"):
        try:
            render.resolve(f"{{{{ {value} | {name}: {needed} }}}}", {**VALUES, "secrets": {"KEY": canary}})
        except (NotRendered, TokenSyntax) as refused:
            assert "canary" not in str(refused)
