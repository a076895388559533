"""What starts once a conversation is over and analysed? Its agent's post-conversation workflow, once."""

from conversations import inputs
from conversations.models import Conversation, ConversationKind
from workflows import selectors
from workflows.models.run import Lane, RunKind
from workflows.models.workflow import WorkflowKind
from workflows.services import starting


def start(conversation: Conversation) -> None:
    """If it is live and enabled; in the caller's transaction, once by trigger key.

    While it is paused its runs queue up.

    A test conversation has no follow-up: nobody's mail goes out for a try.
    """
    if conversation.kind == ConversationKind.TEST:
        return
    for workflow in selectors.published_workflows(conversation.agent_id, WorkflowKind.POST_CONVERSATION):
        version = workflow.live_version
        if version is None or not selectors.definition_of(version, workflow.kind).settings.enabled:
            continue
        starting.start(
            workspace=workflow.workspace,
            workflow=workflow,
            version=version,
            kind=RunKind.PRODUCTION,
            trigger="conversation_ended",
            lane=Lane.BACKGROUND,
            trigger_key=f"conversation:{conversation.pk}",
            input=inputs.run_input(conversation, {}),
            context_id=conversation.pk,
        )
