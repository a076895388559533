"""Where can a conversation get to in a flow, and where would it run in circles without a word?"""

from workflows.definition import agent_flow
from workflows.definition.agent_flow import Flow, WorkflowNode


def reached(flow: Flow) -> set[str]:
    """The ids of the nodes that some way from the start leads to, itself included."""
    nodes = {node.id: node for node in flow.nodes}
    found = {agent_flow.start_of(flow).id}
    ahead = list(found)
    while ahead:
        node = nodes.get(ahead.pop())
        for way in agent_flow.exits(node) if node else ():
            if way.to in nodes and way.to not in found:
                found.add(way.to)
                ahead.append(way.to)
    return found


def circling(flow: Flow) -> list[str]:
    """Workflow nodes from which every way leads to one of them again: nobody speaks, and nothing ends it."""
    nodes = {node.id: node for node in flow.nodes if isinstance(node, WorkflowNode)}
    caught = set(nodes)
    is_shrinking = True
    while is_shrinking:
        free = {
            node_id
            for node_id in caught
            if any(way.to not in caught for way in agent_flow.exits(nodes[node_id]))
        }
        caught -= free
        is_shrinking = bool(free)
    return [node.id for node in flow.nodes if node.id in caught]
