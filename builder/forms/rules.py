"""What stands in the rows of the rule editor, and how does it become a group of rules and back?

Rows are flat, in the order of the page: a rule, a group, and the rules in it after it. Every row posts every
column, so that the form works without JavaScript and typed text survives whatever operator is chosen.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from builder.forms import typed
from builder.forms.typed import NotReadable, Post, Row, Typed
from connectors.declare import JSON, Field, Kind
from workflows.definition.operators import OPERATORS, UNITS
from workflows.templating import tokens

COLUMNS = ("at", "left", "op", "right", "high", "unit")
RULE, GROUP, INNER = "rule", "group", "inner"
MODES = ("all", "any")
MOST = 100
"""Rows; nobody can read more."""
EMPTY: Row = {"at": RULE, "left": "", "op": "is", "right": "", "high": "", "unit": "days"}
_NUMBER = Field(name="value", kind=Kind.NUMBER, label="Value")
_WHOLE = Field(name="value", kind=Kind.INTEGER, label="Value")


class RulesWrong(ValueError):
    """What was typed cannot be stored: row → why."""

    def __init__(self, errors: Mapping[int, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = errors


@dataclass(frozen=True)
class Redrawn:
    form: Typed
    new_row: int | None = None
    """The row that was just added."""


def posted(name: str, post: Post) -> Typed:
    rows = typed.posted_rows(name, COLUMNS, post)[:MOST]
    mode = "".join(post.getlist(f"{name}.kind")[-1:])
    return Typed(kind=mode if mode in MODES else "all", rows=tuple(_well_formed(rows)))


def shown(when: JSON) -> Typed:
    mode, members = _members(when)
    return Typed(kind=mode, rows=tuple(row for row, _ in _shown(members)))


def paths(when: JSON) -> list[str]:
    """Of each row, where it stands in the document: `all[1].any[0]`."""
    mode, members = _members(when)
    found = []
    for index, member in enumerate(members):
        at = f"{mode}[{index}]"
        found.append(at)
        if _is_group(member):
            inner, below = _members(member)
            found += [f"{at}.{inner}[{number}]" for number in range(len(below))]
    return found


def read(form: Typed, stored: JSON) -> JSON:
    """The group as the document has it; None when nothing is asked. Raises RulesWrong.

    A row that looks like a stored rule is that rule, exactly.
    """
    if form == shown(stored):
        return stored
    known = {tuple(row.items()): rule for row, rule in _shown(_members(stored)[1])}
    errors: dict[int, str] = {}
    rules: list[JSON] = []
    inside: list[JSON] | None = None
    for index, row in enumerate(form.rows):
        if row["at"] == GROUP:
            inside = []
            rules.append({row["op"]: inside})
        elif not is_empty(row):
            try:
                rule = known.get(tuple(row.items())) or _read_row(row)
            except (NotReadable, tokens.TokenSyntax) as error:
                errors[index] = str(error)
                continue
            (inside if row["at"] == INNER and inside is not None else rules).append(rule)
    if errors:
        raise RulesWrong(errors)
    kept = [rule for rule in rules if not (_is_group(rule) and not _members(rule)[1])]
    return {form.kind: kept} if kept else None


def redraw(form: Typed, do: str) -> Redrawn:
    """`do` is `add`, `add-group`, `add-in:<row of a group>` or `remove:<row>`."""
    verb, _, text = do.partition(":")
    rows, row = list(form.rows), int(text) if text.isdecimal() and len(text) < 5 else -1
    if len(rows) >= MOST and verb != "remove":
        return Redrawn(form)
    match verb:
        case "add":
            return Redrawn(replace(form, rows=(*rows, EMPTY)), len(rows))
        case "add-group":
            mode = "any" if form.kind == "all" else "all"
            added = ({**EMPTY, "at": GROUP, "op": mode}, {**EMPTY, "at": INNER})
            return Redrawn(replace(form, rows=(*rows, *added)), len(rows) + 1)
        case "add-in" if 0 <= row < len(rows):
            end = _end_of_group(rows, row)
            return Redrawn(replace(form, rows=(*rows[:end], {**EMPTY, "at": INNER}, *rows[end:])), end)
        case "remove" if 0 <= row < len(rows):
            end = _end_of_group(rows, row) if rows[row]["at"] == GROUP else row + 1
            return Redrawn(replace(form, rows=(*rows[:row], *rows[end:])))
    return Redrawn(form)


def is_empty(row: Row) -> bool:
    return not (row["left"].strip() or row["right"].strip() or row["high"].strip())


def _well_formed(rows: Sequence[Row]) -> Iterator[Row]:
    """A rule that says it is in a group stands after one."""
    is_inside = False
    for row in rows:
        at = row["at"] if row["at"] in (RULE, GROUP, INNER) else RULE
        is_inside = at == GROUP or (is_inside and at == INNER)
        at = RULE if at == INNER and not is_inside else at
        op = row["op"] if at != GROUP or row["op"] in MODES else "any"
        yield {**row, "at": at, "op": op}


def _end_of_group(rows: Sequence[Row], group: int) -> int:
    end = group + 1
    while end < len(rows) and rows[end]["at"] == INNER:
        end += 1
    return end


def _members(group: JSON) -> tuple[str, list[JSON]]:
    if not isinstance(group, dict):
        return "all", []
    mode = "any" if "any" in group else "all"
    members = group.get(mode)
    return mode, members if isinstance(members, list) else []


def _is_group(rule: JSON) -> bool:
    return isinstance(rule, dict) and ("all" in rule or "any" in rule)


def _shown(members: Sequence[JSON], at: str = RULE) -> Iterator[tuple[Row, JSON]]:
    for member in members:
        if _is_group(member):
            mode, inner = _members(member)
            yield {**EMPTY, "at": GROUP, "op": mode}, member
            yield from _shown(inner, INNER)
        elif isinstance(member, dict):
            yield {**EMPTY, "at": at, **_shown_rule(member)}, member


def _shown_rule(rule: Mapping[str, JSON]) -> Row:
    op, right = str(rule.get("op", "")), rule.get("right")
    row = {"left": typed.text_of(rule.get("left")), "op": op}
    match right:
        case {"amount": amount, "unit": unit}:
            return {**row, "right": typed.text_of(amount), "unit": str(unit)}
        case [low, high] if _wants(op) == "range":
            return {**row, "right": typed.text_of(low), "high": typed.text_of(high)}
        case list() if _wants(op) == "texts":
            return {**row, "right": "\n".join(typed.text_of(part) for part in right)}
    return {**row, "right": typed.text_of(right)}


def _wants(op: str) -> str:
    return OPERATORS[op].right if op in OPERATORS else "text"


def _read_row(row: Row) -> JSON:
    for text in (row["left"], row["right"], row["high"]):
        tokens.references(text)
    return {"left": row["left"].strip(), "op": row["op"], "right": _read_right(row)}


def _read_right(row: Row) -> JSON:
    field = _WHOLE if row["op"].startswith("size_") else _NUMBER
    match _wants(row["op"]):
        case "nothing":
            return None
        case "number":
            return _number(field, row["right"])
        case "range":
            return [_number(field, row["right"]), _number(field, row["high"])]
        case "span":
            unit = row["unit"] if row["unit"] in UNITS else "days"
            return {"amount": _number(field, row["right"]), "unit": unit}
        case "texts":
            lines = [line.strip() for line in row["right"].splitlines() if line.strip()]
            return lines[0] if len(lines) == 1 and tokens.has_tokens(lines[0]) else list[JSON](lines)
    return row["right"]


def _number(field: Field, text: str) -> JSON:
    return typed.read(field, Typed(text=text), {}).get(field.name)
