"""How does a step come in from the clipboard, perhaps out of another workspace? As an import does."""

from dataclasses import dataclass

from django.db import transaction

from connectors import registry
from connectors.declare import JSON
from connectors.models import Connection
from workflows.definition import copying
from workflows.definition.document import Step
from workflows.definition.operations import Anchor
from workflows.definition.problems import StructureInvalid
from workflows.errors import DefinitionInvalid
from workflows.models import Workflow
from workflows.services import agent_copies, drafts
from workspaces.services.audit import Actor


@dataclass(frozen=True)
class Pasted:
    workflow: Workflow
    step: Step
    without_connection: int
    """Steps whose connection this workspace does not have."""


@transaction.atomic
def paste_step(workflow: Workflow, content: JSON, *, anchor: Anchor, by: Actor) -> Pasted:
    """Raises DefinitionInvalid for what is no step, and OperationRefused where there is no place for it."""
    known = Connection.objects.filter(workspace_id=workflow.workspace_id).values_list("id", flat=True)
    cleaned, lost = agent_copies.without_foreign(content, {str(id_) for id_ in known})
    try:
        step = copying.read_step(cleaned, registry=registry.default())
    except StructureInvalid as error:
        raise DefinitionInvalid(error.problems) from error
    draft = drafts.open_draft(workflow)
    after, copy = copying.paste_step(draft.definition, step, anchor)
    changed, _ = drafts.store(draft, after, operation="step_pasted", by=by, step_id=copy.id)
    return Pasted(changed, copy, lost)
