"""Can each branch of a step be taken, and can its rules be decided?"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from connectors.declare import JSON
from connectors.inputs import DECIMAL
from workflows.definition import check_tokens
from workflows.definition.catalogue import SPLIT, without_version
from workflows.definition.check_tokens import Spot
from workflows.definition.names import Names, Viewpoint
from workflows.definition.operators import (
    OPERATORS,
    PRESENCE,
    UNITS,
    BadPattern,
    For,
    Operator,
    Right,
    pattern,
)
from workflows.definition.outputs import ANY
from workflows.definition.problems import Problem
from workflows.definition.shapes import Branch, Group, Rule
from workflows.definition.walk import Place
from workflows.templating.tokens import has_tokens

_EXPECTED: Mapping[For, str] = {
    "text": "string",
    "number": "number",
    "boolean": "boolean",
    "date": "datetime",
    "list": "array",
    "any": ANY,
}
_TAKES_LISTS = frozenset(("contains", "not_contains"))
_BOOLEAN = re.compile("true|false", re.IGNORECASE)


def problems(place: Place, names: Names, view: Viewpoint) -> Iterator[Problem]:
    branches = place.step.branches
    ordinary = [branch for branch in branches if not branch.on_error]
    if without_version(place.step.action) == SPLIT and all(branch.otherwise for branch in ordinary):
        message = "A split needs a branch with rules. Add one."
        yield _problem(place, "branches", "required", message)
    for index, branch in enumerate(branches):
        yield from _of_place(place, branch, ordinary, f"branches[{index}]")
        yield from _of_branch(place, branch, f"branches[{index}]", names, view)
    if sum(branch.on_error for branch in branches) > 1:
        yield _problem(place, "branches", "bad_value", "A step has one error branch.")


def _problem(place: Place, key: str, code: str, message: str) -> Problem:
    return Problem(f"{place.path}.{key}", code, message, step_id=place.step.id, field="branches")


def _of_place(place: Place, branch: Branch, ordinary: list[Branch], path: str) -> Iterator[Problem]:
    if not branch.label.strip():
        yield _problem(place, f"{path}.label", "required", "A branch needs a name.")
    if not branch.otherwise or branch.on_error:
        return
    if any(other.otherwise for other in ordinary[ordinary.index(branch) + 1 :]):
        yield _problem(place, f"{path}.otherwise", "bad_value", "There is one “Otherwise” at most.")
    elif branch is not ordinary[-1]:
        yield _problem(place, f"{path}.otherwise", "bad_value", "“Otherwise” is the last branch.")


def _of_branch(place: Place, branch: Branch, path: str, names: Names, view: Viewpoint) -> Iterator[Problem]:
    label = branch.label or "This branch"
    if branch.otherwise or branch.on_error:
        if branch.when is not None:
            yield _problem(place, f"{path}.when", "bad_value", f"“{label}” has no rules.")
        return
    if branch.when is None or not branch.when.rules:
        if without_version(place.step.action) == SPLIT:
            message = f"“{label}” has no rules, so it is never taken. Add one."
            yield _problem(place, f"{path}.when", "required", message)
        return
    spot = Spot(label=label, view=view, step_id=place.step.id, field="branches")
    yield from _of_group(branch.when, f"{place.path}.{path}.when", spot, names)


def _of_group(group: Group, path: str, spot: Spot, names: Names) -> Iterator[Problem]:
    for index, rule in enumerate(group.rules):
        at = f"{path}.{group.mode}[{index}]"
        if isinstance(rule, Rule):
            yield from _of_rule(rule, at, spot, names)
        elif rule.rules:
            yield from _of_group(rule, at, spot, names)
        else:
            message = f"In “{spot.label}”: a group without rules never matches. Add a rule, or remove it."
            yield spot.problem(at, "required", message)


def _of_rule(rule: Rule, path: str, spot: Spot, names: Names) -> Iterator[Problem]:
    known = OPERATORS.get(rule.op)
    if known is None:
        yield from check_tokens.problems(rule.left, f"{path}.left", spot, names)
        yield from check_tokens.problems(rule.right, f"{path}.right", spot, names)
        yield spot.problem(f"{path}.op", "unknown_operator", f"There is no operator “{rule.op[:40]}”.")
        return
    yield from _of_left(rule, known, f"{path}.left", spot, names)
    if known.right != "nothing":
        yield from _of_right(rule.right, known, f"{path}.right", spot, names)


def _of_left(rule: Rule, known: Operator, path: str, spot: Spot, names: Names) -> Iterator[Problem]:
    if rule.left in (None, ""):
        yield spot.problem(path, "required", f"In “{spot.label}”: choose what to compare.")
        return
    if rule.op in PRESENCE:
        found = check_tokens.problems(rule.left, path, spot, names)
        yield from (problem for problem in found if problem.code != "undefined_name")
        return
    expects = ANY if rule.op in _TAKES_LISTS else _EXPECTED[known.of]
    yield from check_tokens.problems(rule.left, path, replace(spot, expects=expects), names)
    if not _has_tokens(rule.left) and (wrong := _LEFT[known.of](rule.left)):
        yield spot.problem(path, "bad_value", _said(spot, known, wrong))


def _of_right(value: JSON, known: Operator, path: str, spot: Spot, names: Names) -> Iterator[Problem]:
    if value in (None, "", []):
        yield spot.problem(path, "required", f"In “{spot.label}”: say what “{known.label}” compares with.")
        return
    expects = _RIGHT_TYPES.get(known.right, ANY)
    yield from check_tokens.problems(value, path, replace(spot, expects=expects), names)
    for at, part, wrong in _RIGHT[known.right](value):
        if not _has_tokens(part):
            yield spot.problem(path + at, "bad_value", _said(spot, known, wrong))


def _said(spot: Spot, known: Operator, wrong: str) -> str:
    return f"In “{spot.label}”: “{known.label}” {wrong}"


def _has_tokens(value: JSON) -> bool:
    return isinstance(value, str) and has_tokens(value)


# --- Literals ----------------------------------------------------------------------------------------------
def is_number(value: JSON) -> bool:
    """A number, or a text that reads as one."""
    if isinstance(value, str):
        return DECIMAL.fullmatch(value.strip()) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: JSON) -> str:
    return "" if is_number(value) else "needs a number."


def _text(value: JSON) -> str:
    return "needs a text." if isinstance(value, list | dict) else ""


def _boolean(value: JSON) -> str:
    is_one = isinstance(value, bool) or (isinstance(value, str) and _BOOLEAN.fullmatch(value.strip()))
    return "" if is_one else "needs true or false."


def _date(value: JSON) -> str:
    try:
        datetime.fromisoformat(value.strip() if isinstance(value, str) else "")
    except ValueError:
        return "needs a date such as 2026-12-24 or 2026-12-24T09:00."
    return ""


def _list(value: JSON) -> str:
    return "" if isinstance(value, list) else "needs a list."


_LEFT: Mapping[For, Callable[[JSON], str]] = {
    "text": lambda value: "",
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "list": _list,
    "any": lambda value: "",
}

type _Wrong = Iterator[tuple[str, JSON, str]]
"""Where in the right side, the part that is wrong unless it holds tokens, and why."""


def _one(test: Callable[[JSON], str]) -> Callable[[JSON], _Wrong]:
    def wrong(value: JSON) -> _Wrong:
        if said := test(value):
            yield "", value, said

    return wrong


def _pattern(value: JSON) -> str:
    try:
        if isinstance(value, str) and not has_tokens(value):
            pattern(value)
    except BadPattern as error:
        return f"has a pattern that is none. {error}"
    return "" if isinstance(value, str) else "needs a pattern."


def _texts(value: JSON) -> _Wrong:
    for index, item in enumerate(value if isinstance(value, list) else ()):
        if said := _text(item):
            yield f"[{index}]", item, said
    if isinstance(value, dict):
        yield "", value, "needs a list of texts."


def _range(value: JSON) -> _Wrong:
    if not isinstance(value, list) or len(value) != 2 or any(end in (None, "") for end in value):
        yield "", value, "needs two numbers: the lowest and the highest."
        return
    for index, end in enumerate(value):
        if said := _number(end):
            yield f"[{index}]", end, said


def _span(value: JSON) -> _Wrong:
    if not isinstance(value, dict):
        yield "", value, "needs a number and a unit of time."
        return
    amount = value.get("amount")
    if not is_number(amount) or float(str(amount)) < 0:
        yield ".amount", amount, "needs a number that is not negative."
    if value.get("unit") not in UNITS:
        yield ".unit", value.get("unit"), f"needs a unit of time: {', '.join(UNITS)}."


_RIGHT: Mapping[Right, Callable[[JSON], _Wrong]] = {
    "text": _one(_text),
    "texts": _texts,
    "pattern": _one(_pattern),
    "number": _one(_number),
    "range": _range,
    "date": _one(_date),
    "span": _span,
}
_RIGHT_TYPES: Mapping[Right, str] = {
    "text": "string",
    "pattern": "string",
    "number": "number",
    "range": "array",
    "date": "datetime",
    "span": "object",
}
