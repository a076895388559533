"""What is asked about a step or a branch: where to, what goes with it, what is noted, copied, pasted?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from django.urls import reverse

from builder.presenters import breaking
from builder.presenters.breaking import Broken
from builder.presenters.opened import Opened
from workflows.definition import walk
from workflows.definition.anchors import START, Anchor
from workflows.definition.document import Step
from workflows.definition.walk import Place


@dataclass(frozen=True)
class Choice:
    value: str
    label: str


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What every question has; each kind has a template of its own for what is asked."""

    template: ClassVar[str]
    crumb: ClassVar[str]
    is_danger: ClassVar[bool] = False
    takes_enter: ClassVar[bool] = False
    """The button is where one stands."""

    title: str
    text: str = ""
    url: str
    """Where the answer is posted; empty: nothing is."""
    cancel_url: str
    answer: str = ""
    """On the button; empty: there is none."""


@dataclass(frozen=True, kw_only=True)
class Removal(Asked):
    template = "builder/asked_remove.html"
    crumb = "Delete"
    is_danger = True

    choices: tuple[Choice, ...] = ()
    """What may be kept; the last one keeps nothing."""
    broken: tuple[Broken, ...] = ()
    """What uses it."""


@dataclass(frozen=True, kw_only=True)
class Doubtful(Asked):
    """A move that would break something."""

    template = "builder/asked_move_anyway.html"
    crumb = "Move"
    takes_enter = True

    to: str
    broken: tuple[Broken, ...]


@dataclass(frozen=True, kw_only=True)
class Destination:
    anchor: str
    label: str
    depth: int


@dataclass(frozen=True, kw_only=True)
class Moving(Asked):
    template = "builder/asked_move.html"
    crumb = "Move"

    places: tuple[Destination, ...]


@dataclass(frozen=True, kw_only=True)
class Noting(Asked):
    template = "builder/asked_note.html"
    crumb = "Note"

    note: str
    was: str
    """What was there when it was opened."""
    theirs: str | None = None
    """What somebody wrote meanwhile: both are shown, and the next answer decides."""


@dataclass(frozen=True, kw_only=True)
class Copying(Asked):
    template = "builder/asked_copy.html"
    crumb = "Copy"

    step: str


@dataclass(frozen=True, kw_only=True)
class Pasting(Asked):
    template = "builder/asked_paste.html"
    crumb = "Paste"

    anchor: str
    step: str = ""
    problem: str = ""


def removing_branch(here: Opened, branch_id: str) -> Removal:
    place, branch = here.branch(branch_id)
    return Removal(
        title=f"Delete branch “{branch.label}”?",
        text=f"{_steps(branch.steps)} in it will be deleted too. You can undo this.",
        url=reverse("builder:delete_branch", args=[here.workflow.pk, branch.id]),
        cancel_url=f"{here.url}?step={place.step.id}",
        answer="Delete",
    )


def removing_step(here: Opened, step_id: str) -> Removal:
    place = here.place(step_id)
    inner = [child for steps in walk.lists_of(place.step) for child in steps]
    kept = [
        Choice(branch.id, f"Keep the steps of branch {branch.label} ({_steps(branch.steps)})")
        for branch in place.step.branches
        if branch.steps
    ]
    broken = breaking.by_removing(here, step_id)
    said = [f"It contains {_steps(inner)}." if inner else "", _used(broken), "You can undo this."]
    return Removal(
        title=f"Delete step {place.number}, “{here.label(place.step)}”?",
        text=" ".join(filter(None, said)),
        broken=broken,
        url=reverse("builder:delete_step", args=[here.workflow.pk, step_id]),
        cancel_url=f"{here.url}?step={step_id}",
        answer="Delete anyway" if broken else "Delete",
        choices=(*kept, Choice("", f"Delete all, {_steps(inner)} too")) if kept else (),
    )


def _used(broken: Sequence[Broken]) -> str:
    count = len({one.step_id for one in broken})
    if not count:
        return ""
    return f"{'1 place uses' if count == 1 else f'{count} places use'} what it gives."


def doubtful_move(here: Opened, step_id: str, anchor: Anchor) -> Doubtful | None:
    """None: nothing breaks."""
    broken = breaking.by_moving(here, step_id, anchor)
    if not broken:
        return None
    place = here.place(step_id)
    return Doubtful(
        title=f"Move step {place.number}, “{here.label(place.step)}”, all the same?",
        text="There it would not find what it uses, or others would not find it.",
        url=reverse("builder:move_step", args=[here.workflow.pk, step_id]),
        cancel_url=f"{here.url}?step={step_id}",
        answer="Move anyway",
        to=str(anchor),
        broken=broken,
    )


def moving(here: Opened, step_id: str) -> Moving:
    place = here.place(step_id)
    here_already = {str(place.anchor), f"after:{step_id}"}
    found = _in_list(here, here.draft.steps, START, "At the start", 0, step_id)
    return Moving(
        title=f"Move step {place.number}, “{here.label(place.step)}”",
        text="Where to?",
        url=reverse("builder:move_step", args=[here.workflow.pk, step_id]),
        cancel_url=f"{here.url}?step={step_id}",
        places=tuple(one for one in found if one.anchor not in here_already),
    )


def noting(here: Opened, step_id: str, note: str | None = None, *, theirs: str | None = None) -> Noting:
    """`note` is what was typed before; else the step's own."""
    place = here.place(step_id)
    return Noting(
        title=f"Note on step {place.number}, “{here.label(place.step)}”",
        url=reverse("builder:note_step", args=[here.workflow.pk, step_id]),
        cancel_url=f"{here.url}?step={step_id}",
        answer="Save note",
        note=place.step.note if note is None else note,
        was=place.step.note,
        theirs=theirs,
    )


def copying(here: Opened, step_id: str, step: str) -> Copying:
    place = here.place(step_id)
    return Copying(
        title=f"Copy step {place.number}, “{here.label(place.step)}”",
        url="",
        cancel_url=f"{here.url}?step={step_id}",
        step=step,
    )


def pasting(here: Opened, anchor: str, step: str = "", problem: str = "") -> Pasting:
    place = here.places.get(anchor.partition(":")[2])
    return Pasting(
        title="Paste a step",
        text=f"It lands {f'after {named(here, place)}' if place else 'here'}.",
        url=reverse("builder:paste_step", args=[here.workflow.pk]),
        cancel_url=here.url,
        answer="Paste",
        anchor=anchor,
        step=step,
        problem=problem,
    )


def _in_list(
    here: Opened, steps: Sequence[Step], head: Anchor, label: str, depth: int, moved: str
) -> Iterator[Destination]:
    yield Destination(anchor=str(head), label=label, depth=depth)
    for step in steps:
        if step.id == moved:
            continue
        place = here.places[step.id]
        for branch in step.branches:
            text = f"First in branch {branch.label} of {place.number}"
            anchor = Anchor("head", branch.id)
            yield from _in_list(here, branch.steps, anchor, text, depth + 1, moved)
        if step.body is not None:
            anchor = Anchor("body", step.id)
            text = f"First in loop {named(here, place)}"
            yield from _in_list(here, step.body, anchor, text, depth + 1, moved)
        yield Destination(anchor=f"after:{step.id}", label=f"After {named(here, place)}", depth=depth)


def named(here: Opened, place: Place) -> str:
    return f"{place.number}. {here.label(place.step)}"


def _steps(steps: Sequence[Step]) -> str:
    count = sum(1 for step in steps for _ in walk.steps_below(step))
    return "1 step" if count == 1 else f"{count} steps"
