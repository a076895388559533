"""How does a visitor of a customer's page come into a chat? What the page says counts for little.

Only a token that the customer's server signed says who it is and sets any value; a page sets only variables
that the widget leaves to it, and never one that an action workflow trusts.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.utils import timezone

from connectors.declare import JSON
from conversations import inputs, tokens
from conversations.models import Conversation, Widget
from conversations.replying import route
from conversations.services import replying, scenes, starting, widgets
from conversations.services.starting import Opening
from conversations.services.trying import MEMBER
from conversations.shapes import Customer
from conversations.tokens import Vouched
from workflows.definition import agent_flow


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What the page brought along."""

    variables: Mapping[str, JSON] = field(default_factory=dict)
    metadata: Mapping[str, JSON] = field(default_factory=dict)
    token: str = ""


@dataclass(frozen=True, kw_only=True)
class Welcome:
    """What is shown before anything is said; no chat has begun."""

    greeting: str
    replies: tuple[str, ...]
    is_strict: bool
    ignored: tuple[str, ...]
    """Variables that the page may not set."""


def welcome(widget: Widget, visit: Visit) -> Welcome:
    """Raises TokenRefused."""
    opening, ignored = _opening(widget, visit)
    agent = inputs.described_now(widget.agent)
    not_stored = Conversation(
        workspace=widget.workspace,
        agent=widget.agent,
        channel="chat",
        customer=dict(opening.customer),
        variables=dict(opening.variables),
        started_at=timezone.now(),
    )
    start = agent_flow.start_of(agent_flow.effective(agent.flow))
    said = scenes.of(not_stored, agent).filled(route.greeting(start, "inbound"))
    return Welcome(
        greeting=said if start.speaks_first == "agent" else "",
        replies=tuple(start.suggested_replies),
        is_strict=start.strict_replies,
        ignored=ignored,
    )


def begin(widget: Widget, visit: Visit) -> str:
    """Starts the chat, the agent greets. Gives the session's token. Raises TokenRefused and InputInvalid."""
    opening, _ = _opening(widget, visit)
    started = starting.start(opening).conversation
    for _event in replying.begin(started):
        pass
    return tokens.session(widget.pk, started.pk)


def find(widget: Widget, token: str) -> Conversation | None:
    """The chat that a session's token names, if it is one of this widget."""
    session = tokens.opened(token)
    if session is None or session.widget_id != widget.pk:
        return None
    return again(widget, session.conversation_id)


def again(widget: Widget, conversation_id: UUID) -> Conversation | None:
    """As it is now; None when it was erased."""
    rows = Conversation.objects.select_related("workspace", "agent__live_version", "agent_version")
    found: Conversation | None = rows.filter(pk=conversation_id, agent_id=widget.agent_id).first()
    return found


def _opening(widget: Widget, visit: Visit) -> tuple[Opening, tuple[str, ...]]:
    now = timezone.now().timestamp()
    known = (
        tokens.vouched(visit.token, widgets.secrets_of(widget), now=now) if visit.token else Vouched(exp=0)
    )
    allowed = set(widget.page_variables) - widgets.trusted_names(widget.agent)
    of_the_page = {name: value for name, value in visit.variables.items() if name in allowed}
    opening = Opening(
        agent=widget.agent,
        channel="chat",
        customer=_customer(known.customer),
        variables={**of_the_page, **known.variables},
        metadata={**_harmless(visit.metadata), **known.metadata},
        secure_metadata=known.secure_metadata,
    )
    return opening, tuple(name for name in visit.variables if name not in allowed)


def _harmless(metadata: Mapping[str, JSON]) -> dict[str, JSON]:
    """Whose own chat it is says Parley alone."""
    return {name: value for name, value in metadata.items() if name != MEMBER}


def _customer(customer: Customer) -> dict[str, JSON]:
    return customer.model_dump(exclude_none=True)
