"""What stands on the cards of the chain, beside each other in a split, inside the box of a loop?"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from builder.presenters import bus, called
from builder.presenters.opened import Opened
from builder.presenters.pieces import (
    Box,
    Chosen,
    Column,
    Head,
    Item,
    Node,
    Slot,
    Split,
    Tail,
)
from workflows.definition import rule_words, walk
from workflows.definition.catalogue import STOP, without_version
from workflows.definition.problems import Problem
from workflows.definition.shapes import Branch, Step, Steps

STRONG = re.compile(r"\*\*(.+?)\*\*")
TOKEN = re.compile(r"\{\{\s*([\w.\[\]]+)[^{}]*\}\}")


def items(opened: Opened, chosen: Chosen) -> tuple[Item, ...]:
    return _Cards(opened, chosen).of_list(opened.draft.steps, "the end")


def heads(opened: Opened, step: Step) -> tuple[Head, ...]:
    """What stands on top of the columns of one step."""
    drawn = _Cards(opened, Chosen())
    return tuple(drawn.head(step, branch) for branch in step.branches)


def takes_branches(step: Step) -> bool:
    """Whether it is a split: any step may have an error branch."""
    return any(not branch.on_error for branch in step.branches)


def first_slot(opened: Opened, chosen: Chosen) -> Slot:
    lands = "at the start" if chosen.add == "start" else ""
    return Slot("start", lands=lands, is_only=not opened.draft.steps, has_focus=chosen.focus == "start")


def in_short(text: str) -> SafeString:
    """Tokens by the last part of their names: `{{ steps.look_up.output.order_number }}` → order number."""
    named = TOKEN.sub(lambda token: token[1].rpartition(".")[2].replace("_", " "), text)
    return mark_safe(STRONG.sub(r"<b>\1</b>", escape(named)))  # noqa: S308 - escaped before the marks are set


def needs(problems: Sequence[Problem]) -> str:
    if not problems:
        return ""
    first = problems[0].message.rstrip(".")
    return first if len(problems) == 1 else f"{first} (and {len(problems) - 1} more)"


class _Cards:
    """Draws the tree; holds what all its cards need to know."""

    def __init__(self, opened: Opened, chosen: Chosen) -> None:
        self.opened, self.chosen = opened, chosen
        changes = opened.changes if opened.was_published else []
        self.marks = {change.step_id: change.change for change in changes}
        self.problems = _by_step(opened.problems)

    def of_list(self, steps: Steps, then: str) -> tuple[Item, ...]:
        """`then` is what comes after the list, in words."""
        follows = [self.opened.places[step.id].number for step in steps[1:]]
        return tuple(self._item(step, after) for step, after in zip(steps, [*follows, then], strict=False))

    def _item(self, step: Step, then: str) -> Item:
        node = self._node(step)
        return Item(
            node=node,
            slot=self._slot(f"after:{step.id}", f"a-{step.id}", f"after {node.number}"),
            split=self._split(step, then) if step.branches else None,
            box=self._box(step) if step.body is not None else None,
        )

    def _node(self, step: Step) -> Node:
        opened, known = self.opened, self.opened.known(step)
        connection = opened.connections.get(step.connection or "")
        summary = known.action.summary
        named = connection.name if connection else ""
        inputs = called.with_names(step.inputs, known.action.fields, opened.vocabulary)
        text = summary(inputs, named) if summary else known.action.description
        branches = sum(not branch.on_error for branch in step.branches)
        return Node(
            id=step.id,
            number=opened.places[step.id].number,
            label=opened.label(step),
            app=known.face,
            summary=in_short(f"{text} · {branches} branches" if branches > 1 else text),
            needs=needs(self.problems.get(step.id, [])),
            mark=self.marks.get(step.id, ""),
            note=step.note,
            is_enabled=step.enabled,
            is_loop=step.body is not None,
            goes_on=_goes_on(step) if step.body is not None else "",
            is_selected=(self.chosen.replace or self.chosen.step) == step.id and not self.chosen.branch,
            has_focus=self.chosen.focus == step.id,
        )

    def _split(self, step: Step, then: str) -> Split:
        branches = step.branches
        ended = [ends(branch.steps) for branch in branches]
        is_split = takes_branches(step)
        joins = [not end for end in ended] if is_split else [True, *(not end for end in ended)]
        arms = bus.arms(joins)
        columns = [
            self._column(step, branch, then, end=end, arms=drawn)
            for branch, end, drawn in zip(branches, ended, arms[-len(branches) :], strict=True)
        ]
        if not is_split:
            columns.insert(0, _passing(step, then, arms[0]))
        return Split(step_id=step.id, columns=tuple(columns), takes_branches=is_split)

    def _column(self, step: Step, branch: Branch, then: str, *, end: bool, arms: bus.Arms) -> Column:
        slot = self._slot(f"head:{branch.id}", f"a-{branch.id}", f"first in branch {branch.label}")
        return Column(
            head=self.head(step, branch),
            slot=replace(slot, is_only=not branch.steps),
            items=self.of_list(branch.steps, then),
            tail=_tail(branch.id, then, is_end=end),
            arms=arms,
        )

    def head(self, step: Step, branch: Branch) -> Head:
        place = self.opened.places[step.id]
        path = f"{place.path}.branches[{step.branches.index(branch)}]."
        own = [
            problem
            for problem in self.problems.get(step.id, [])
            if problem.path.startswith(path) and not problem.path.startswith(f"{path}steps[")
        ]
        return Head(
            id=branch.id,
            step_id=step.id,
            label=branch.label or "Unnamed branch",
            words=in_short(condition(branch)),
            kind="otherwise" if branch.otherwise else "error" if branch.on_error else "rules",
            size=self._size(branch.steps),
            needs=needs(own),
            is_selected=self.chosen.branch == branch.id,
            has_focus=self.chosen.focus == branch.id,
        )

    def _size(self, steps: Steps) -> str:
        inside = [inner for step in steps for inner in walk.steps_below(step)]
        bad = sum(step.id in self.problems for step in inside)
        count = f"{len(inside)} step{'' if len(inside) == 1 else 's'}"
        return f"{count} · {bad} to set up" if bad else count

    def _box(self, step: Step) -> Box:
        assert step.body is not None
        number = self.opened.places[step.id].number
        slot = self._slot(f"body:{step.id}", f"a-{step.id}", f"first in loop {number}")
        return Box(replace(slot, is_only=not step.body), self.of_list(step.body, "the next item"))

    def _slot(self, anchor: str, named_by: str, lands: str) -> Slot:
        return Slot(
            anchor,
            named_by,
            lands if self.chosen.add == anchor else "",
            has_focus=self.chosen.focus == anchor,
        )


def condition(branch: Branch) -> str:
    if branch.otherwise:
        return "No other match"
    if branch.on_error:
        return "When the step fails"
    return rule_words.words(branch.when) or "No rules yet"


def ends(steps: Steps) -> bool:
    """Whether the run never goes on after these steps."""
    last = next((step for step in reversed(steps) if step.enabled), None)
    if last is None:
        return False
    if without_version(last.action) == STOP:
        return True
    ways = [branch for branch in last.branches if not branch.on_error]
    return bool(ways) and any(way.otherwise for way in ways) and all(ends(way.steps) for way in ways)


def _tail(id_: str, then: str, *, is_end: bool) -> Tail:
    return Tail(id=id_, text="Ends here" if is_end else f"Continues to {then}", is_end=is_end)


def _passing(step: Step, then: str, arms: bus.Arms) -> Column:
    """Beside an error branch: the way that the run takes when nothing fails."""
    head = Head(
        id=f"pass-{step.id}",
        step_id=step.id,
        label="It worked",
        words=SafeString(),
        kind="pass",
        size="",
        needs="",
        is_selected=False,
        has_focus=False,
    )
    return Column(
        head=head, slot=None, items=(), tail=_tail(f"pass-{step.id}", then, is_end=False), arms=arms
    )


def _goes_on(step: Step) -> str:
    limit, on_error = step.inputs.get("limit") or 100, step.inputs.get("on_item_error") or "stop"
    most = in_short(str(limit))
    return f"Next item · at most {most} · on error: {on_error}"


def _by_step(problems: Iterable[Problem]) -> dict[str, list[Problem]]:
    found: dict[str, list[Problem]] = {}
    for problem in problems:
        if problem.is_error and problem.step_id:
            found.setdefault(problem.step_id, []).append(problem)
    return found
