"""What does the panel of one step show: its controls, what is wrong with them, what can be done with it?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.urls import reverse

from builder.forms import policy
from builder.forms import step as step_form
from builder.forms.typed import Typed
from builder.presenters import called, cards, controls, menus, variables
from builder.presenters.asked import Choice
from builder.presenters.controls import Conflict, Control, Group, Option
from builder.presenters.opened import Opened
from builder.presenters.pieces import Head
from builder.presenters.step_test import StepTest
from builder.presenters.variables import Offered
from connectors.declare import App, Field, Kind
from connectors.models import Connection
from connectors.registry import Known
from workflows.definition import fields
from workflows.definition.document import Step
from workflows.definition.walk import Place
from workspaces.models import Role


@dataclass(frozen=True)
class Section:
    """Folded controls below the action's own."""

    title: str
    groups: tuple[Group, ...]
    is_open: bool


@dataclass(frozen=True, kw_only=True)
class Typing:
    """What the form holds beside the stored step: nothing, a refused form, or two versions of one field."""

    form: Mapping[str, Typed] | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    conflicts: Mapping[str, Conflict] = field(default_factory=dict)
    revision: int | None = None
    new_row: str = ""
    notice: str = ""


@dataclass(frozen=True, kw_only=True)
class Menu:
    """What one can do with the step as it stands."""

    is_enabled: bool
    has_note: bool
    is_first: bool
    is_last: bool
    moves: Sequence[Choice]
    """Into and out of branches and loops."""
    asks_to_delete: bool


@dataclass(frozen=True, kw_only=True)
class StepPanel:
    id: str
    number: str
    label: str
    typed_label: str
    app: App
    app_name: str
    action_label: str
    groups: tuple[Group, ...]
    sections: tuple[Section, ...]
    errors: tuple[tuple[str, str], ...]
    """(id of the control, message) of what could not be stored."""
    has_conflicts: bool
    label_control: Control
    notice: str
    revision: int
    url: str
    """Of the step: what one can do with it is below."""
    form_url: str
    connection: Connection | None
    connection_address: str
    connect_url: str
    """Where a connection of the app is made; empty for an app without any."""
    facts: Sequence[tuple[str, str]]
    """What is set, for those who may only read."""
    menu: Menu
    branches: Sequence[Head]
    takes_branches: bool
    save_state: str
    is_dirty: bool
    variables: Offered | None
    """None: fetched by itself."""
    was_refused: bool
    test: StepTest | None
    """Opened with it; else it is fetched when it is asked for."""
    template: str = "builder/panel_step.html"


def step_panel(
    opened: Opened,
    place: Place,
    typing: Typing | None = None,
    *,
    is_new: bool = False,
    test: StepTest | None = None,
) -> StepPanel:
    typing = typing or Typing()
    known = opened.known(place.step)
    form = typing.form or step_form.shown(known, step_form.values_of(place.step))
    made = {control.field.name: control for control in _controls(opened, place.step, known, form, typing)}
    if is_new:
        made = controls.with_focus(made)
    groups = controls.groups([made[one.name] for one in step_form.own_fields(known)])
    connection = opened.connections.get(_chosen_connection(form))
    url = reverse("builder:step", args=[opened.workflow.pk, place.step.id])
    return StepPanel(
        id=place.step.id,
        number=place.number,
        label=opened.label(place.step),
        typed_label=form[step_form.LABEL.name].text,
        app=known.face,
        app_name=known.app.name,
        action_label=known.action.label,
        groups=tuple(group for group in groups if not group.is_advanced),
        sections=tuple(_sections(made, groups, policy.fields(known))),
        errors=tuple(_errors(made, typing)),
        has_conflicts=bool(typing.conflicts),
        label_control=made[step_form.LABEL.name],
        notice=typing.notice,
        revision=typing.revision or opened.workflow.draft_revision,
        url=url,
        form_url=f"{url}form/",
        connection=connection,
        connection_address=_address(connection),
        connect_url=_connect_url(opened, known),
        facts=[] if opened.can_edit else list(controls.facts(made.values())),
        menu=_menu(opened, place),
        branches=cards.heads(opened, place.step),
        takes_branches=cards.takes_branches(place.step),
        save_state="Unsaved changes" if typing.form else "All changes saved",
        is_dirty=typing.form is not None,
        variables=variables.with_panel(opened, place.step.id),
        was_refused=bool(typing.errors or typing.conflicts),
        test=test,
    )


def _menu(opened: Opened, place: Place) -> Menu:
    neighbours = opened.neighbours(place)
    return Menu(
        is_enabled=place.step.enabled,
        has_note=bool(place.step.note),
        is_first=neighbours[0] == place.step.id,
        is_last=neighbours[-1] == place.step.id,
        moves=menus.shortcuts(opened, place),
        asks_to_delete=menus.asks_to_delete(place.step),
    )


def _controls(
    opened: Opened, step: Step, known: Known, form: Mapping[str, Typed], typing: Typing
) -> Iterator[Control]:
    problems = controls.problems_by_field(
        (problem.field, problem.message) for problem in opened.problems if problem.step_id == step.id
    )
    chosen = str(step.inputs.get("workflow"))
    for one in step_form.fields(known):
        yield Control(
            field=called.described(one, known, chosen, opened.vocabulary),
            typed=form[one.name],
            options=_options(opened, known, one, form[one.name]),
            error=typing.errors.get(one.name, ""),
            problems=() if typing.form else problems.get(one.name.removeprefix("step."), ()),
            conflict=typing.conflicts.get(one.name),
            refreshes=_refreshed(one, known),
            is_shown=step_form.is_shown(one, form),
            takes_tags=fields.allows_tags(one) and form[one.name].kind != "json",
            is_new_row=typing.new_row == one.name,
        )


def _refreshed(one: Field, known: Known) -> str:
    own = controls.refreshed_by(one.name, step_form.own_fields(known))
    return ",".join([*own, *controls.refreshed_by(one.name, policy.fields(known), "policy")])


def _errors(made: Mapping[str, Control], typing: Typing) -> Iterator[tuple[str, str]]:
    for name, message in typing.errors.items():
        control = made.get(name)
        yield (control.id, f"{control.field.label}: {message}") if control else ("", message)


def _options(opened: Opened, known: Known, one: Field, typed: Typed) -> tuple[Option, ...]:
    match one.kind:
        case Kind.BODY:
            return controls.options(one, typed.kind)
        case Kind.CHOICE if one is step_form.CONNECTION:
            return tuple(_connections(opened, known, typed.text))
        case Kind.WORKFLOW:
            return tuple(called.options(opened.vocabulary, typed.text))
        case Kind.CHOICE | Kind.BOOLEAN:
            return controls.options(one, typed.text)
        case _:
            return ()


def _chosen_connection(form: Mapping[str, Typed]) -> str:
    typed = form.get(step_form.CONNECTION.name)
    return typed.text if typed else ""


def _address(connection: Connection | None) -> str:
    settings = connection.settings if connection else {}
    return str(settings.get("base_url") or settings.get("host") or "")


def _connect_url(opened: Opened, known: Known) -> str:
    may_connect = Role(opened.membership.role).covers(Role.ADMIN)
    if known.app.connection is None or not may_connect:
        return ""
    return reverse("builder:new_connection", args=[opened.membership.workspace.slug, known.app.slug])


def _connections(opened: Opened, known: Known, chosen: str) -> Iterator[Option]:
    yield Option("", "Choose a connection…" if known.action.needs_connection else "No connection", not chosen)
    for id_, connection in opened.connections.items():
        if connection.app == known.app.slug:
            yield Option(id_, connection.name, id_ == chosen)
    if chosen and chosen not in opened.connections:
        yield Option(chosen, "A connection that was deleted", True)


def _sections(
    made: Mapping[str, Control], groups: Sequence[Group], on_failure: Sequence[Field]
) -> Iterator[Section]:
    folded = [
        ("More options", tuple(group for group in groups if group.is_advanced)),
        ("If it goes wrong", controls.groups([made[one.name] for one in on_failure], "policy")),
        ("Note", controls.groups([made[step_form.NOTE.name]], "note")),
    ]
    for title, members in folded:
        if members:
            shown = [control for group in members for control in group.shown]
            yield Section(title, members, is_open=any(control.is_bad for control in shown))
