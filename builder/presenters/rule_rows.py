"""How are rules edited: which operators fit a field, and what is asked for on their right side?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from builder.forms import rules
from builder.forms.branch import RULES
from builder.forms.rules import GROUP, INNER
from builder.forms.typed import PREFIX, Row, Typed
from builder.presenters.controls import Option
from builder.presenters.opened import Opened
from workflows.definition.names import Names, Viewpoint, named, viewpoint
from workflows.definition.operators import OPERATORS, UNITS
from workflows.definition.problems import Problem
from workflows.definition.walk import Place
from workflows.templating import tokens

TITLES = {
    "text": "Text",
    "number": "Number",
    "boolean": "Yes or no",
    "date": "Date",
    "list": "List",
    "any": "Any value",
}
FITTING = {
    "string": ("text", "date", "any"),
    "number": ("number", "any"),
    "integer": ("number", "any"),
    "boolean": ("boolean", "any"),
    "datetime": ("date", "any"),
    "array": ("list", "any"),
}
"""Type of the value → the kinds of operators that are offered first."""
ALSO_FOR_LISTS = ("contains", "not_contains", "is_empty", "is_not_empty")
MODES = (("all", "All of these hold"), ("any", "Any of these holds"))
HINTS = {
    "pattern": "A pattern such as ^A-[0-9]+$",
    "texts": "One per line",
    "date": "2026-12-24, 2026-12-24T09:00 or a token",
    "number": "100",
}


@dataclass(frozen=True)
class OperatorGroup:
    title: str
    options: tuple[Option, ...]


@dataclass(frozen=True, kw_only=True)
class RuleRow:
    number: int
    """Of the row, from 0: how buttons and errors name it."""
    title: str
    """How people hear of it: `Rule 2`, `Group 3, rule 1`."""
    at: str
    row: Row
    is_first: bool
    """In its group: the others begin with *and* or *or*."""
    joint: str
    operators: tuple[OperatorGroup, ...]
    modes: tuple[Option, ...]
    wants: str
    """What is on the right side: nothing | text | texts | pattern | number | range | date | span."""
    units: tuple[Option, ...]
    hint: str
    error: str
    problems: tuple[str, ...]
    is_new: bool
    is_last_inside: bool
    """The last row of its group: after it, one can be added."""
    group: int
    """The row of the group that it stands in; -1 outside."""
    name: str = PREFIX + RULES

    @property
    def id(self) -> str:
        return f"r-{self.number}"

    @property
    def is_group(self) -> bool:
        return self.at == GROUP

    @property
    def is_inner(self) -> bool:
        return self.at == INNER

    @property
    def is_bad(self) -> bool:
        return bool(self.error or self.problems)

    @property
    def described_by(self) -> str:
        return f"{self.id}-below" if self.is_bad else ""


@dataclass(frozen=True)
class RuleEditor:
    """All rows, and what they are read by."""

    opened: Opened
    place: Place
    """Of the split."""
    form: Typed
    errors: Mapping[int, str]
    problems: Mapping[int, tuple[str, ...]]
    new_row: int | None

    def rows(self) -> Iterator[RuleRow]:
        names = self.opened.names
        view = viewpoint(names, self.place)
        counts = {"": 0}
        group, mode = -1, self.form.kind
        for number, row in enumerate(self.form.rows):
            if row["at"] != INNER:
                counts[""] += 1
                counts["inside"] = 0
                group, mode = (number, row["op"]) if row["at"] == GROUP else (-1, self.form.kind)
            else:
                counts["inside"] += 1
            yield self._row(number, row, counts, group, mode, type_of(row["left"], names, view))

    def _row(
        self, number: int, row: Row, counts: Mapping[str, int], group: int, mode: str, type_: str
    ) -> RuleRow:
        is_inner = row["at"] == INNER
        outer = f"{'Group' if group >= 0 else 'Rule'} {counts['']}"
        own_mode = mode if is_inner else self.form.kind
        wants = OPERATORS[row["op"]].right if row["op"] in OPERATORS else "text"
        after = self.form.rows[number + 1]["at"] if number + 1 < len(self.form.rows) else ""
        return RuleRow(
            number=number,
            title=f"{outer}, rule {counts['inside']}" if is_inner else outer,
            at=row["at"],
            row=row,
            is_first=(counts["inside"] if is_inner else counts[""]) == 1,
            joint="and" if own_mode == "all" else "or",
            operators=() if row["at"] == GROUP else tuple(operators(type_, row["op"])),
            modes=modes(row["op"]) if row["at"] == GROUP else (),
            wants=wants,
            units=tuple(Option(unit, unit, unit == row["unit"]) for unit in UNITS),
            hint=HINTS.get(wants, "Value"),
            error=self.errors.get(number, ""),
            problems=self.problems.get(number, ()),
            is_new=number == self.new_row,
            is_last_inside=group >= 0 and after != INNER,
            group=group,
        )


def modes(chosen: str) -> tuple[Option, ...]:
    return tuple(Option(value, label, value == chosen) for value, label in MODES)


def operators(type_: str, chosen: str) -> Iterator[OperatorGroup]:
    """In plain words, those for values of this type first."""
    first = FITTING.get(type_, ("text", "number", "any"))
    for kind in (*first, *(kind for kind in TITLES if kind not in first)):
        options = [
            Option(name, operator.label, name == chosen)
            for name, operator in OPERATORS.items()
            if kind == ("list" if type_ == "array" and name in ALSO_FOR_LISTS else operator.of)
        ]
        yield OperatorGroup(TITLES[kind], tuple(options))
    if chosen not in OPERATORS:
        yield OperatorGroup("Unknown", (Option(chosen, chosen or "Choose…", True),))


def type_of(text: str, names: Names, view: Viewpoint) -> str:
    """What the left side of a rule will be, as far as one can know: one token keeps its type."""
    try:
        references = tokens.references(text)
    except tokens.TokenSyntax:
        return "any"
    if len(references) == 1 and references[0].is_whole:
        return named(references[0], names, view).type
    return "string" if references else "any"


def problems_of_rows(problems: Sequence[Problem], path: str, when: object) -> Mapping[int, tuple[str, ...]]:
    """Row → what is wrong with it. `path` is that of the rules in the document."""
    rows = rules.paths(when)  # type: ignore[arg-type]  # JSON as the document has it
    found: dict[int, tuple[str, ...]] = {}
    for problem in problems:
        below = problem.path.removeprefix(f"{path}.")
        matching = [number for number, row in enumerate(rows) if f"{below}.".startswith(f"{row}.")]
        if problem.path != below and matching:
            found[matching[-1]] = (*found.get(matching[-1], ()), problem.message)
    return found
