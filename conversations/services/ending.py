"""How does a conversation end? Once, in one transaction with the INSERT of its post-conversation run."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import Max, Q
from django.utils import timezone

from connectors.declare import JSON
from conversations import events, inputs, transcripts
from conversations.errors import HasMessages
from conversations.models import Conversation, Message
from conversations.services import analysing, following_up, hinting, tool_calls
from conversations.transcripts import Entry
from workflows.definition import values
from workflows.definition.problems import Problem
from workflows.errors import InputInvalid


def end(
    conversation: Conversation,
    *,
    by: str,
    reason: str = "",
    transcript: Sequence[Entry] = (),
    analysis: Mapping[str, JSON] | None = None,
    inactive_since: datetime | None = None,
) -> Conversation:
    """Whoever comes second finds it ended; what they brought is ignored. Raises InputInvalid, HasMessages.

    With `inactive_since` only if nobody has said anything after all.
    """
    still_open = Conversation.objects.filter(pk=conversation.pk, status="open")
    if inactive_since:
        nobody_speaks = Q(turn_until=None) | Q(turn_until__lt=inactive_since)
        still_open = still_open.filter(nobody_speaks, inactive_at__lte=inactive_since)
    rows = Conversation.objects.select_related("agent__live_version", "agent_version", "workspace")
    with transaction.atomic():
        ended = still_open.update(
            status="ended",
            ended_at=timezone.now(),
            ended_by=by,
            ended_reason=reason,
            inactive_at=None,
        )
        current: Conversation = rows.get(pk=conversation.pk)
        if ended:
            tool_calls.decline(current)  # what was still asked was not answered
            if transcript:
                _take_over(current, transcript)
            _analyse_and_follow_up(current, analysis)
            events.changed(current, seq=_last_seq(current), status="ended")
    return current


def _analyse_and_follow_up(conversation: Conversation, given: Mapping[str, JSON] | None) -> None:
    """What was given counts; else the rules answer at once, and a model when it has: then the run follows."""
    agent = inputs.described(conversation)
    conversation.analysis = analysed(conversation, given)
    is_open_question = given is None and bool(agent.analysis)
    if is_open_question and agent.model.provider == "demo":
        conversation.analysis = analysing.by_rules(conversation)
    elif is_open_question:
        conversation.analysis_due_at = timezone.now()
        transaction.on_commit(partial(hinting.hint, hinting.ANALYSE, conversation.pk))
    conversation.save(update_fields=["analysis", "analysis_due_at"])
    if conversation.analysis_due_at is None:
        following_up.start(conversation)


def _last_seq(conversation: Conversation) -> int:
    return Message.objects.filter(conversation=conversation).aggregate(last=Max("seq"))["last"] or 0


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
