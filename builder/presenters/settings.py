"""What does the panel show when no step is chosen? The workflow's own settings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse

from builder.forms import settings as settings_form
from builder.forms.typed import Row, Typed
from builder.presenters import controls, variables
from builder.presenters.controls import Control, Group
from builder.presenters.opened import Opened
from builder.presenters.panel import Section, Typing
from builder.presenters.variables import Offered
from connectors.declare import Field, Kind

REQUIRED = (("yes", "Required"), ("", "Optional"))
SOURCES = (("spoken", "Spoken: the agent asks for it"), ("trusted", "Trusted: taken from what is known"))


@dataclass(frozen=True, kw_only=True)
class TableRow:
    """One action variable or response field, folded to one line until it is opened."""

    id: str
    number: int
    prefix: str
    row: Row
    summary: str
    is_open: bool
    is_new: bool
    errors: tuple[str, ...]
    value_id: str


@dataclass(frozen=True, kw_only=True)
class Table:
    name: str
    rows: tuple[TableRow, ...]


@dataclass(frozen=True)
class Offer:
    """To take back what was just done, for those whose browser shows no passing messages."""

    text: str
    action: str
    url: str
    change: str


@dataclass(frozen=True, kw_only=True)
class SettingsPanel:
    title: str
    subtitle: str
    is_action: bool
    groups: tuple[Group, ...]
    sections: tuple[Section, ...]
    variables_table: Table | None
    response_table: Table | None
    errors: tuple[tuple[str, str], ...]
    has_conflicts: bool
    notice: str
    revision: int
    url: str
    form_url: str
    save_state: str
    is_dirty: bool
    was_refused: bool
    offer: Offer | None
    is_chosen: bool
    """The address names the settings; otherwise they stand here because nothing else is open."""
    facts: Sequence[tuple[str, str]]
    variables: Offered | None
    types: Sequence[str] = settings_form.TYPES
    required: Sequence[tuple[str, str]] = REQUIRED
    sources: Sequence[tuple[str, str]] = SOURCES
    template: str = "builder/panel_settings.html"


def settings_panel(
    opened: Opened,
    typing: Typing | None = None,
    *,
    notice: str = "",
    offer: Offer | None = None,
    is_chosen: bool = False,
) -> SettingsPanel:
    typing = typing or Typing()
    kind = opened.draft.kind
    form = typing.form or settings_form.shown(kind, settings_form.values_of(opened.draft.settings, kind))
    made = {control.field.name: control for control in _controls(opened, form, typing)}
    url = reverse("builder:settings", args=[opened.workflow.pk])
    is_action = kind == "action"
    return SettingsPanel(
        title="Workflow settings",
        subtitle="During a conversation" if is_action else "After the conversation",
        is_action=is_action,
        groups=controls.groups([made[one.name] for one in _main(opened.draft.kind)]),
        sections=tuple(_sections(made)),
        variables_table=_table("variables", form, typing) if is_action else None,
        response_table=_table("response", form, typing) if is_action else None,
        errors=tuple(_errors(made, typing)),
        has_conflicts=bool(typing.conflicts),
        notice=typing.notice or notice,
        revision=typing.revision or opened.workflow.draft_revision,
        url=url,
        form_url=f"{url}form/",
        save_state="Unsaved changes" if typing.form else "All changes saved",
        is_dirty=typing.form is not None,
        was_refused=bool(typing.errors or typing.conflicts),
        offer=offer,
        is_chosen=is_chosen,
        facts=[] if opened.can_edit else list(controls.facts(made.values())),
        variables=variables.with_panel(opened, None),
    )


def _controls(opened: Opened, form: Mapping[str, Typed], typing: Typing) -> Iterator[Control]:
    problems = controls.problems_by_field(
        (settings_form.field_of_path(problem.path), problem.message)
        for problem in opened.problems
        if not problem.step_id
    )
    for one in settings_form.fields(opened.draft.kind):
        yield Control(
            field=one,
            typed=form[one.name],
            options=controls.options(one, form[one.name].text)
            if one.kind in (Kind.CHOICE, Kind.BOOLEAN)
            else (),
            error=typing.errors.get(one.name, ""),
            problems=() if typing.form else problems.get(one.name, ()),
            conflict=typing.conflicts.get(one.name),
            refreshes=",".join(controls.refreshed_by(one.name, _main(opened.draft.kind))),
            is_shown=_is_shown(one, form),
        )


def _main(kind: str) -> list[Field]:
    folded = (*settings_form.TIMES, settings_form.ORDER)
    return [one for one in settings_form.fields(kind) if one not in folded]


def _is_shown(one: Field, form: Mapping[str, Typed]) -> bool:
    return all(form[other].text in values for other, values in one.shown_when.items())


def _sections(made: Mapping[str, Control]) -> Iterator[Section]:
    """Folded, unless something in them is wrong."""
    parts = (("If it takes long or fails", settings_form.TIMES), ("Order of runs", (settings_form.ORDER,)))
    for title, own in parts:
        if members := controls.groups([made[one.name] for one in own if one.name in made]):
            is_open = any(control.is_bad for group in members for control in group.shown)
            yield Section(title, members, is_open=is_open)


def _table(name: str, form: Mapping[str, Typed], typing: Typing) -> Table:
    rows = form[name].rows
    made = [_row(name, number, row, typing, len(rows)) for number, row in enumerate(rows, start=1)]
    return Table(name=name, rows=tuple(made))


def _row(name: str, number: int, row: Row, typing: Typing, count: int) -> TableRow:
    errors = tuple(
        message for field, message in typing.errors.items() if f"{field}.".startswith(f"{name}.{number}.")
    )
    is_new = typing.new_row == name and number == count
    facts = [row["type"], "required" if row.get("required") else "", row.get("source", "")]
    return TableRow(
        id=f"i-{name}-{number}",
        number=number,
        prefix=f"i.{name}",
        row=row,
        summary=" · ".join(fact for fact in facts if fact and fact != "spoken"),
        is_open=is_new or bool(errors) or not row["name"],
        is_new=is_new,
        errors=errors,
        value_id=f"i-{name}-{number}-value",
    )


def _errors(made: Mapping[str, Control], typing: Typing) -> Iterator[tuple[str, str]]:
    for name, message in typing.errors.items():
        if name in made:
            yield made[name].id, f"{made[name].field.label}: {message}"
        else:
            table, _, number = name.partition(".")
            yield f"i-{table}-{number.partition('.')[0]}", message
