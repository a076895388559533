"""What would publishing change, and what keeps it from going live?"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from builder.forms import step as step_form
from builder.presenters.opened import Opened
from connectors.declare import App
from workflows import latency
from workflows.definition.diff import FieldDiff, StepDiff
from workflows.definition.problems import Problem
from workflows.definition.walk import Place
from workflows.services import moving
from workflows.services.moving import Survey
from workflows.services.publishing import Release

WORDS = {"added": "Added", "removed": "Removed", "moved": "Moved", "edited": "Edited"}
TONES = {"added": "ok", "removed": "bad"}


@dataclass(frozen=True)
class ChangeView:
    step_id: str
    title: str
    app: App | None
    word: str
    tone: str
    fields: tuple[FieldDiff, ...]


@dataclass(frozen=True)
class Blocking:
    """A problem with the way to its cause."""

    where: str
    message: str
    url: str


@dataclass(frozen=True)
class Review:
    name: str
    url: str
    live: int | None
    next: int
    revision: int
    kind_text: str
    blocking: tuple[Blocking, ...]
    warnings: tuple[Blocking, ...]
    changes: tuple[ChangeView, ...]
    counts: tuple[tuple[str, str], ...]
    """(text, tone), such as `3 edited`."""
    can_edit: bool
    is_paused: bool
    waiting: Survey
    """The runs that wait in older versions."""

    @property
    def is_changed(self) -> bool:
        return bool(self.changes) or self.live is None

    @property
    def can_release(self) -> bool:
        return self.can_edit and self.is_changed

    @property
    def next_name(self) -> str:
        return f"v{self.next}"


def review(opened: Opened, next_number: int) -> Review:
    live = opened.workflow.live_version
    is_action = opened.draft.kind == "action"
    views_ = views(opened, opened.changes)
    return Review(
        name=opened.workflow.name,
        url=opened.url,
        live=live.number if live else None,
        next=next_number,
        revision=opened.workflow.draft_revision,
        kind_text="for every call from then on"
        if is_action
        else "for every conversation that ends from then on",
        blocking=tuple(_blocking(opened, [problem for problem in opened.problems if problem.is_error])),
        warnings=tuple(_blocking(opened, _warnings(opened))),
        changes=views_,
        counts=tuple(counts(views_)),
        can_edit=opened.can_edit,
        is_paused=opened.workflow.paused_at is not None,
        waiting=moving.survey(opened.workflow, opened.draft) if live else Survey(),
    )


def _warnings(opened: Opened) -> list[Problem]:
    slow = latency.problem(opened.workflow.pk, opened.draft)
    return [problem for problem in [*opened.problems, slow] if problem and not problem.is_error]


def views(opened: Opened, found: Iterable[StepDiff]) -> tuple[ChangeView, ...]:
    """In words; `opened` is where the changes lead to."""
    return tuple(_view(opened, change) for change in found)


def _view(opened: Opened, change: StepDiff) -> ChangeView:
    place = opened.places.get(change.step_id)
    return ChangeView(
        step_id=change.step_id,
        title=f"{place.number}. {opened.label(place.step)}" if place else change.label,
        app=opened.known(place.step).face if place else None,
        word=WORDS[change.change],
        tone=TONES.get(change.change, "warn"),
        fields=tuple(_fields(opened, change, place)),
    )


def _fields(opened: Opened, change: StepDiff, place: Place | None) -> Iterator[FieldDiff]:
    """Of a step that was added: what it holds."""
    if change.change != "added" or place is None:
        yield from (_with_names(opened, field) for field in change.fields)
        return
    form = step_form.shown(opened.known(place.step), step_form.values_of(place.step))
    for field in opened.known(place.step).action.fields:
        text = form[field.name].in_words
        is_own = place.step.inputs.get(field.name) != field.default
        if text and is_own and step_form.is_shown(field, form):
            yield _with_names(opened, FieldDiff(field.label, "", text))


def _with_names(opened: Opened, field: FieldDiff) -> FieldDiff:
    """Connections and workflows are known to people by their names, not by their ids."""
    names: dict[str, str] = {}
    if field.label == "Connection":
        names = {id_: connection.name for id_, connection in opened.connections.items()}
    elif field.label == "Workflow":
        names = {id_: found.name for id_, found in opened.vocabulary.workflows.items()}
    return FieldDiff(field.label, names.get(field.before, field.before), names.get(field.after, field.after))


def _blocking(opened: Opened, problems: Sequence[Problem]) -> Iterator[Blocking]:
    for problem in problems:
        place = opened.places.get(problem.step_id)
        where = f"{place.number}. {opened.label(place.step)}" if place else "Workflow settings"
        name = problem.field.replace(".", "-")
        anchor = f"#i-{name}" if name else ""
        yield Blocking(where, problem.message, f"{opened.url}?step={problem.step_id or 'settings'}{anchor}")


def counts(views: Sequence[ChangeView]) -> Iterator[tuple[str, str]]:
    for word in ("Edited", "Added", "Moved", "Removed"):
        found = [view for view in views if view.word == word]
        if found:
            yield f"{len(found)} {word.lower()}", found[0].tone


def went_live(released: Release) -> str:
    """What became of the runs that waited is said in the same breath."""
    settled = released.waiting
    told = [f"v{released.version.number} is live"]
    if settled.moved:
        told.append(f"{settled.moved} moved")
    if settled.stayed:
        why = "because its step is gone" if settled.stayed == 1 else "because their step is gone"
        told.append(f"{settled.stayed} stay{'s' if settled.stayed == 1 else ''} on the old version {why}")
    if settled.cancelled:
        told.append(f"{settled.cancelled} cancelled")
    return ", ".join(told)
