"""Does a rule hold? Decided from resolved values, the run's clock and its zone.

A value that cannot be compared as its operator asks is RuleWrong: nothing falls through silently. Null can be
compared: it is like nothing. Messages tell the kind of a value, never the value.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any, Final

from connectors.declare import JSON
from connectors.inputs import DECIMAL, INTEGER, LARGEST
from workflows.definition.operators import OPERATORS, PRESENCE, UNITS, BadPattern, pattern
from workflows.definition.shapes import Group, Rule
from workflows.templating import render
from workflows.templating.errors import MissingValue
from workflows.templating.filters import as_text, described

_LONGEST_DATE = 64


class RuleWrong(ValueError):
    """`str()` says which comparison cannot be made, for the person who built the step."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """What rules are decided from."""

    values: Mapping[str, Any]
    """The roots that tokens may name."""
    now: datetime
    zone: Callable[[], tzinfo]
    """Asked only when a date has to be read."""


class _Absent:
    """A value that is not there, for the operators to which that is an answer."""


ABSENT: Final = _Absent()


def group_holds(group: Group, given: Given) -> bool:
    """From left to right, no further than needed: *exists* may guard what follows it. Raises RuleWrong and
    TemplatingError.
    """
    each = (_holds(part, given) for part in group.rules)
    if not group.rules:
        return False
    return any(each) if group.mode == "any" else all(each)


def _holds(part: Rule | Group, given: Given) -> bool:
    if isinstance(part, Group):
        return group_holds(part, given)
    return compare(_left(part, given), part.op, render.resolve(part.right, given.values), given)


def _left(rule: Rule, given: Given) -> JSON | _Absent:
    try:
        return render.resolve(rule.left, given.values)
    except MissingValue:
        if rule.op in PRESENCE:
            return ABSENT
        raise


def compare(left: JSON | _Absent, op: str, right: JSON, given: Given) -> bool:
    """One rule with both sides resolved. Raises RuleWrong, or NotRendered for a number too large for text."""
    if op not in OPERATORS:
        raise RuleWrong(f"There is no operator “{op[:40]}”.")
    if op in PRESENCE:
        return _PRESENT[op](left)
    if isinstance(left, _Absent):
        raise RuleWrong(f"“{OPERATORS[op].label}” needs a value.")
    positive = _NEGATED.get(op)
    if positive is not None:
        return not compare(left, positive, right, given)
    if left is None or (right is None and OPERATORS[op].right != "nothing"):
        return False
    return _COMPARE[op](_Sides(left, right, OPERATORS[op].label, given))


# --- Presence ----------------------------------------------------------------------------------------------
def _exists(left: JSON | _Absent) -> bool:
    return left is not None and left is not ABSENT


def _is_empty(left: JSON | _Absent) -> bool:
    return not _exists(left) or left in ("", [], {})


_PRESENT: Mapping[str, Callable[[JSON | _Absent], bool]] = {
    "exists": _exists,
    "not_exists": lambda left: not _exists(left),
    "is_empty": _is_empty,
    "is_not_empty": lambda left: not _is_empty(left),
}
_NEGATED: Mapping[str, str] = {
    "is_not": "is",
    "not_contains": "contains",
    "ne": "eq",
    "size_ne": "size_eq",
}
"""Whatever is not so, null included, is otherwise."""


# --- Comparisons -------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class _Sides:
    left: JSON
    right: JSON
    label: str
    given: Given

    def wrong(self, needs: str, value: JSON) -> RuleWrong:
        return RuleWrong(f"“{self.label}” needs {needs}, but it was given {described(value)}.")

    def text(self, value: JSON) -> str:
        if isinstance(value, list | dict):
            raise self.wrong("a text", value)
        return as_text(value)

    def folded(self, value: JSON) -> str:
        return self.text(value).casefold()

    def number(self, value: JSON) -> int | float:
        if isinstance(value, str):
            text = value.strip()
            whole, broken = INTEGER.fullmatch(text), DECIMAL.fullmatch(text)
            value = int(text) if whole else float(text) if broken else value
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.wrong("a number", value)
        if not -LARGEST <= value <= LARGEST:
            raise RuleWrong(f"“{self.label}” was given a number that is too large.")
        return value

    def moment(self, value: JSON) -> datetime:
        """In UTC: times of one zone compare wrongly when its clocks are put back."""
        try:
            at = _read_date(value)
            return (at if at.tzinfo else at.replace(tzinfo=self.given.zone())).astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise self.wrong("a date such as 2026-12-24 or 2026-12-24T09:00", value) from error

    def day(self, value: JSON) -> date:
        try:
            return self.moment(value).astimezone(self.given.zone()).date()
        except OverflowError as error:
            raise self.wrong("a date such as 2026-12-24 or 2026-12-24T09:00", value) from error


def _read_date(value: JSON) -> datetime:
    if not isinstance(value, str) or len(value) > _LONGEST_DATE:
        raise ValueError
    return datetime.fromisoformat(value.strip())


def _is(sides: _Sides) -> bool:
    return sides.folded(sides.left) == sides.folded(sides.right)


def _contains(sides: _Sides) -> bool:
    """A part of a text, or an item of a list."""
    wanted = sides.folded(sides.right)
    if isinstance(sides.left, list):
        return any(sides.folded(item) == wanted for item in sides.left if not _is_structure(item))
    return wanted in sides.folded(sides.left)


def _is_structure(value: JSON) -> bool:
    return value is None or isinstance(value, list | dict)


def _matches(sides: _Sides) -> bool:
    text = sides.text(sides.left).encode(errors="replace").decode()
    try:
        return pattern(sides.text(sides.right)).search(text) is not None
    except BadPattern as error:
        raise RuleWrong(f"“{sides.label}”: {error}") from error


def _one_of(sides: _Sides) -> bool:
    """A text on the right is one with commas: `red, green`."""
    wanted = sides.right
    if not isinstance(wanted, list):
        wanted = [part.strip() for part in sides.text(wanted).split(",")]
    left = sides.folded(sides.left)
    return any(sides.folded(item) == left for item in wanted if item is not None)


def _number(test: Callable[[Any, Any], bool]) -> Callable[[_Sides], bool]:
    return lambda sides: test(sides.number(sides.left), sides.number(sides.right))


def _between(sides: _Sides) -> bool:
    ends = sides.right
    if not isinstance(ends, list) or len(ends) != 2:
        raise RuleWrong(f"“{sides.label}” needs two numbers: the lowest and the highest.")
    left = sides.number(sides.left)
    if None in ends:
        return False
    low, high = (sides.number(end) for end in ends)
    return low <= left <= high


def _boolean(wanted: bool) -> Callable[[_Sides], bool]:
    def test(sides: _Sides) -> bool:
        word = sides.left.strip().lower() if isinstance(sides.left, str) else sides.left
        if isinstance(word, bool):
            return word is wanted
        if word in ("true", "false"):
            return (word == "true") is wanted
        raise sides.wrong("true or false", sides.left)

    return test


def _date(test: Callable[[Any, Any], bool]) -> Callable[[_Sides], bool]:
    return lambda sides: test(sides.moment(sides.left), sides.moment(sides.right))


def _on(sides: _Sides) -> bool:
    return sides.day(sides.left) == sides.day(sides.right)


def _in_last(sides: _Sides) -> bool:
    return _within(_span(sides), sides.given.now - sides.moment(sides.left))


def _in_next(sides: _Sides) -> bool:
    return _within(_span(sides), sides.moment(sides.left) - sides.given.now)


def _within(span: timedelta, distance: timedelta) -> bool:
    return timedelta(0) <= distance <= span


def _span(sides: _Sides) -> timedelta:
    """A day is 24 hours, as it is for *Delay*."""
    span = sides.right
    if not isinstance(span, dict) or span.get("unit") not in UNITS:
        raise RuleWrong(f"“{sides.label}” needs a number and a unit of time: {', '.join(UNITS)}.")
    amount = sides.number(span.get("amount"))
    if amount < 0:
        raise RuleWrong(f"“{sides.label}” needs a length of time that is not negative.")
    try:
        return timedelta(**{str(span["unit"]): amount})
    except OverflowError:
        return timedelta.max


def _size(test: Callable[[Any, Any], bool]) -> Callable[[_Sides], bool]:
    def sized(sides: _Sides) -> bool:
        if not isinstance(sides.left, list):
            raise sides.wrong("a list", sides.left)
        return test(len(sides.left), sides.number(sides.right))

    return sized


_COMPARE: Mapping[str, Callable[[_Sides], bool]] = {
    "is": _is,
    "contains": _contains,
    "starts_with": lambda sides: sides.folded(sides.left).startswith(sides.folded(sides.right)),
    "ends_with": lambda sides: sides.folded(sides.left).endswith(sides.folded(sides.right)),
    "matches": _matches,
    "one_of": _one_of,
    "eq": _number(operator.eq),
    "gt": _number(operator.gt),
    "gte": _number(operator.ge),
    "lt": _number(operator.lt),
    "lte": _number(operator.le),
    "between": _between,
    "is_true": _boolean(True),
    "is_false": _boolean(False),
    "before": _date(operator.lt),
    "after": _date(operator.gt),
    "on": _on,
    "in_last": _in_last,
    "in_next": _in_next,
    "size_eq": _size(operator.eq),
    "size_gt": _size(operator.gt),
    "size_gte": _size(operator.ge),
    "size_lt": _size(operator.lt),
    "size_lte": _size(operator.le),
}
