"""What turns one state of the editor into the next? The pieces of the chain that a change has touched.

Lists of steps are compared one by one: what left its list is taken out, what came is put in with all that it
contains, and of what stayed only the parts that differ are drawn again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property

from builder.fragments import Context, Fragment, common
from builder.presenters import pieces
from builder.presenters.chain import ChainPage
from builder.presenters.pieces import Column, Item, Node, Slot, Split


def whole(page: ChainPage) -> list[Fragment]:
    """All but the panel: after a change that may have touched everything."""
    above = [Fragment("chain.html#bar", {"page": page}), _banner(page)]
    return [*above, Fragment("chain.html#steps", {"page": page})]


def difference(old: ChainPage, new: ChainPage, *, moved: str = "") -> list[Fragment]:
    """`moved` is the step that was taken elsewhere."""
    chains = _Chains(old, new, moved)
    is_empty = not (
        old.items and new.items
    )  # then another thing than a plus stands where the first step lands
    if (is_empty and (old.items, old.first_slot) != (new.items, new.first_slot)) or chains.is_reordered:
        return whole(new)
    return [*_above(old, new), *chains.gone(old.items), *chains.drawn(new.items, "afterend:#i-trigger")]


def _above(old: ChainPage, new: ChainPage) -> Iterator[Fragment]:
    if (old.name, old.state, old.state_word) != (new.name, new.state, new.state_word):
        yield Fragment("chain.html#bar", {"page": new})
    if old.banner != new.banner:
        yield _banner(new)
    if old.trigger != new.trigger:
        yield Fragment("chain.html#trigger", common(new) | {"trigger": new.trigger})
    if old.first_slot != new.first_slot:
        yield Fragment("cards.html#slot", common(new) | {"slot": new.first_slot})


def _banner(page: ChainPage) -> Fragment:
    return Fragment("chain.html#banner", common(page) | {"banner": page.banner})


class _Chains:
    """The chain before and after."""

    def __init__(self, old: ChainPage, new: ChainPage, moved: str) -> None:
        self.old, self.new = pieces.lists(old.items), pieces.lists(new.items)
        self.moved, self.common = moved, common(new)
        self.known = _by_id(self.old.items.values())
        self.now = _by_id(self.new.items.values())

    @cached_property
    def staying(self) -> frozenset[str]:
        """The steps that are in the same list as before."""
        home = self.new.home
        return frozenset(
            step_id
            for step_id, name in self.old.home.items()
            if home.get(step_id) == name and step_id != self.moved
        )

    @property
    def is_reordered(self) -> bool:
        """More than one step changed its place, which only a change of somebody else can do."""
        return any(
            self._kept(items) != self._kept(self.new.items[name])
            for name, items in self.old.items.items()
            if name in self.new.items
        )

    def _kept(self, items: Sequence[Item]) -> list[str]:
        return [item.node.id for item in items if item.node.id in self.staying]

    def gone(self, items: Sequence[Item]) -> Iterator[Fragment]:
        for item in items:
            if item.node.id not in self.staying:
                yield Fragment("cards.html#gone", {"item": item})
            elif _frame(item) == _frame(self.now[item.node.id]):
                for inner in _inner(item):
                    yield from self.gone(inner)

    def drawn(self, items: Sequence[Item], place: str) -> Iterator[Fragment]:
        """`place` is where the first would be put in."""
        for item in items:
            known = self.known.get(item.node.id)
            if known is None or item.node.id not in self.staying:
                yield self._piece("new-item", item=item, place=place)
            elif _frame(known) != _frame(item):
                yield self._piece("item-again", item=item)
            else:
                yield from self._again(known, item)
            place = f"afterend:{item.selector}"

    def _again(self, known: Item, item: Item) -> Iterator[Fragment]:
        yield from self._node(known.node, item.node)
        yield from self._slot(known.slot, item.slot)
        if known.split and item.split:
            yield from self._split(known.split, item.split)
        if known.box and item.box:
            yield from self._slot(known.box.slot, item.box.slot)
            yield from self.drawn(item.box.items, f"afterbegin:#l-{item.node.id}")

    def _node(self, known: Node, node: Node) -> Iterator[Fragment]:
        if replace(known, number=node.number) == node:
            if known.number != node.number:
                yield Fragment("cards.html#number", {"node": node})
        elif node.is_loop:
            yield self._piece("box-head", node=node)
            yield self._piece("box-foot", node=node)
        else:
            yield self._piece("node", node=node)

    def _split(self, known: Split, split: Split) -> Iterator[Fragment]:
        if split.is_wide and [one.head.label for one in known.columns] != [
            one.head.label for one in split.columns
        ]:
            yield self._piece("split-bar", split=split)
        for before, column in zip(known.columns, split.columns, strict=True):
            yield from self._column(before, column)

    def _column(self, known: Column, column: Column) -> Iterator[Fragment]:
        if known.head != column.head:
            yield self._piece("head", head=column.head)
        if known.slot and column.slot:
            yield from self._slot(known.slot, column.slot)
        yield from self.drawn(column.items, f"afterbegin:#l-{column.head.id}")
        if known.tail != column.tail:
            yield self._piece("tail", tail=column.tail)

    def _slot(self, known: Slot, slot: Slot) -> Iterator[Fragment]:
        if known != slot:
            yield self._piece("slot", slot=slot)

    def _piece(self, partial: str, **context: object) -> Fragment:
        drawn: Context = self.common | context
        return Fragment(f"cards.html#{partial}", drawn)


def _by_id(lists: Iterable[Sequence[Item]]) -> Mapping[str, Item]:
    return {item.node.id: item for items in lists for item in items}


def _frame(item: Item) -> object:
    """What a step contains, without what is in it: its columns with their lines, or a box."""
    columns = item.split.columns if item.split else ()
    return [(column.head.id, column.head.kind, column.arms) for column in columns], item.box is not None


def _inner(item: Item) -> Iterator[Sequence[Item]]:
    yield from (column.items for column in (item.split.columns if item.split else ()))
    if item.box:
        yield item.box.items
