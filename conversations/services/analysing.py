"""What is found out about a conversation once it is over? By its model, typed and checked, or by rules.

The follow-up waits for it: it starts in the transaction that stores the analysis, once.
"""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from connectors.declare import JSON
from connectors.errors import ConnectorError
from connectors.llm import providers
from connectors.llm.demo import analysis as rules
from connectors.llm.port import Request
from conversations import analysis, inputs, transcripts
from conversations.models import Conversation, Message, ToolCall
from conversations.services import asking, following_up, scenes
from conversations.services.asking import Reply
from workspaces.models import TenantQuerySet

MOST_TRIES = 3
"""Each asks the model twice at most: the second time with what was wrong."""
PAUSES = (timedelta(seconds=20), timedelta(minutes=2))
UNDER_WAY = timedelta(minutes=4)
"""Longer than one try may take; a process that dies in it is followed by another."""


def analyse(conversation_id: UUID) -> None:
    """One try; harmless when there is nothing to do, and when two come at once."""
    conversation = _claim(conversation_id)
    if conversation is None:
        return
    found = by_model(conversation)
    if found is None and conversation.analysis_tries < MOST_TRIES:
        again_at = timezone.now() + PAUSES[conversation.analysis_tries - 1]
        _waiting(conversation_id).update(analysis_due_at=again_at)
        return
    finish(conversation, by_rules(conversation) if found is None else found)


def by_rules(conversation: Conversation) -> dict[str, JSON]:
    """No network, so it may be part of a transaction."""
    agent = inputs.described(conversation)
    properties = [
        rules.Property(
            key=one.key,
            name=one.name,
            type=one.type,
            description=one.description,
            choices=tuple(one.choices),
        )
        for one in agent.analysis
    ]
    said = Message.objects.filter(conversation=conversation, role="user").order_by("seq")
    calls = ToolCall.objects.filter(conversation=conversation).order_by("requested_at")
    course = rules.Course(
        person=tuple(said.values_list("text", flat=True)),
        calls=tuple((call.name, call.arguments, call.late_result or call.result or {}) for call in calls),
        was_handed_over=conversation.ended_by == "transfer",
        now=scenes.of(conversation, agent).now,
    )
    kept, _ = analysis.checked(agent.analysis, rules.analyse(properties, course))
    return kept


def by_model(conversation: Conversation) -> dict[str, JSON] | None:
    """None: it gave no answer. One that is wrong is asked for again; what stays wrong is null."""
    agent = inputs.described(conversation)
    messages = list(Message.objects.filter(conversation=conversation).order_by("seq"))
    transcript = transcripts.spoken(messages)
    found: Mapping[str, JSON] | None = None
    problems: list[str] = []
    for _ in range(2):
        reply = _asked(conversation, analysis.request(agent.analysis, transcript, problems))
        written = reply.calls[0].arguments if reply.calls else reply.text
        answer = analysis.answer(written)
        if answer is not None:
            found, problems = analysis.checked(agent.analysis, answer)
        if reply.error or (answer is not None and not problems):
            break
        problems = problems or [f"call {analysis.TOOL} with a JSON object"]
    return dict(found) if found is not None else None


def _asked(conversation: Conversation, request: Request) -> Reply:
    try:
        provider = providers.of(conversation.workspace_id, inputs.described(conversation).model)
    except ConnectorError as unusable:
        return Reply(error=unusable.code)
    *_, reply = asking.ask(provider, request, conversation, purpose="analysis")
    assert isinstance(reply, Reply)
    return reply


@transaction.atomic
def finish(conversation: Conversation, found: Mapping[str, JSON]) -> None:
    """Whoever comes first stores it and starts the follow-up; the analysis and its run appear together."""
    if _waiting(conversation.pk).update(analysis=dict(found), analysis_due_at=None):
        conversation.analysis = dict(found)
        following_up.start(conversation)


def _claim(conversation_id: UUID) -> Conversation | None:
    now = timezone.now()
    due = _waiting(conversation_id).filter(analysis_due_at__lte=now)
    if not due.update(analysis_due_at=now + UNDER_WAY, analysis_tries=F("analysis_tries") + 1):
        return None
    rows = Conversation.objects.select_related("agent__live_version", "agent_version", "workspace")
    return rows.get(pk=conversation_id)


def _waiting(conversation_id: UUID) -> TenantQuerySet[Conversation]:
    return Conversation.objects.filter(pk=conversation_id, analysis_due_at__isnull=False)
