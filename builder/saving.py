"""May what stands in a form be stored, or did somebody else change the same meanwhile?

A form carries the revision at which it was drawn. What was there then is the base of a merge: fields that
only one of the two changed go together, a field that both changed is shown twice, and nothing is stored
before one is chosen.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from builder.forms import branch as branch_form
from builder.forms import merging
from builder.forms import settings as settings_form
from builder.forms import step as step_form
from builder.forms.step import Reading, Values
from builder.forms.typed import Typed
from builder.presenters.controls import Conflict
from builder.presenters.opened import Opened
from builder.presenters.panel import Typing
from connectors import registry
from connectors.declare import JSON
from connectors.registry import Known
from workflows.definition import document, texts, walk
from workflows.definition.document import Step
from workflows.models import DraftChange
from workflows.services import drafts

type Form = Mapping[str, Typed]


@dataclass(frozen=True)
class Kind:
    """What saving needs to know of a form: a step's, a branch's, or the settings'."""

    read: Callable[[Form, Values], Reading]
    shown: Callable[[Values], Form]
    stored: Values
    seen: Values
    """What was stored when the form was drawn."""
    labels: Mapping[str, str]
    by: str
    """Who changed it since, if anybody did."""
    in_words: Callable[[str, Typed], str] = lambda name, typed: typed.in_words
    """How one of two versions of a field reads."""


@dataclass(frozen=True)
class Judged:
    values: Values
    typing: Typing | None = None
    """Why nothing may be stored yet."""
    status: int = 200
    notice: str = ""


def judge(
    kind: Kind, form: Form, renamed: Callable[[str], str], *, undecided: list[str], revision: int
) -> Judged:
    reading = kind.read(form, kind.seen)
    if reading.errors:
        return Judged({}, Typing(form=form, errors=reading.errors, revision=revision), 422)
    mine = {name: texts.in_json(value, renamed) for name, value in reading.values.items()}
    seen = {name: texts.in_json(value, renamed) for name, value in kind.seen.items()}
    merged = merging.merge(seen, mine, kind.stored)
    conflicts = sorted({*merged.conflicts, *(name for name in undecided if name in form)})
    if conflicts:
        return Judged({}, _conflict(kind, form, merged, conflicts), 409)
    taken = ", ".join(kind.labels.get(name, name) for name in merged.theirs)
    return Judged(
        merged.values, notice=f"{kind.by} changed {taken} while you edited. Both are kept." if taken else ""
    )


def conflicts_of(kind: Kind, form: Form, names: list[str]) -> dict[str, Conflict]:
    theirs = kind.shown(kind.stored)
    return {
        name: Conflict(
            by=f"{kind.by}’s" if kind.by else "Theirs",
            mine=kind.in_words(name, form[name]),
            theirs=kind.in_words(name, theirs[name]),
        )
        for name in names
        if name in form
    }


def of_step(here: Opened, known: Known, step: Step, revision: int) -> Kind:
    stored = step_form.values_of(step)
    change = _change(here, revision, step.id)
    before = _step_in(change.before, step.id) if change else None
    return Kind(
        read=lambda form, seen: step_form.read(known, form, seen),
        shown=lambda values: step_form.shown(known, values),
        stored=stored,
        seen=step_form.values_of(before) if before else stored,
        labels={field.name: field.label for field in step_form.fields(known)},
        by=_name(change),
    )


def of_branch(here: Opened, step: Step, branch_id: str, revision: int) -> Kind:
    stored = branch_form.values_of(step, branch_id)
    change = _change(here, revision, step.id)
    before = _step_in(change.before, step.id) if change else None
    return Kind(
        read=branch_form.read,
        shown=branch_form.shown,
        stored=stored,
        seen=branch_form.values_of(before, branch_id) if before else stored,
        labels=branch_form.LABELS,
        by=_name(change),
        in_words=branch_form.in_words,
    )


def of_settings(here: Opened, revision: int) -> Kind:
    kind = here.draft.kind
    stored = settings_form.values_of(here.draft.settings, kind)
    change = _change(here, revision)
    before = change.before if change else None
    content = before.get("settings", before) if isinstance(before, dict) else None
    labels = {field.name: field.label for field in settings_form.fields(kind)}
    return Kind(
        read=lambda form, seen: settings_form.read(kind, form, seen),
        shown=lambda values: settings_form.shown(kind, values),
        stored=stored,
        seen=settings_form.flat(content) if content else stored,
        labels={**labels, "variables": "Action variables", "response": "Response fields"},
        by=_name(change),
    )


def _change(here: Opened, revision: int, step_id: str = "") -> DraftChange | None:
    if revision >= here.workflow.draft_revision:
        return None
    return drafts.first_change_since(here.workflow, revision, step_id=step_id)


def _step_in(content: JSON, step_id: str) -> Step | None:
    """From one step's JSON, or from a whole document that holds it."""
    if not isinstance(content, dict):
        return None
    if "steps" not in content:
        return document.parse_step(content, registry=registry.default()) if "slug" in content else None
    whole = document.parse(content, kind="action", registry=registry.default())
    place = walk.find(whole, step_id)
    return place.step if place else None


def _name(change: DraftChange | None) -> str:
    return change.by_name.split("@")[0] if change else ""


def _conflict(kind: Kind, form: Form, merged: merging.Merged, conflicts: list[str]) -> Typing:
    theirs = kind.shown(kind.stored)
    together = {name: theirs[name] if name in merged.theirs else typed for name, typed in form.items()}
    labels = " and ".join(kind.labels.get(name, name) for name in conflicts)
    return Typing(
        form=together,
        conflicts=conflicts_of(kind, form, conflicts),
        notice=f"{kind.by or 'Somebody else'} changed {labels} while you edited",
    )
