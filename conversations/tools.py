"""Which tools does an agent have? Its action workflows, as functions a language model can call."""

from collections.abc import Container
from dataclasses import dataclass
from uuid import UUID

from connectors import registry
from connectors.declare import JSON, Repeat
from connectors.llm import port
from conversations.models import Edition
from workflows import selectors
from workflows.definition import walk
from workflows.definition.document import ActionVariable, Definition, Step
from workflows.models import Workflow, WorkflowVersion
from workflows.models.workflow import WorkflowKind
from workflows.services import publishing
from workspaces.services import audit


@dataclass(frozen=True)
class Tool:
    """An action workflow as the agent knows it: by the name and settings of the version it would run."""

    workflow: Workflow
    version: WorkflowVersion
    definition: Definition

    @property
    def name(self) -> str:
        return self.definition.settings.name


def of(agent_id: UUID, edition: str = Edition.LIVE) -> list[Tool]:
    """The live ones; with the edition *draft* all of them, as they are being edited."""
    if edition == Edition.DRAFT:
        by = audit.system("test chat")
        drafts = selectors.action_workflows(agent_id)
        return [
            tool_of(draft, publishing.frozen(draft, selectors.definition(draft), by=by)) for draft in drafts
        ]
    workflows = selectors.live_workflows(agent_id, WorkflowKind.ACTION)
    return [tool_of(workflow, workflow.live_version) for workflow in workflows if workflow.live_version]


def tool_of(workflow: Workflow, version: WorkflowVersion) -> Tool:
    return Tool(workflow, version, selectors.definition_of(version, workflow.kind))


def schema(tool: Tool) -> dict[str, JSON]:
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.definition.settings.description,
            "parameters": parameters(tool),
        },
    }


def parameters(tool: Tool, *, without: Container[str] = ()) -> dict[str, JSON]:
    """Trusted variables are left out: the model can neither see nor set them."""
    spoken = [item for item in spoken_variables(tool) if item.name not in without]
    return {
        "type": "object",
        "properties": {item.name: _property(item) for item in spoken},
        "required": [item.name for item in spoken if item.required],
        "additionalProperties": False,
    }


def spoken_variables(tool: Tool) -> list[ActionVariable]:
    return [item for item in tool.definition.settings.variables if item.source == "spoken"]


def for_model(tool: Tool, *, without: Container[str] = ()) -> port.Tool:
    settings = tool.definition.settings
    return port.Tool(
        name=tool.name,
        description=settings.description,
        parameters=parameters(tool, without=without),
        returns=tuple(
            port.Returned(name=item.name, type=item.type, description=item.description)
            for item in settings.response
        ),
        writes=writes(tool.definition) and not settings.message.confirm,  # else the platform asks
    )


def writes(definition: Definition) -> bool:
    """Whether a step of it changes something outside: one that must not happen twice for nothing."""
    return any(_writes(place.step) for place in walk.places(definition) if place.step.enabled)


def _writes(step: Step) -> bool:
    known = registry.default().find(step.action)
    if known is None or step.action.startswith("flow.call_workflow@"):
        return True
    return known.action.perform is not None and known.action.repeat_of(step.inputs) is not Repeat.SAFE


def _property(variable: ActionVariable) -> dict[str, JSON]:
    described: dict[str, JSON] = {"type": variable.type}
    if variable.description:
        described["description"] = variable.description
    if variable.enum:
        described["enum"] = list(variable.enum)
    return described
