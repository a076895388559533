"""What stands on the left of a flow: a node, the choice of a new one, or the flow's own problems?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from builder.forms import node_form
from builder.forms.agent_form import Spec
from builder.forms.node_form import Targets
from builder.presenters import agent_forms, agent_review
from builder.presenters.agent_forms import Callable, FormView
from builder.presenters.agent_review import Told
from builder.presenters.flow import LOOKS
from builder.presenters.opened_agent import OpenedAgent
from builder.presenters.panel import Typing
from workflows.definition import agent_flow, flow_operations
from workflows.definition.agent_diff import TYPES
from workflows.definition.agent_flow import Node, Start, Turn, WorkflowNode
from workflows.definition.reach import Group as VariableGroup


@dataclass(frozen=True, kw_only=True)
class NodePanel:
    id: str
    type: str
    kind: str
    title: str
    icon: str
    reached_from: str
    form: FormView
    targets: Targets
    workflow_url: str
    """Of the chain that runs here."""
    needs_relink: bool
    can_remove: bool
    url: str
    add_url: str
    variables: Sequence[VariableGroup]
    workflows: Sequence[Callable]
    is_new: bool
    template: str = "builder/panel_node.html"


@dataclass(frozen=True, kw_only=True)
class AddPanel:
    types: Sequence[tuple[str, str, str, str, bool]]
    """(type, name, description, icon, is it chosen)."""
    places: Sequence[tuple[str, str, bool]]
    """(value, words, is it chosen)."""
    url: str
    error: str
    template: str = "builder/panel_add_node.html"


@dataclass(frozen=True, kw_only=True)
class OverviewPanel:
    problems: Sequence[Told]
    warnings: Sequence[Told]
    notice: str
    is_empty: bool
    inactive_after_min: int
    settings_url: str
    kept: str
    """Id of the change that took a node out a moment ago."""
    template: str = "builder/panel_flow.html"


type FlowPanel = NodePanel | AddPanel | OverviewPanel

ABOUT: Mapping[str, str] = {
    "turn": "The agent talks, by your instructions, until an outcome is reached.",
    "workflow": "Calls one action workflow, whatever the model thinks.",
    "end": "Says goodbye, or transfers to somebody.",
}


def node_panel(
    here: OpenedAgent,
    node: Node,
    spec: Spec,
    typing: Typing | None = None,
    *,
    is_new: bool = False,
) -> NodePanel:
    url = f"{here.url}flow/nodes/{node.id}/"
    known = here.surroundings.workflows.get(node.workflow or "") if isinstance(node, WorkflowNode) else None
    is_linked = isinstance(node, WorkflowNode) and node.workflow is not None
    stored = agent_flow.node(here.flow, node.id) or node
    icon, _ = LOOKS[node.type]
    return NodePanel(
        id=node.id,
        type=node.type,
        kind=TYPES[node.type],
        title=stored.name,
        icon=icon,
        reached_from=_reached_from(here, node),
        form=agent_forms.form_view(
            here,
            spec,
            node_form.values_of(spec, stored),
            [one for one in here.problems if one.step_id == node.id],
            url=url,
            name=stored.name,
            typing=typing,
            place=node.id,
            apart=(node_form.NAME.name,),
        ),
        targets=node_form.targets(here.flow, node),
        workflow_url=f"/workflows/{known.id}/" if known else "",
        needs_relink=is_linked and known is None,
        can_remove=not isinstance(node, Start),
        url=url,
        add_url=f"{here.url}flow/?add={node.id}:",
        variables=agent_forms.variables(here),
        workflows=agent_forms.callable_workflows(here),
        is_new=is_new,
    )


def add_panel(here: OpenedAgent, place: str, *, type_: str = "turn", error: str = "") -> AddPanel:
    """`place` is `<node>:<outcome>`, `<node>:` for a new outcome, or anything else for the first open end."""
    places = list(_places(here))
    values = [value for value, _, _ in places]
    chosen = _chosen(here, place, values)
    types = [
        (name, label, ABOUT[name], LOOKS[name][0], name == type_)
        for name, label in flow_operations.NAMES.items()
    ]
    return AddPanel(
        types=types,
        places=[(value, words, value == chosen) for value, words, _ in places],
        url=f"{here.url}flow/nodes/",
        error=error,
    )


def overview_panel(here: OpenedAgent, *, notice: str = "", kept: str = "") -> OverviewPanel:
    of_flow = [one for one in here.problems if one.path.startswith("flow.")]
    return OverviewPanel(
        problems=list(agent_review.told(here, (one for one in of_flow if one.is_error))),
        warnings=list(agent_review.told(here, (one for one in of_flow if not one.is_error))),
        notice=notice,
        is_empty=len(here.flow.nodes) == 1,
        inactive_after_min=here.draft.flow.inactive_after_min,
        settings_url=f"{here.url}settings/",
        kept=kept,
    )


def _reached_from(here: OpenedAgent, node: Node) -> str:
    names = dict.fromkeys(leading.node.name for leading in flow_operations.leading_to(here.flow, node.id))
    if isinstance(node, Start):
        return "every conversation begins here"
    if not names:
        return "nothing leads here"
    shown = list(names)[:2]
    more = len(names) - len(shown)
    return f"reached from {', '.join(shown)}" + (f" and {more} more" if more else "")


def _places(here: OpenedAgent) -> Iterator[tuple[str, str, bool]]:
    """(value, words, is it an open end)."""
    names = {one.id: one.name for one in here.flow.nodes}
    for node in here.flow.nodes:
        for way in agent_flow.exits(node):
            to = f"before {names[way.to]}" if way.to in names else "leads nowhere yet"
            yield f"{node.id}:{way.key}", f"{node.name} → {way.label} ({to})", way.to is None
        if isinstance(node, Start | Turn):
            yield f"{node.id}:", f"{node.name} → a new outcome", False
    yield "", "Not connected yet", False


def _chosen(here: OpenedAgent, place: str, values: Sequence[str]) -> str:
    node_id, _, key = place.partition(":")
    if place in values and key:
        return place
    open_ends = [value for value, _, is_open in _places(here) if is_open]
    own = [value for value in open_ends if value.startswith(f"{node_id}:")]
    if own or f"{node_id}:" in values:
        return own[0] if own else f"{node_id}:"
    return open_ends[0] if open_ends else next((value for value in values if value.endswith(":")), "")
