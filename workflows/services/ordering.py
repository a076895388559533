"""Which runs go one after the other? Those whose version has an order key that is the same for both."""

import hashlib
from collections.abc import Mapping
from uuid import UUID

from connectors.declare import JSON
from workflows import selectors
from workflows.engine import context
from workflows.engine.data import INPUT_ROOTS, Lazy
from workflows.models import Workflow, WorkflowVersion
from workflows.templating import render
from workflows.templating.errors import TemplatingError
from workflows.templating.filters import as_text


def key_of(
    workflow: Workflow,
    version: WorkflowVersion,
    given: Mapping[str, JSON],
    *,
    context_id: UUID | None,
    message_seq: int | None,
) -> str | None:
    """None: it waits for nobody. So it is too when a value of the key is missing, as an unknown person has no
    earlier runs.

    Only a digest is stored: the key is mostly a person's number or address, which runs are not to keep.
    """
    text = selectors.definition_of(version, workflow.kind).settings.order_key
    if not text:
        return None
    about = context.of(workflow.workspace_id, context_id, message_seq)
    values = {root: given.get(root) or {} for root in INPUT_ROOTS}
    conversation = Lazy(lambda: about.values("conversation"))
    try:
        key = as_text(render.resolve(text, {**values, "conversation": conversation})).strip()
    except TemplatingError:
        return None
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest() if key else None
