"""Which control stands for each declared field, and what is in it?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from builder.forms.step import CONNECTION
from builder.forms.typed import COLUMNS, NUMBER_KINDS, PREFIX, ROW_KINDS, VALUE_TYPES, Row, Typed
from connectors.declare import Field, Kind
from workflows.definition import check_steps, check_tokens

PARTIALS = {
    Kind.TEXT: "text",
    Kind.LONG_TEXT: "text",
    Kind.NUMBER: "text",
    Kind.INTEGER: "text",
    Kind.DATETIME: "text",
    Kind.JSON: "text",
    Kind.LIST: "text",
    Kind.VALUE: "text",
    Kind.WORKFLOW: "choice",
    Kind.BOOLEAN: "choice",
    Kind.CHOICE: "choice",
    Kind.PAIRS: "pairs",
    Kind.VALUES: "values",
    Kind.BODY: "body",
}
TEXT_KINDS = (Kind.TEXT, Kind.LONG_TEXT, Kind.PAIRS)
ROWS_SHOWN = {Kind.LONG_TEXT: 4, Kind.JSON: 6}
YES_NO = (("true", "Yes"), ("false", "No"))
BODY_KINDS = (("", "None"), ("json", "JSON"), ("form", "Form"), ("text", "Text"))


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True)
class Conflict:
    """The same field, changed by somebody else meanwhile."""

    by: str
    mine: str
    theirs: str


@dataclass(frozen=True)
class Cells:
    """One row of a list of pairs, with the words that name its controls."""

    id: str
    value_name: str
    name: str
    value: str
    type: str
    name_label: str
    type_label: str
    label: str
    remove_label: str
    is_new: bool


@dataclass(frozen=True, kw_only=True)
class Control:
    field: Field
    typed: Typed
    options: tuple[Option, ...] = ()
    error: str = ""
    """It could not be stored; what was typed is still here."""
    problems: tuple[str, ...] = ()
    """It is stored and must be put right before publishing."""
    warnings: tuple[str, ...] = ()
    """It is stored and may be a mistake."""
    conflict: Conflict | None = None
    refreshes: str = ""
    """The groups that a change of this control shows or hides, as `#id,#id`."""
    is_shown: bool = True
    takes_tags: bool = False
    """`{% for %}` may be used in it."""

    has_focus: bool = False
    is_new_row: bool = False
    """The last row was just added and is where typing goes on."""
    value_types: Sequence[tuple[str, str]] = tuple(VALUE_TYPES.items())

    @property
    def id(self) -> str:
        return "i-" + self.field.name.replace(".", "-")

    @property
    def box_id(self) -> str:
        return "f-" + self.field.name.replace(".", "-")

    @property
    def name(self) -> str:
        return PREFIX + self.field.name

    @property
    def partial(self) -> str:
        partial = "connection" if self.field.name == CONNECTION.name else PARTIALS[self.field.kind]
        return f"builder/controls.html#{partial}"

    @property
    def rows(self) -> Sequence[Row]:
        return self.typed.rows

    @property
    def cells(self) -> Iterator[Cells]:
        for number, row in enumerate(self.typed.rows, start=1):
            title = f"{self.singular} {number}"
            yield Cells(
                id=f"{self.id}-{number}",
                value_name=f"{self.name}.value",
                name=row["name"],
                value=row["value"],
                type=row.get("type", ""),
                name_label=f"{title}, name",
                type_label=f"{title}, type",
                label=f"{title}, value",
                remove_label=f"Remove {self.singular.lower()} {row['name'] or number}",
                is_new=self.is_new_row and number == len(self.typed.rows),
            )

    @property
    def columns(self) -> Sequence[str]:
        return COLUMNS.get(self.field.kind, ())

    @property
    def height(self) -> int:
        return ROWS_SHOWN.get(self.field.kind, 1)

    @property
    def singular(self) -> str:
        return self.field.label.removesuffix("s")

    @property
    def is_empty(self) -> bool:
        return not (self.typed.text or self.typed.rows)

    @property
    def has_text(self) -> bool:
        return self.field.kind not in ROW_KINDS

    @property
    def is_bad(self) -> bool:
        return bool(self.error or self.problems or self.conflict)

    @property
    def is_one_line(self) -> bool:
        return self.height == 1

    @property
    def is_number(self) -> bool:
        return self.field.kind in NUMBER_KINDS

    @property
    def is_prose(self) -> bool:
        return self.field.kind is Kind.LONG_TEXT

    @property
    def is_body(self) -> bool:
        return self.field.kind is Kind.BODY

    @property
    def shows_text(self) -> bool:
        return self.typed.kind in ("json", "text")

    @property
    def shows_form(self) -> bool:
        return self.typed.kind == "form"

    @property
    def takes_tokens(self) -> bool:
        return self.field.tokens

    @property
    def accepts(self) -> str:
        """What a list or an object would become in it: the picker says so beside the type."""
        return "text" if self.field.kind in TEXT_KINDS else ""

    @property
    def needs(self) -> str:
        """What type it wants, in words."""
        return check_tokens.WORDS.get(check_steps.expected(self.field), "")

    @property
    def refuses(self) -> str:
        """Types that can never become it: the picker says so, as the check does."""
        return " ".join(sorted(check_tokens.never_fit(check_steps.expected(self.field))))

    @property
    def described_by(self) -> str:
        """Ids of the texts below the control, for screen readers."""
        parts = [
            f"{self.id}-error" if self.error else "",
            f"{self.id}-problems" if self.problems else "",
            f"{self.id}-warnings" if self.warnings else "",
            f"{self.id}-help" if self.field.help else "",
        ]
        return " ".join(part for part in parts if part)


@dataclass(frozen=True)
class Group:
    """Neighbouring controls that are shown or hidden together, so that they can be drawn again alone."""

    id: str
    controls: tuple[Control, ...]

    @property
    def is_advanced(self) -> bool:
        return self.controls[0].field.advanced

    @property
    def shown(self) -> tuple[Control, ...]:
        return tuple(control for control in self.controls if control.is_shown)

    @property
    def hidden(self) -> tuple[Control, ...]:
        """Posted along, so that what was typed is still there when they are shown again."""
        return tuple(control for control in self.controls if not control.is_shown)


def options(field: Field, chosen: str) -> tuple[Option, ...]:
    """A stored value that is no longer among the choices stays visible and chosen."""
    match field.kind:
        case Kind.BOOLEAN:
            pairs: Iterable[tuple[str, str]] = (
                YES_NO if field.default is not None else (("", "Not set"), *YES_NO)
            )
        case Kind.BODY:
            pairs = BODY_KINDS
        case _:
            pairs = [(choice.value, choice.label) for choice in field.choices]
            if not field.default and "" not in dict(pairs):
                pairs = [("", "Choose…"), *pairs]
    known = [Option(value, label, value == chosen) for value, label in pairs]
    if chosen and not any(option.is_chosen for option in known):
        known.append(Option(chosen, chosen, True))
    return tuple(known)


def with_focus(made: Mapping[str, Control]) -> dict[str, Control]:
    """Typing in a new step begins in the first required field that is empty, or in its name."""
    empty = [name for name, one in made.items() if one.is_shown and one.field.required and one.is_empty]
    first = next(iter([*empty, *made]))
    return {**made, first: replace(made[first], has_focus=True)}


def facts(controls: Iterable[Control]) -> Iterator[tuple[str, str]]:
    """What is set, for those who may only read: label and value in words."""
    for control in controls:
        if control.is_shown and (text := _in_words(control)):
            yield control.field.label, text


def groups(controls: Sequence[Control], prefix: str = "g") -> tuple[Group, ...]:
    runs = groupby(controls, key=lambda control: _belonging(control.field))
    return tuple(Group(f"{prefix}-{number}", tuple(members)) for number, (_, members) in enumerate(runs))


def refreshed_by(controller: str, fields: Sequence[Field], prefix: str = "g") -> list[str]:
    """The groups that depend on `controller`, by the ids that `groups` gives them."""
    runs = enumerate(belonging for belonging, _ in groupby(fields, key=_belonging))
    return [f"#{prefix}-{number}" for number, (_, controllers) in runs if controller in controllers]


def problems_by_field(problems: Iterable[tuple[str, str]]) -> Mapping[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for field, message in problems:
        found[field] = (*found.get(field, ()), message)
    return found


def _belonging(field: Field) -> tuple[bool, tuple[str, ...]]:
    """Advanced or not, and the fields that decide whether it is shown."""
    by_connection = (CONNECTION.name,) if field.when_connected is not None else ()
    return field.advanced, (*field.shown_when, *by_connection)


def _in_words(control: Control) -> str:
    chosen = next((option.label for option in control.options if option.is_chosen and option.value), "")
    if chosen and not control.is_body:
        return chosen
    return ": ".join(filter(None, (chosen, control.typed.in_words)))
