"""What does the panel of one branch show: its name, its rules, and the branches beside it?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.urls import reverse

from builder.forms import branch as branch_form
from builder.forms.branch import LABEL, RULES
from builder.forms.typed import Typed
from builder.presenters import rule_rows, variables
from builder.presenters.cards import in_short
from builder.presenters.controls import Conflict, Control, Option
from builder.presenters.opened import Opened
from builder.presenters.panel import Typing
from builder.presenters.rule_rows import RuleEditor, RuleRow
from builder.presenters.variables import Offered
from connectors.declare import App
from workflows.definition import rule_words
from workflows.definition.problems import Problem
from workflows.definition.shapes import Branch
from workflows.definition.walk import Place


@dataclass(frozen=True, kw_only=True)
class BranchPanel:
    id: str
    step_id: str
    step_number: str
    step_label: str
    label: str
    app: App
    typed_label: str
    label_control: Control
    modes: tuple[Option, ...]
    rows: tuple[RuleRow, ...]
    words: str
    """The stored rules in words, for those who may only read."""
    others: tuple[str, ...]
    """Problems of the branch that belong to no row."""
    errors: tuple[tuple[str, str], ...]
    conflict: Conflict | None
    """Of the rules."""
    has_conflicts: bool
    notice: str
    revision: int
    url: str
    form_url: str
    position: str
    """Which of how many: `Branch 2 of 3, tried from left to right`."""
    save_state: str
    is_dirty: bool
    variables: Offered | None
    was_refused: bool
    field: str = RULES
    template: str = "builder/panel_branch.html"


def branch_of(place: Place, branch_id: str) -> Branch | None:
    """One that has rules: *Otherwise* and an error branch have none to edit."""
    return next(
        (
            branch
            for branch in place.step.branches
            if branch.id == branch_id and not branch.otherwise and not branch.on_error
        ),
        None,
    )


def branch_panel(
    opened: Opened, place: Place, branch: Branch, typing: Typing | None = None, *, is_new: bool = False
) -> BranchPanel:
    typing = typing or Typing()
    values = branch_form.values_of(place.step, branch.id)
    form = typing.form or branch_form.shown(values)
    url = reverse("builder:branch", args=[opened.workflow.pk, branch.id])
    rows = tuple(_editor(opened, place, branch, form[RULES], typing).rows())
    return BranchPanel(
        id=branch.id,
        step_id=place.step.id,
        step_number=place.number,
        step_label=opened.label(place.step),
        label=branch.label or "Unnamed branch",
        app=opened.known(place.step).face,
        typed_label=form[LABEL.name].text,
        label_control=Control(
            field=LABEL,
            typed=form[LABEL.name],
            error=typing.errors.get(LABEL.name, ""),
            conflict=typing.conflicts.get(LABEL.name),
            has_focus=is_new,
        ),
        modes=rule_rows.modes(form[RULES].kind),
        rows=rows,
        words=in_short(rule_words.words(branch.when)),
        others=() if typing.form else tuple(_others(opened, place, branch, rows)),
        errors=tuple(_errors(typing.errors, rows)),
        conflict=typing.conflicts.get(RULES),
        has_conflicts=bool(typing.conflicts),
        notice=typing.notice,
        revision=typing.revision or opened.workflow.draft_revision,
        url=url,
        form_url=f"{url}form/",
        position=_position(place, branch),
        save_state="Unsaved changes" if typing.form else "All changes saved",
        is_dirty=typing.form is not None,
        variables=variables.with_panel(opened, place.step.id),
        was_refused=bool(typing.errors or typing.conflicts),
    )


def _editor(opened: Opened, place: Place, branch: Branch, form: Typed, typing: Typing) -> RuleEditor:
    stored = branch_form.values_of(place.step, branch.id).get(RULES)
    wrong = (
        {}
        if typing.form
        else rule_rows.problems_of_rows(_own(opened, place, branch), _path(place, branch), stored)
    )
    errors = {
        int(name.rpartition(".")[2]): message
        for name, message in typing.errors.items()
        if name.startswith(f"{RULES}.")
    }
    new_row = int(typing.new_row) if typing.new_row.isdecimal() else None
    return RuleEditor(opened, place, form, errors, wrong, new_row)


def _path(place: Place, branch: Branch) -> str:
    return f"{place.path}.branches[{place.step.branches.index(branch)}].when"


def _own(opened: Opened, place: Place, branch: Branch) -> list[Problem]:
    path = _path(place, branch).removesuffix(".when")
    return [
        problem
        for problem in opened.problems
        if problem.step_id == place.step.id and f"{problem.path}.".startswith(f"{path}.")
    ]


def _others(opened: Opened, place: Place, branch: Branch, rows: Sequence[RuleRow]) -> Iterator[str]:
    shown = {message for row in rows for message in row.problems}
    yield from (problem.message for problem in _own(opened, place, branch) if problem.message not in shown)


def _errors(errors: Mapping[str, str], rows: Sequence[RuleRow]) -> Iterator[tuple[str, str]]:
    for name, message in errors.items():
        row = name.removeprefix(f"{RULES}.")
        if name.startswith(f"{RULES}.") and int(row) < len(rows):
            yield f"r-{row}-left", f"{rows[int(row)].title}: {message}"
        else:
            yield "i-branch-label", message


def _position(place: Place, branch: Branch) -> str:
    ruled = [one for one in place.step.branches if not one.otherwise and not one.on_error]
    at = f"Branch {ruled.index(branch) + 1} of {len(ruled)}"
    mode = place.step.inputs.get("mode")
    return f"{at}, every one that matches is taken" if mode == "every" else f"{at}, tried from left to right"
