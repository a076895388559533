"""The whole chain as a list to jump by: every step and branch, what is wrong with it, what changed."""

from collections.abc import Iterator
from dataclasses import dataclass

from builder.presenters import cards
from builder.presenters.chain import Chosen
from builder.presenters.opened import Opened
from builder.presenters.pieces import Item
from connectors.declare import App


@dataclass(frozen=True, kw_only=True)
class Entry:
    id: str
    query: str
    """Of the address that opens it."""
    number: str
    """Empty for a branch."""
    label: str
    depth: int
    app: App | None = None
    needs: str = ""
    mark: str = ""
    is_enabled: bool = True


@dataclass(frozen=True)
class Outline:
    entries: tuple[Entry, ...]
    faults: int
    """How many steps need setup."""


def outline(opened: Opened) -> Outline:
    entries = tuple(_of_list(cards.items(opened, Chosen()), 0))
    return Outline(entries, sum(bool(entry.needs and entry.number) for entry in entries))


def _of_list(items: tuple[Item, ...], depth: int) -> Iterator[Entry]:
    for item in items:
        node = item.node
        yield Entry(
            id=node.id,
            query=f"step={node.id}",
            number=node.number,
            label=node.label,
            depth=depth,
            app=node.app,
            needs=node.needs,
            mark=node.mark_word,
            is_enabled=node.is_enabled,
        )
        for column in item.split.columns if item.split else ():
            head = column.head
            if head.kind == "pass":
                continue
            query = f"step={head.step_id}" + (f"&branch={head.id}" if head.kind == "rules" else "")
            yield Entry(
                id=head.id, query=query, number="", label=head.label, depth=depth + 1, needs=head.needs
            )
            yield from _of_list(column.items, depth + 2)
        if item.box:
            yield from _of_list(item.box.items, depth + 1)
