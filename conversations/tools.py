"""Which tools does an agent have? Its live action workflows, as functions a language model can call."""

from dataclasses import dataclass
from uuid import UUID

from connectors.declare import JSON
from workflows import selectors
from workflows.definition.document import ActionVariable, Definition
from workflows.models import Workflow, WorkflowVersion
from workflows.models.workflow import WorkflowKind


@dataclass(frozen=True)
class Tool:
    """A live action workflow as the agent knows it: by the name and settings of its published version."""

    workflow: Workflow
    version: WorkflowVersion
    definition: Definition

    @property
    def name(self) -> str:
        return self.definition.settings.name


def of(agent_id: UUID) -> list[Tool]:
    workflows = selectors.live_workflows(agent_id, WorkflowKind.ACTION)
    return [tool_of(workflow, workflow.live_version) for workflow in workflows if workflow.live_version]


def tool_of(workflow: Workflow, version: WorkflowVersion) -> Tool:
    return Tool(workflow, version, selectors.definition_of(version, workflow.kind))


def schema(tool: Tool) -> dict[str, JSON]:
    """Trusted variables are left out: the model can neither see nor set them."""
    spoken = [item for item in tool.definition.settings.variables if item.source == "spoken"]
    parameters: dict[str, JSON] = {
        "type": "object",
        "properties": {item.name: _property(item) for item in spoken},
        "required": [item.name for item in spoken if item.required],
        "additionalProperties": False,
    }
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.definition.settings.description,
            "parameters": parameters,
        },
    }


def _property(variable: ActionVariable) -> dict[str, JSON]:
    described: dict[str, JSON] = {"type": variable.type}
    if variable.description:
        described["description"] = variable.description
    if variable.enum:
        described["enum"] = list(variable.enum)
    return described
