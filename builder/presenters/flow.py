"""What does an agent's conversation flow look like, as a graph and as the same list?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from builder.flowchart import svg
from builder.flowchart.drawing import draw
from builder.flowchart.shapes import NODE_WIDTH, Chart, Link, Rect, Wire
from builder.presenters.agent_forms import state_of
from builder.presenters.agent_page import AgentPage, page
from builder.presenters.opened_agent import OpenedAgent
from workflows.definition import agent_flow, flow_reach, mentions
from workflows.definition.agent_diff import TYPES
from workflows.definition.agent_flow import End, Exit, Node, Start, Turn, WorkflowNode
from workflows.definition.problems import Problem

GRAPH, LIST = "graph", "list"
MOST_IN_GRAPH = 60
"""Above this many nodes the list opens first."""
MOST_LINKS = 400
"""More lines than anybody could follow, and long to draw: the list has them all."""
TAG_TEXT, NODE_TEXT = 11.5, 13.6
MOST_OF_TAG = 150
LOOKS: Mapping[str, tuple[str, str]] = {
    "start": ("flag", "s"),
    "turn": ("message-square", "a"),
    "workflow": ("workflow", "w"),
    "end": ("square", ""),
}
"""Type → icon and tone of its tile."""
OF_THE_WHOLE = "no_end"
"""A problem that is told beside the graph, not on the start that stands for it."""
BAD_ENDINGS = ("failed", "timed_out")


@dataclass(frozen=True)
class Way:
    label: str
    to: str
    url: str
    is_open: bool


@dataclass(frozen=True, kw_only=True)
class NodeView:
    id: str
    number: int
    kind: str
    title: str
    sub: str
    warning: str
    """Why it needs a look; stands in place of `sub`."""
    is_broken: bool
    icon: str
    tone: str
    url: str
    is_current: bool
    has_focus: bool
    """It gets the keyboard's focus when it is drawn."""
    ways: tuple[Way, ...]

    @property
    def said(self) -> str:
        return f"{self.kind}: {self.title}. {self.warning or self.sub}"

    @property
    def short_title(self) -> str:
        return svg.fitted(self.title, NODE_WIDTH - 58, NODE_TEXT)

    @property
    def short_sub(self) -> str:
        return svg.fitted(self.warning or self.sub, NODE_WIDTH - 24, TAG_TEXT)


@dataclass(frozen=True)
class BoxView:
    node: NodeView
    rect: Rect


@dataclass(frozen=True)
class WireView:
    path: str
    arrow: str
    is_back: bool
    is_open: bool


@dataclass(frozen=True)
class TagView:
    rect: Rect
    text: str
    full: str
    tone: str

    @property
    def baseline(self) -> int:
        return self.rect.y + 15


@dataclass(frozen=True)
class Graph:
    width: int
    height: int
    boxes: tuple[BoxView, ...]
    wires: tuple[WireView, ...]
    tags: tuple[TagView, ...]


@dataclass(frozen=True, kw_only=True)
class FlowPage:
    page: AgentPage
    url: str
    view: str
    nodes: tuple[NodeView, ...]
    graph: Graph | None
    graph_url: str
    list_url: str
    add_url: str
    is_empty: bool
    is_too_large: bool


def flow_page(here: OpenedAgent, chosen: str, view: str, focus: str = "") -> FlowPage:
    url = f"{here.url}flow/"
    count = len(here.flow.nodes)
    links = list(_links(here))
    is_too_large = len(links) > MOST_LINKS
    shown = view if view in (GRAPH, LIST) else (LIST if count > MOST_IN_GRAPH else GRAPH)
    query = f"&view={view}" if view in (GRAPH, LIST) else ""
    nodes = tuple(_nodes(here, chosen, focus, url, query))
    is_drawn = shown == GRAPH and not is_too_large
    own = f"node={chosen}&" if chosen else ""
    return FlowPage(
        page=page(here, "flow"),
        url=url,
        view=shown,
        nodes=nodes,
        graph=_graph(nodes, links) if is_drawn else None,
        graph_url=f"{url}?{own}view=graph",
        list_url=f"{url}?{own}view=list",
        add_url=f"{url}?add={f'{chosen}:' if chosen else 'here'}{query}",
        is_empty=count == 1 and not links,
        is_too_large=is_too_large,
    )


def in_order(here: OpenedAgent) -> list[Node]:
    """As one comes to them from the start; then those that nothing leads to."""
    nodes = {one.id: one for one in here.flow.nodes}
    order = [agent_flow.start_of(here.flow).id]
    for node_id in order:
        for way in agent_flow.exits(nodes[node_id]):
            if way.to in nodes and way.to not in order:
                order.append(way.to)
    return [nodes[node_id] for node_id in order] + [one for one in here.flow.nodes if one.id not in order]


def _nodes(here: OpenedAgent, chosen: str, focus: str, url: str, query: str) -> Iterator[NodeView]:
    reached = flow_reach.reached(here.flow)
    names = {one.id: one.name for one in here.flow.nodes}
    problems = [one for one in here.problems if one.step_id]
    for number, node in enumerate(in_order(here), start=1):
        own = [one for one in problems if one.step_id == node.id]
        icon, tone = LOOKS[node.type]
        is_transfer = isinstance(node, End) and node.mode == "transfer"
        yield NodeView(
            id=node.id,
            number=number,
            kind=TYPES[node.type],
            title=node.name,
            sub=_sub(here, node),
            warning=_warning(here, node, own, is_reached=node.id in reached),
            is_broken=any(one.is_error for one in own),
            icon="phone-forwarded" if is_transfer else icon,
            tone=tone,
            url=f"{url}?node={node.id}{query}",
            is_current=node.id == chosen,
            has_focus=node.id == focus,
            ways=tuple(
                Way(
                    label=way.label,
                    to=names.get(way.to or "", "a node that is gone" if way.to else "nowhere yet"),
                    url=f"{url}?node={way.to}{query}" if way.to in names else "",
                    is_open=way.to not in names,
                )
                for way in agent_flow.exits(node)
            ),
        )


def _sub(here: OpenedAgent, node: Node) -> str:
    match node:
        case Start():
            return "The agent speaks first" if node.speaks_first == "agent" else "The person speaks first"
        case Turn():
            count = len(node.outcomes)
            texts = [*node.instructions.model_dump().values(), node.script]
            called = {one.name for text in texts for one in mentions.mentions(text)}
            calls = f" · calls {len(called)} workflow{'' if len(called) == 1 else 's'}" if called else ""
            return f"{count} outcome{'' if count == 1 else 's'}{calls}"
        case WorkflowNode():
            known = here.surroundings.workflows.get(node.workflow or "")
            return f"{known.name} · {state_of(known)}" if known else ""
    return f"Transfer to {node.destination}" if node.mode == "transfer" else "Ends the conversation"


def _warning(here: OpenedAgent, node: Node, problems: Sequence[Problem], *, is_reached: bool) -> str:
    if isinstance(node, WorkflowNode):
        known = here.surroundings.workflows.get(node.workflow or "")
        if node.workflow is None:
            return "Choose a workflow"
        if known is None:
            return "Its workflow is gone: relink"
        if not known.is_live:
            return f"{known.name}: not live"
    errors = [one.message for one in problems if one.is_error]
    if errors:
        return errors[0]
    if not is_reached:
        return "Nothing leads here"
    if open_ends := sum(way.to is None for way in agent_flow.exits(node)):
        return (
            f"{open_ends} outcome{'' if open_ends == 1 else 's'} lead{'s' if open_ends == 1 else ''} nowhere"
        )
    return next((one.message for one in problems if one.code != OF_THE_WHOLE), "")


def _links(here: OpenedAgent) -> Iterator[Link]:
    """One for all outcomes of a node that lead to the same place."""
    known = {one.id for one in here.flow.nodes}
    for node in here.flow.nodes:
        ways = sorted(agent_flow.exits(node), key=lambda way: way.to or "")
        first = {way.key: index for index, way in enumerate(agent_flow.exits(node))}
        groups = [list(group) for _, group in groupby(ways, key=lambda way: way.to)]
        for group in sorted(groups, key=lambda group: min(first[way.key] for way in group)):
            members = sorted(group, key=lambda way: first[way.key])
            to = members[0].to if members[0].to in known else None
            label = _label(node, members)
            yield Link(node.id, to, label, _tone(node, members, to), _width(label))


def _label(node: Node, ways: Sequence[Exit]) -> str:
    if isinstance(node, WorkflowNode) and len(ways) == len(agent_flow.ENDINGS):
        return "any outcome"
    if isinstance(node, Start) and len(node.outcomes) == 1 and ways[0].to:
        return ""
    return f"{len(ways)} outcomes" if len(ways) > 3 else " · ".join(way.label for way in ways)


def _tone(node: Node, ways: Sequence[Exit], to: str | None) -> str:
    if to is None:
        return "open"
    is_bad = isinstance(node, WorkflowNode) and all(way.key in BAD_ENDINGS for way in ways)
    return "f" if is_bad else ""


def _width(label: str) -> int:
    text = svg.fitted(label, MOST_OF_TAG, TAG_TEXT)
    return svg.width_of(text, TAG_TEXT) + 18 if label else Link("", None).width


def _graph(nodes: Sequence[NodeView], links: Sequence[Link]) -> Graph:
    drawing = draw(Chart([node.id for node in nodes], links))
    by_id = {node.id: node for node in nodes}
    return Graph(
        width=drawing.width,
        height=drawing.height,
        boxes=tuple(BoxView(by_id[node_id], rect) for node_id, rect in drawing.boxes.items()),
        wires=tuple(_wire(wire) for wire in drawing.wires),
        tags=tuple(_tag(wire, wire.tag) for wire in drawing.wires if wire.tag),
    )


def _wire(wire: Wire) -> WireView:
    is_open = wire.link.target is None
    arrow = "" if is_open else svg.arrow(wire.points[-1])
    return WireView(svg.path(wire.points), arrow, wire.is_back, is_open)


def _tag(wire: Wire, rect: Rect) -> TagView:
    text = svg.fitted(wire.link.label, MOST_OF_TAG, TAG_TEXT)
    return TagView(rect, text, wire.link.label, wire.link.tone)
