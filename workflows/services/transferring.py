"""How does a workflow come in from a file? As its document, without connections of another workspace."""

from connectors.declare import JSON
from connectors.models import Connection
from workflows.models import Workflow
from workflows.services import agent_copies, drafting
from workspaces.services.audit import Actor


def import_draft(workflow: Workflow, content: JSON, *, revision: int, by: Actor) -> int:
    """The document becomes the draft; gives back how many steps lost a connection that is not here.

    Raises DefinitionInvalid with paths, and StaleDraft. What the draft was is kept, and can be brought back.
    """
    here = Connection.objects.filter(workspace_id=workflow.workspace_id).values_list("id", flat=True)
    cleaned, lost = agent_copies.without_foreign(content, {str(id_) for id_ in here})
    drafting.replace(workflow, cleaned, revision=revision, by=by)
    return lost
