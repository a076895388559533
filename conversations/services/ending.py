"""How does a conversation end? Once, in one transaction with the INSERT of its post-conversation run."""

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.utils import timezone

from connectors.declare import JSON
from conversations import inputs, transcripts
from conversations.errors import HasMessages
from conversations.models import Conversation, Message
from conversations.transcripts import Entry
from workflows import selectors
from workflows.definition import values
from workflows.definition.problems import Problem
from workflows.errors import InputInvalid
from workflows.models.run import Lane, RunKind
from workflows.models.workflow import WorkflowKind
from workflows.services import starting


@transaction.atomic
def end(
    conversation: Conversation,
    *,
    by: str,
    reason: str = "",
    transcript: Sequence[Entry] = (),
    analysis: Mapping[str, JSON] | None = None,
) -> Conversation:
    """Whoever comes second finds it ended; what they brought is ignored. Raises InputInvalid, HasMessages."""
    still_open = Conversation.objects.filter(pk=conversation.pk, status="open")
    ended = still_open.update(status="ended", ended_at=timezone.now(), ended_by=by, ended_reason=reason)
    rows = Conversation.objects.select_related("agent__live_version", "agent_version", "workspace")
    current = rows.get(pk=conversation.pk)
    if not ended:
        return current
    if transcript:
        _take_over(current, transcript)
    current.analysis = analysed(current, analysis)
    current.save(update_fields=["analysis"])
    follow_up(current)
    return current


def follow_up(conversation: Conversation) -> None:
    """Starts the post-conversation workflow if it is live and enabled; once, by trigger key. While it is
    paused its runs queue up.
    """
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


def analysed(conversation: Conversation, given: Mapping[str, JSON] | None) -> dict[str, JSON]:
    """Every declared property, null until known; what was given besides is kept. Raises InputInvalid."""
    declared = {item.key: item for item in inputs.described(conversation).analysis}
    problems = []
    for key, value in (given or {}).items():
        item = declared.get(key)
        if item and value is not None and (said := values.fault(value, item.type, item.choices)):
            problems.append(Problem(f"analysis.{key}", "wrong_type", f"{key} {said}"))
    if problems:
        raise InputInvalid(problems)
    return {**dict.fromkeys(declared), **(given or {})}


def _take_over(conversation: Conversation, transcript: Sequence[Entry]) -> None:
    if Message.objects.filter(conversation=conversation).exists():
        raise HasMessages("This conversation has its messages already; end it without a transcript.")
    transcripts.store(conversation, transcript)
