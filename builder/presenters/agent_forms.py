"""What does the form of a section or of a node show: its controls, its tables, what is wrong with them?"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from builder.forms import agent_form
from builder.forms.agent_form import Spec
from builder.forms.step import Values
from builder.forms.typed import Row, Typed
from builder.presenters import controls
from builder.presenters.controls import Conflict, Control, Group
from builder.presenters.opened_agent import OpenedAgent
from builder.presenters.panel import Section, Typing
from connectors.declare import Field, Kind
from workflows.definition import agent_flow, mentions, reach
from workflows.definition.agent_check import CONVERSATION, KnownWorkflow
from workflows.definition.problems import Problem
from workflows.definition.reach import Entry
from workflows.definition.reach import Group as VariableGroup
from workflows.definition.vocabulary import CONVERSATION as CONVERSATION_TYPES

type Said = Mapping[str, tuple[str, ...]]
"""Field → what is said about it."""


@dataclass(frozen=True, kw_only=True)
class TableRow:
    """One row, folded to one line until it is opened."""

    id: str
    number: int
    prefix: str
    row: Row
    title: str
    summary: str
    is_open: bool
    is_new: bool
    errors: tuple[str, ...]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class TableView:
    name: str
    label: str
    rows: tuple[TableRow, ...]
    conflict: Conflict | None
    problems: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def id(self) -> str:
        return f"i-{self.name}"


@dataclass(frozen=True)
class Mentioned:
    """An action workflow that the form's texts refer to."""

    name: str
    url: str
    state: str
    is_live: bool


@dataclass(frozen=True, kw_only=True)
class FormView:
    groups: tuple[Group, ...]
    sections: tuple[Section, ...]
    tables: Mapping[str, TableView]
    errors: tuple[tuple[str, str], ...]
    """(id of the control, message) of what could not be stored."""
    has_conflicts: bool
    notice: str
    revision: int
    url: str
    form_url: str
    key: str
    """Of the unsaved guard."""
    name: str
    save_state: str
    is_dirty: bool
    was_refused: bool
    facts: Sequence[tuple[str, str]]
    """What is set, for those who may only read."""
    mentioned: Sequence[Mentioned]
    controls: Mapping[str, Control]


def form_view(
    here: OpenedAgent,
    spec: Spec,
    values: Values,
    problems: Iterable[Problem],
    *,
    url: str,
    name: str,
    typing: Typing | None,
    place: str,
    apart: Sequence[str] = (),
) -> FormView:
    """`apart` are fields that the page draws elsewhere."""
    typing = typing or Typing()
    form = typing.form or agent_form.shown(spec, values)
    known = list(problems)
    bad = controls.problems_by_field((one.field, one.message) for one in known if one.is_error)
    doubtful = controls.problems_by_field((one.field, one.message) for one in known if not one.is_error)
    made = {one.field.name: one for one in _controls(spec, form, typing, bad, doubtful)}
    main = [one for one in made.values() if not one.field.advanced and one.field.name not in apart]
    revision = typing.revision or here.agent.draft_revision
    return FormView(
        groups=controls.groups(main),
        sections=tuple(_advanced(made)),
        tables={table.name: _table(table, form, typing, bad, doubtful) for table in spec.tables},
        errors=tuple(_errors(made, typing)),
        has_conflicts=bool(typing.conflicts),
        notice=typing.notice,
        revision=revision,
        url=url,
        form_url=f"{url}form/",
        key=f"{here.agent.pk}:{place}:{revision}",
        name=name,
        save_state="Unsaved changes" if typing.form else "All changes saved",
        is_dirty=typing.form is not None,
        was_refused=bool(typing.errors or typing.conflicts),
        facts=[] if here.can_edit else [*controls.facts(made.values()), *_facts_of_tables(spec, form)],
        mentioned=list(_mentioned(here, made.values())),
        controls=made,
    )


def _controls(
    spec: Spec, form: Mapping[str, Typed], typing: Typing, bad: Said, doubtful: Said
) -> Iterator[Control]:
    main = [field for field in spec.fields if not field.advanced]
    for field in spec.fields:
        yield Control(
            field=field,
            typed=form[field.name],
            options=controls.options(field, form[field.name].text)
            if field.kind in (Kind.CHOICE, Kind.BOOLEAN)
            else (),
            error=typing.errors.get(field.name, ""),
            problems=() if typing.form else _said(field, bad),
            warnings=() if typing.form else _said(field, doubtful),
            conflict=typing.conflicts.get(field.name),
            refreshes=_refreshes(field, main),
            is_shown=all(form[other].text in values for other, values in field.shown_when.items()),
        )


def _said(field: Field, said: Said) -> tuple[str, ...]:
    """Of the inputs of a workflow, that of this one; of its outcomes, once, at the first."""
    if field.name.startswith("input."):
        return tuple(text for text in said.get("input", ()) if f"“{field.label}”" in text)
    if field.name.startswith("outcomes."):
        label = agent_flow.ENDINGS[field.name.removeprefix("outcomes.")]  # type: ignore[index]
        return tuple(text for text in said.get("outcomes", ()) if text.startswith(f"“{label}”"))
    return said.get(field.name, ())


def _refreshes(field: Field, main: Sequence[Field]) -> str:
    # below the choice of a workflow stand its variables
    return "#g-0" if field.name == "workflow" else ",".join(controls.refreshed_by(field.name, main))


def _advanced(made: Mapping[str, Control]) -> Iterator[Section]:
    advanced = [one for one in made.values() if one.field.advanced]
    if advanced:
        members = controls.groups(advanced, "more")
        is_open = any(one.is_bad or one.typed.text for one in advanced)
        yield Section("For one channel only", members, is_open=is_open)


def _table(
    table: agent_form.Table,
    form: Mapping[str, Typed],
    typing: Typing,
    bad: Said,
    doubtful: Said,
) -> TableView:
    rows = form[table.name].rows
    return TableView(
        name=table.name,
        label=table.label,
        rows=tuple(_row(table, number, row, typing, len(rows)) for number, row in enumerate(rows, start=1)),
        conflict=typing.conflicts.get(table.name),
        problems=() if typing.form else bad.get(table.name, ()),
        warnings=() if typing.form else doubtful.get(table.name, ()),
    )


def _row(table: agent_form.Table, number: int, row: Row, typing: Typing, count: int) -> TableRow:
    place = f"{table.name}.{number}"
    errors = tuple(text for field, text in typing.errors.items() if f"{field}.".startswith(f"{place}."))
    is_new = typing.new_row == table.name and number == count
    facts = [row.get("key", ""), row.get("type", ""), "required" if row.get("required") else ""]
    return TableRow(
        id=f"i-{table.name}-{number}",
        number=number,
        prefix=f"i.{table.name}",
        row=row,
        title=row.get("name") or "New",
        summary=" · ".join(fact for fact in facts if fact),
        is_open=is_new or bool(errors) or not row.get("name"),
        is_new=is_new,
        errors=errors,
    )


def _errors(made: Mapping[str, Control], typing: Typing) -> Iterator[tuple[str, str]]:
    for name, message in typing.errors.items():
        if name in made:
            yield made[name].id, f"{made[name].field.label}: {message}"
        else:
            table, _, number = name.partition(".")
            yield f"i-{table}-{number.partition('.')[0]}", message


def _facts_of_tables(spec: Spec, form: Mapping[str, Typed]) -> Iterator[tuple[str, str]]:
    for table in spec.tables:
        for row in form[table.name].rows:
            shown = [text for column, text in row.items() if text and column not in ("id", "to", "name")]
            yield row.get("name", ""), " · ".join(shown)


def _mentioned(here: OpenedAgent, made: Iterable[Control]) -> Iterator[Mentioned]:
    names = dict.fromkeys(
        mention.name
        for control in made
        if control.field.tokens
        for mention in mentions.mentions(control.typed.text)
    )
    for name in names:
        known = here.surroundings.named(name)
        if known:
            yield Mentioned(name, f"/workflows/{known.id}/", state_of(known), known.is_live)
        else:
            yield Mentioned(name, "", "There is no such action workflow", False)


def state_of(known: KnownWorkflow) -> str:
    if known.is_live:
        return f"Live v{known.version}"
    return "Draft only" if known.version is None else "Paused"


def variables(here: OpenedAgent) -> Sequence[VariableGroup]:
    """What the `/` picker offers in an agent's texts."""
    own = [
        Entry(path=f"variables.{one.name}", label=one.name, type=one.type, sample=one.sample)
        for one in here.draft.variables
    ]
    told = [
        Entry(
            path=f"conversation.{name}",
            label=name.replace("_", " ").capitalize(),
            type=CONVERSATION_TYPES[name],
        )
        for name in CONVERSATION
    ]
    customer = Entry(path="conversation.customer.name", label="Customer's name", type="string")
    now = Entry(path="now", label="Now", type="string")
    groups = [
        reach.Group(label="Variables", root="variables", entries=own),
        reach.Group(label="Conversation", root="conversation", entries=[customer, *told, now]),
    ]
    return [group for group in groups if group.entries]


@dataclass(frozen=True)
class Callable:
    """An action workflow in the `@` picker."""

    name: str
    description: str
    state: str
    is_live: bool
    url: str


def callable_workflows(here: OpenedAgent) -> list[Callable]:
    return [
        Callable(one.name, one.description, state_of(one), one.is_live, f"/workflows/{one.id}/")
        for one in here.surroundings.workflows.values()
    ]
