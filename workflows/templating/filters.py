"""Which filters may a token use? Own ones: none calls code, none lets a value grow past the limit."""

import html
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation
from typing import Any

from workflows.templating import dates
from workflows.templating.errors import NotRendered

MAX_VALUE = 1_000_000
"""Characters of one value: what a step may put out at most."""
_MAX_NUMBER = Decimal(10) ** 30
_EXACT = 1e15
"""Up to here 3.0 reads as 3."""
_ARITHMETIC = Context(prec=40)


@dataclass(frozen=True)
class Filter:
    function: Callable[..., Any]
    least: int = 0
    most: int = 0
    gives: str = "any"
    """The type of what comes out: string | number | integer | array | same | any."""
    takes_null: bool = False
    """Null passes through every other filter untouched."""


def as_text(value: Any) -> str:
    """How a value reads inside other text: null is empty, lists and objects are JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number_text(value)
    return _json(value)


def plain(value: Any) -> Any:
    """The same value as plain JSON: a lazy mapping becomes a dict, a pair of a loop a list."""
    if isinstance(value, dict | list | str | int | float | bool) or value is None:
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(value[key]) for key in value}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return str(value)


def _number_text(value: float) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        raise NotRendered("A number is too large.")
    if isinstance(value, int) and abs(value) >= _MAX_NUMBER:
        raise NotRendered("A number is too large.")
    return str(int(value)) if float(value).is_integer() and abs(value) < _EXACT else str(value)


def _json(value: Any) -> str:
    try:
        return json.dumps(plain(value), ensure_ascii=False, allow_nan=False, default=plain)
    except (ValueError, TypeError, RecursionError) as error:
        raise NotRendered("A value cannot be written as JSON.") from error


def _text(value: Any) -> str:
    return _bounded(as_text(value))


def _bounded(text: str) -> str:
    if len(text) > MAX_VALUE:
        raise NotRendered(f"A text would be longer than {MAX_VALUE:,} characters.")
    return text


def _list(value: Any, name: str) -> list[Any]:
    if isinstance(value, list | tuple):
        return list(value)
    raise NotRendered(f"“{name}” needs a list, but it was given {described(value)}.")


def _number(value: Any, name: str) -> Decimal:
    if isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            number = _ARITHMETIC.create_decimal(value if isinstance(value, int) else str(value).strip())
        except (InvalidOperation, ValueError):
            number = Decimal("NaN")
        if number.is_finite() and abs(number) < _MAX_NUMBER:
            return number
    raise NotRendered(f"“{name}” needs a number, but it was given {described(value)}.")


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and value.strip().lstrip("+-").isdecimal())


def described(value: Any) -> str:
    """The kind of a value, never the value itself: it may be a secret."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case str():
            return "a text"
        case int() | float():
            return "a number"
        case Mapping():
            return "an object"
    return "a list"


def _result(number: Decimal, *, whole: bool) -> int | float:
    if abs(number) >= _MAX_NUMBER:
        raise NotRendered("A number is too large.")
    return int(number) if whole else float(number)


def _arithmetic(
    name: str, operation: Callable[[Decimal, Decimal], Decimal]
) -> Callable[[Any, Any], int | float]:
    def apply(value: Any, other: Any) -> int | float:
        answer = operation(_number(value, name), _number(other, name))
        return _result(answer, whole=_is_whole(value) and _is_whole(other))

    return apply


def _divided_by(value: Any, other: Any) -> int | float:
    """Whole numbers divide into a whole number, rounded down, as everywhere in Liquid."""
    dividend, divisor = _number(value, "divided_by"), _number(other, "divided_by")
    if not divisor:
        raise NotRendered("“divided_by” cannot divide by zero.")
    if _is_whole(value) and _is_whole(other):
        return int(dividend) // int(divisor)
    return _result(_ARITHMETIC.divide(dividend, divisor), whole=False)


def _round(value: Any, places: Any = 0) -> int | float:
    digits = int(_number(places, "round"))
    if not 0 <= digits <= 12:
        raise NotRendered("“round” takes 0 to 12 decimal places.")
    number = _number(value, "round")
    rounded = number.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP, context=Context(prec=60))
    return _result(rounded, whole=digits == 0)


def _size(value: Any) -> int:
    if isinstance(value, str | list | tuple | Mapping):
        return len(value)
    raise NotRendered(f"“size” needs a text, a list or an object, but it was given {described(value)}.")


def _first(value: Any) -> Any:
    items = _list(value, "first")
    return items[0] if items else None


def _last(value: Any) -> Any:
    items = _list(value, "last")
    return items[-1] if items else None


def _join(value: Any, separator: Any = " ") -> str:
    items, glue = [as_text(item) for item in _list(value, "join")], _text(separator)
    if sum(map(len, items)) + len(glue) * len(items) > MAX_VALUE:
        raise NotRendered(f"A text would be longer than {MAX_VALUE:,} characters.")
    return glue.join(items)


def _split(value: Any, separator: Any) -> list[str]:
    text, by = _text(value), _text(separator)
    return text.split(by) if by else list(text)


def _replace(value: Any, old: Any, new: Any = "") -> str:
    text, before, after = _text(value), _text(old), _text(new)
    if not before:
        raise NotRendered("“replace” needs the text that it shall replace.")
    if len(text) + text.count(before) * (len(after) - len(before)) > MAX_VALUE:
        raise NotRendered(f"A text would be longer than {MAX_VALUE:,} characters.")
    return text.replace(before, after)


def _truncate(value: Any, length: Any = 50, ellipsis: Any = "…") -> str:
    text, most, end = _text(value), int(_number(length, "truncate")), _text(ellipsis)
    if len(text) <= most:
        return text
    return text[: max(most - len(end), 0)] + end


def _date(value: Any, pattern: Any, zone: Any = None) -> str:
    return dates.formatted(value, _text(pattern), _text(zone) if zone is not None else None)


FILTERS: Mapping[str, Filter] = {
    # `default` takes its value only when it is needed: the evaluation knows it by name.
    "default": Filter(lambda value, _instead: value, least=1, most=1, gives="any", takes_null=True),
    "size": Filter(_size, gives="integer"),
    "first": Filter(_first),
    "last": Filter(_last),
    "join": Filter(_join, most=1, gives="string"),
    "split": Filter(_split, least=1, most=1, gives="array"),
    "upcase": Filter(lambda value: _text(value).upper(), gives="string"),
    "downcase": Filter(lambda value: _text(value).lower(), gives="string"),
    "capitalize": Filter(lambda value: _text(value).capitalize(), gives="string"),
    "strip": Filter(lambda value: _text(value).strip(), gives="string"),
    "replace": Filter(_replace, least=1, most=2, gives="string"),
    "truncate": Filter(_truncate, most=2, gives="string"),
    "date": Filter(_date, least=1, most=2, gives="string"),
    "plus": Filter(_arithmetic("plus", _ARITHMETIC.add), least=1, most=1, gives="number"),
    "minus": Filter(_arithmetic("minus", _ARITHMETIC.subtract), least=1, most=1, gives="number"),
    "times": Filter(_arithmetic("times", _ARITHMETIC.multiply), least=1, most=1, gives="number"),
    "divided_by": Filter(_divided_by, least=1, most=1, gives="number"),
    "round": Filter(_round, most=1, gives="number"),
    "json": Filter(lambda value: _bounded(_json(value)), gives="string", takes_null=True),
    "escape": Filter(lambda value: _bounded(html.escape(_text(value))), gives="string"),
}
