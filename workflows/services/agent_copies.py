"""How does an agent leave the house as one file, come in again, or get a twin? With all of its workflows.

A file names no connection of another workspace, holds no secret, and its workflows get new ids when they
come in: what in the flow or in a step refers to them follows.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from django.db import transaction
from pydantic import Field, JsonValue, StringConstraints, ValidationError

from connectors.declare import JSON
from connectors.models import Connection
from workflows import selectors
from workflows.definition import json_limits, wording
from workflows.definition.agent_flow import Part
from workflows.definition.problems import Problem, StructureInvalid
from workflows.errors import DefinitionInvalid
from workflows.models import Agent, Workflow
from workflows.selectors import parsed
from workflows.services import agent_drafts, agents, drafting
from workspaces.models import Workspace
from workspaces.services.audit import Actor

FORMAT = "parley.agent"
LARGEST_BYTES = 16 * 1024 * 1024
MOST_WORKFLOWS = 200
OWNERS = frozenset(("action", "provider"))
"""Keys by which what has a connection is known: a step, and the settings of the model."""
UUID_TEXT = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class WorkflowInFile(Part):
    id: Annotated[str, StringConstraints(max_length=64)]
    """What the file's flow and steps call it."""
    kind: Literal["action", "post_conversation"]
    document: dict[str, JsonValue]


class AgentFile(Part):
    format: Literal["parley.agent"]
    schema_number: Annotated[int, Field(alias="schema", ge=1, le=1)]
    agent: dict[str, JsonValue]
    workflows: Annotated[list[WorkflowInFile], Field(max_length=MOST_WORKFLOWS)] = Field(default=[])


@dataclass(frozen=True)
class Imported:
    agent: Agent
    is_live: bool
    """Version 1 could be published; otherwise its problems have to be solved first."""
    without_connection: int
    """Steps, and the model, whose connection this workspace does not have."""


def export(agent: Agent) -> dict[str, JSON]:
    """The drafts of the agent and of its workflows."""
    workflows = Workflow.objects.filter(agent=agent).order_by("kind", "name")
    listed: list[JSON] = [
        {"id": str(workflow.pk), "kind": workflow.kind, "document": workflow.draft} for workflow in workflows
    ]
    return {"format": FORMAT, "schema": 1, "agent": agent.draft, "workflows": listed}


@transaction.atomic
def bring_in(workspace: Workspace, content: JSON, *, name: str = "", by: Actor) -> Imported:
    """Raises DefinitionInvalid with the path of everything that is wrong; nothing is stored then."""
    file = _read(content)
    described = {**file.agent, **({"name": name} if name else {})}
    definition = agent_drafts.parsed_at("agent", described)
    agent = agents.begin(workspace, definition.name, by=by)
    known = {str(id_) for id_ in Connection.objects.filter(workspace=workspace).values_list("id", flat=True)}
    ids = {one.id: _begin_workflow(agent, one, number, by) for number, one in enumerate(file.workflows)}
    lost = 0
    for number, one in enumerate(file.workflows):
        content_here, missing = without_foreign(_with_ids(one.document, ids), known)
        lost += missing
        _fill_workflow(ids[one.id], content_here, number, by)
    whole, missing = without_foreign(_with_ids(described, ids), known)
    agent = agents.replace_draft(agent, whole, revision=agent.draft_revision, by=by)
    return Imported(agent, _is_published(agent, by), lost + missing)


@transaction.atomic
def clone(agent: Agent, *, by: Actor) -> Agent:
    """A twin with drafts of all its workflows; none of these is live before it is published."""
    return bring_in(agent.workspace, export(agent), name=_name_of_copy(agent), by=by).agent


def _read(content: JSON) -> AgentFile:
    if problem := json_limits.find_problem(content, max_bytes=LARGEST_BYTES):
        raise DefinitionInvalid([problem])
    try:
        file = AgentFile.model_validate(content)
    except ValidationError as error:
        raise DefinitionInvalid(wording.problems_of(error.errors())) from error
    if problems := list(_repeated(file.workflows)):
        raise DefinitionInvalid(problems)
    return file


def _repeated(workflows: Iterable[WorkflowInFile]) -> Iterable[Problem]:
    seen: set[str] = set()
    for number, one in enumerate(workflows):
        if one.id in seen:
            yield Problem(f"workflows[{number}].id", "duplicate_id", f"“{one.id}” is used twice.")
        seen.add(one.id)


def _begin_workflow(agent: Agent, one: WorkflowInFile, number: int, by: Actor) -> Workflow:
    """Empty at first: it has its id before anything that refers to it is stored."""
    place = f"workflows[{number}]"
    try:
        definition = parsed(one.document, one.kind)
    except StructureInvalid as error:
        raise DefinitionInvalid(
            [_below(f"{place}.document", problem) for problem in error.problems]
        ) from error
    try:
        return drafting.create(agent, one.kind, definition.settings.name, by=by)
    except DefinitionInvalid as error:
        raise DefinitionInvalid([_below(place, problem) for problem in error.problems]) from error


def _fill_workflow(workflow: Workflow, content: JSON, number: int, by: Actor) -> None:
    try:
        drafting.replace(workflow, content, revision=workflow.draft_revision, by=by)
    except DefinitionInvalid as error:
        place = f"workflows[{number}].document"
        raise DefinitionInvalid([_below(place, problem) for problem in error.problems]) from error


def _below(place: str, problem: Problem) -> Problem:
    return Problem(f"{place}.{problem.path}".rstrip("."), problem.code, problem.message, problem.severity)


def _with_ids(value: JSON, ids: Mapping[str, Workflow]) -> JSON:
    """Every text that is a workflow's id in the file becomes its id here."""
    if isinstance(value, str):
        return str(ids[value].pk) if value in ids else value
    if isinstance(value, list):
        return [_with_ids(item, ids) for item in value]
    if isinstance(value, dict):
        return {key: _with_ids(item, ids) for key, item in value.items()}
    return value


def without_foreign(value: JSON, known: set[str]) -> tuple[JSON, int]:
    """The document without connections that this workspace does not have, and how many there were."""
    if isinstance(value, list):
        items = [without_foreign(item, known) for item in value]
        return [item for item, _ in items], sum(count for _, count in items)
    if not isinstance(value, dict):
        return value, 0
    cleaned: dict[str, JSON] = {}
    lost = 0
    for key, item in value.items():
        if key == "connection" and _is_foreign(item, known) and value.keys() & OWNERS:
            cleaned[key], missing = None, 1
        else:
            cleaned[key], missing = without_foreign(item, known)
        lost += missing
    return cleaned, lost


def _is_foreign(item: JSON, known: set[str]) -> bool:
    return isinstance(item, str) and UUID_TEXT.fullmatch(item) is not None and item not in known


def _is_published(agent: Agent, by: Actor) -> bool:
    agent.refresh_from_db()
    if any(
        problem.is_error for problem in selectors.agent_problems(agent, selectors.agent_definition(agent))
    ):
        return False
    agents.publish(agent, by=by)
    agent.refresh_from_db()
    return True


def _name_of_copy(agent: Agent) -> str:
    taken = set(Agent.objects.filter(workspace_id=agent.workspace_id).values_list("name", flat=True))
    base = agent.name[:108]
    names = (f"{base} (copy)", *(f"{base} (copy {number})" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)
