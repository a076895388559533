"""The pieces that a chain is drawn of, whoever fills them: cards, the places between them, columns, boxes.

A tree like the document's: a list of items, each a card with the place after it, and below a card its
columns (the branches of a split, the error branch of any step) or its box (the body of a loop).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString

from builder.presenters import bus
from connectors.declare import App

MARK_WORDS = {"edited": "Edited", "added": "Added", "moved": "Moved"}


@dataclass(frozen=True)
class Chosen:
    """What the address says is open: a step or a branch of it, `settings`, or where a step is to be added."""

    step: str = ""
    add: str = ""
    branch: str = ""
    replace: str = ""
    """The step that is to get another action."""
    focus: str = ""
    """What gets the keyboard's focus when it is drawn: id of a step or branch, an anchor, or `settings`."""

    @classmethod
    def of(cls, get: Callable[[str, str], str]) -> "Chosen":
        return cls(**{name: get(name, "") for name in ("step", "add", "branch", "replace")})

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


def lists(top: Sequence[Item]) -> Lists:
    return Lists(dict(_lists(top, "")))


def _lists(found: Sequence[Item], name: str) -> Iterator[tuple[str, Sequence[Item]]]:
    yield name, found
    for item in found:
        for column in item.split.columns if item.split else ():
            yield from _lists(column.items, column.head.id)
        if item.box:
            yield from _lists(item.box.items, item.node.id)
