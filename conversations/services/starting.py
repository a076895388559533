"""How does a conversation begin? With values that fit what its agent declares; secure ones sealed."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from connectors.declare import JSON
from conversations import events, inputs, secure
from conversations.models import Conversation, ConversationKind, Edition
from conversations.services import inquiring, personalizing
from workflows.definition import values
from workflows.definition.problems import Problem
from workflows.errors import InputInvalid
from workflows.models import Agent

SECURE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")


@dataclass(frozen=True, kw_only=True)
class Opening:
    """What a conversation is started with."""

    agent: Agent
    channel: str
    direction: str = "inbound"
    customer: Mapping[str, JSON] = field(default_factory=dict)
    variables: Mapping[str, JSON] = field(default_factory=dict)
    session: Mapping[str, JSON] = field(default_factory=dict)
    metadata: Mapping[str, JSON] = field(default_factory=dict)
    secure_metadata: Mapping[str, str] = field(default_factory=dict)
    external_id: str | None = None
    kind: str = ConversationKind.PRODUCTION
    edition: str = Edition.LIVE
    inquiry_note: str = ""
    is_sample: bool = False


@dataclass(frozen=True)
class Started:
    conversation: Conversation
    is_new: bool
    """False: the agent has one of that external id already; nothing was changed."""


def start(opening: Opening) -> Started:
    """Raises InputInvalid."""
    if known := known_by_external_id(opening):
        return Started(known, is_new=False)
    if opening.kind == ConversationKind.PRODUCTION:
        opening = _informed(opening)
    try:
        with transaction.atomic():
            opened = open_one(opening, started_at=timezone.now())
            events.changed(opened, seq=0, status="open")
            return Started(opened, is_new=True)
    except IntegrityError:
        return Started(made_meanwhile(opening), is_new=False)


def known_by_external_id(opening: Opening) -> Conversation | None:
    if opening.external_id is None:
        return None
    return Conversation.objects.filter(agent=opening.agent, external_id=opening.external_id).first()


def made_meanwhile(opening: Opening) -> Conversation:
    """Two calls with one external id at once: the other one's is ours too."""
    return Conversation.objects.get(agent=opening.agent, external_id=opening.external_id)


def open_one(opening: Opening, *, started_at: datetime, **columns: Any) -> Conversation:
    """In the caller's transaction."""
    if opening.channel == "call":
        opening = _personalized(opening)
    _refuse(_problems(opening))
    conversation = Conversation.objects.create(
        workspace_id=opening.agent.workspace_id,
        agent=opening.agent,
        agent_version=opening.agent.live_version,
        kind=opening.kind,
        edition=opening.edition,
        channel=opening.channel,
        direction=opening.direction,
        customer=dict(opening.customer),
        variables=dict(opening.variables),
        session=dict(opening.session),
        metadata=dict(opening.metadata),
        external_id=opening.external_id,
        inquiry_note=opening.inquiry_note,
        is_sample=opening.is_sample,
        started_at=started_at,
        **columns,
    )
    secure.seal(conversation, opening.secure_metadata)
    return conversation


def _informed(opening: Opening) -> Opening:
    """What the conversation itself brings goes before what the customer's server says of the person."""
    known = inquiring.ask(
        opening.agent,
        channel=opening.channel,
        direction=opening.direction,
        customer=dict(opening.customer),
    )
    types = {item.name: item.type for item in inputs.described_now(opening.agent, opening.edition).variables}
    fitting = {
        name: value
        for name, value in known.variables.items()
        if name not in types or value is None or not values.fault(value, types[name])
    }
    unfit = sorted(known.variables.keys() - fitting.keys())
    note = f"{known.note} Left out, of another type: {', '.join(unfit)}." if unfit else known.note
    return replace(opening, variables={**fitting, **opening.variables}, inquiry_note=note[:400])


def _personalized(opening: Opening) -> Opening:
    """What the call itself brings goes before what was pushed for it."""
    pushed = personalizing.taken(opening.agent.workspace_id, opening.customer.get("phone"))
    return replace(opening, variables={**pushed, **opening.variables})


def _problems(opening: Opening) -> list[Problem]:
    declared = inputs.described_now(opening.agent, opening.edition).variables
    found = values.problems(declared, opening.variables, path="variables", undeclared_allowed=True)
    for name in opening.secure_metadata:
        if not SECURE_NAME.fullmatch(name):
            message = "Use letters, digits, _ and -, not a digit first, at most 64."
            found.append(Problem(f"secure_metadata.{name}", "malformed", message))
    return found


def _refuse(problems: Sequence[Problem]) -> None:
    if problems:
        raise InputInvalid(problems)
