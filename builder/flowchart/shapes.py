"""What is given to the layout of a flow, and what comes out? Plain numbers, in pixels of the drawing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

NODE_WIDTH, NODE_HEIGHT = 190, 74
TAG_HEIGHT = 21
LANE_WIDTH = 12
"""Of an edge that passes a row in which it has no node."""
MARGIN = 12

type Point = tuple[int, int]


@dataclass(frozen=True)
class Link:
    """From a node to another one, or to nowhere yet."""

    source: str
    target: str | None
    label: str = ""
    tone: str = ""
    width: int = LANE_WIDTH
    """Of its label; a link without one is a line only."""


@dataclass(frozen=True)
class Chart:
    """The first node is where everything begins."""

    nodes: Sequence[str]
    links: Sequence[Link]


@dataclass(frozen=True)
class Rect:
    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self) -> int:
        return self.x + self.width // 2

    @property
    def right(self) -> int:
        return self.x + self.width

    @property
    def bottom(self) -> int:
        return self.y + self.height


@dataclass(frozen=True)
class Wire:
    """A link as it is drawn: from point to point, only along or across."""

    link: Link
    points: tuple[Point, ...]
    tag: Rect | None
    """Where its label stands."""
    is_back: bool = False
    """It leads up again."""


@dataclass(frozen=True)
class Drawing:
    width: int
    height: int
    boxes: Mapping[str, Rect]
    wires: tuple[Wire, ...]


@dataclass(frozen=True)
class Spot:
    """One place in a row: a node, the label of a link, or where an edge passes on its way to a node."""

    kind: str
    """node | tag | lane"""
    name: str | int
    """The node's, or the number of the link; of a lane the node it leads to."""
    row: int
    width: int = field(compare=False)
