"""What stands on the cards of the chain, beside each other in a split, inside the box of a loop?

A tree like the document's: a list of items, each a card with the place after it, and below a card its
columns (the branches of a split, the error branch of any step) or its box (the body of a loop).
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from builder.presenters import bus, called
from builder.presenters.opened import Opened
from connectors.declare import App
from workflows.definition import rule_words, walk
from workflows.definition.catalogue import STOP, without_version
from workflows.definition.problems import Problem
from workflows.definition.shapes import Branch, Step, Steps

STRONG = re.compile(r"\*\*(.+?)\*\*")
TOKEN = re.compile(r"\{\{\s*([\w.\[\]]+)[^{}]*\}\}")
MARK_WORDS = {"edited": "Edited", "added": "Added", "moved": "Moved"}


@dataclass(frozen=True)
class Chosen:
    """What the address says is open: a step or a branch of it, `settings`, or where a step is to be added."""

    step: str = ""
    add: str = ""
    branch: str = ""
    focus: str = ""
    """What gets the keyboard's focus when it is drawn: id of a step or branch, an anchor, or `settings`."""

    @property
    def query(self) -> str:
        """Of the address that has the same step or branch open."""
        branch = f"&branch={self.branch}" if self.branch else ""
        return f"?step={self.step}{branch}" if self.step else ""


@dataclass(frozen=True)
class Node:
    id: str
    number: str
    label: str
    app: App
    summary: SafeString
    needs: str
    mark: str
    note: str
    is_enabled: bool
    is_loop: bool = False
    goes_on: str = ""
    """At the foot of a loop's box: what happens after each item."""
    is_selected: bool = False
    has_focus: bool = False

    @property
    def mark_word(self) -> str:
        return MARK_WORDS.get(self.mark, "")


@dataclass(frozen=True)
class Slot:
    """A place between cards."""

    anchor: str
    named_by: str = ""
    """The id of the element that says what it comes after, or what it is the first place of."""
    lands: str = ""
    """Where a new step would stand, in words; only while the place is open."""
    is_only: bool = False
    """Nothing stands in its list yet."""

    has_focus: bool = False

    @property
    def kind(self) -> str:
        """start | after | head | body"""
        return self.anchor.partition(":")[0]

    @property
    def within(self) -> str:
        """The element that it is a child of, as a selector."""
        id_ = self.anchor.partition(":")[2]
        match self.kind:
            case "after":
                return item_of(id_)
            case "head":
                return f"#b-{id_}"
            case "body":
                return f"#lb-{id_}"
            case _:
                return "#i-trigger"


@dataclass(frozen=True, kw_only=True)
class Tail:
    """How a branch ends."""

    id: str
    text: str
    is_end: bool


@dataclass(frozen=True, kw_only=True)
class Head:
    """What stands on top of a column."""

    id: str
    step_id: str
    label: str
    words: SafeString
    kind: str
    """rules | otherwise | error | pass: the way past an error branch, which holds nothing"""
    size: str
    """What is in it, for when it is folded: `4 steps · 1 to set up`."""
    needs: str
    is_selected: bool
    has_focus: bool


@dataclass(frozen=True, kw_only=True)
class Column:
    """A branch, drawn beside the others."""

    head: Head
    slot: Slot | None
    items: tuple["Item", ...]
    tail: Tail
    arms: bus.Arms


@dataclass(frozen=True, kw_only=True)
class Split:
    step_id: str
    columns: tuple[Column, ...]
    takes_branches: bool
    """More can be added; a step that only has an error branch takes no others."""

    @property
    def count(self) -> int:
        return len(self.columns)

    @property
    def is_wide(self) -> bool:
        """So many columns that it scrolls sideways; then a list to jump by helps."""
        return self.count > bus.MOST_SIDE_BY_SIDE


@dataclass(frozen=True)
class Box:
    """The body of a loop."""

    slot: Slot
    items: tuple["Item", ...]


@dataclass(frozen=True)
class Item:
    node: Node
    slot: Slot
    split: Split | None = None
    box: Box | None = None

    @property
    def selector(self) -> str:
        return item_of(self.node.id)


@dataclass(frozen=True)
class Lists:
    """All lists of the chain by what holds them: empty for the whole chain, a branch's or a loop's id."""

    items: Mapping[str, Sequence[Item]]

    @property
    def home(self) -> Mapping[str, str]:
        """Step id → the list it stands in."""
        return {item.node.id: name for name, items in self.items.items() for item in items}


def item_of(step_id: str) -> str:
    """Selects the item of a step. It has no id of its own: there are hundreds."""
    return f"li:has(> #n-{step_id}, > .loop > #n-{step_id})"


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


def lists(top: Sequence[Item]) -> Lists:
    return Lists(dict(_lists(top, "")))


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
            is_selected=self.chosen.step == step.id and not self.chosen.branch,
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


def _lists(found: Sequence[Item], name: str) -> Iterator[tuple[str, Sequence[Item]]]:
    yield name, found
    for item in found:
        for column in item.split.columns if item.split else ():
            yield from _lists(column.items, column.head.id)
        if item.box:
            yield from _lists(item.box.items, item.node.id)
