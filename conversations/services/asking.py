"""How is a model asked within a turn? Its answer streams through; time and cost are kept."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from connectors import stopping
from connectors.errors import ConnectorError
from connectors.llm.port import Called, Finished, ModelEvent, ModelProvider, Request, Text, Took
from connectors.outbound.answer import storable
from conversations.models import Conversation, ModelCall
from conversations.replying.events import Piece
from conversations.services.turns import never
from workflows.engine import effects

log = logging.getLogger(__name__)

STOPPED = "stopped"
"""Nobody listens any more: the person has interrupted."""


@dataclass
class Reply:
    """What a model gave, as far as it came."""

    text: str = ""
    calls: list[Called] = field(default_factory=list)
    took: str = ""
    finished: Finished | None = None
    error: str = ""
    """The code of what went wrong."""


@dataclass(frozen=True)
class Timing:
    started_at: datetime
    first_ms: int | None
    """Until the first piece; None: nothing came."""
    duration_ms: int


def ask(
    provider: ModelProvider,
    request: Request,
    conversation: Conversation,
    *,
    purpose: str = "reply",
    node: str = "",
    is_stopped: Callable[[], bool] = never,
) -> Iterator[Piece | Reply]:
    """Pieces of what is said, and at the end the whole. A model that fails is told in Reply, never raised.

    Holds no database connection while the model is silent, and waits no longer once `is_stopped` says so.
    """
    reply = Reply()
    began, first_ms = time.monotonic(), None
    started_at = timezone.now()
    effects.give_back_connection()
    try:
        for event in _given(provider.stream(request), is_stopped):
            first_ms = _ms(began) if first_ms is None else first_ms
            if isinstance(event, Text):
                piece = storable(event.text)
                reply.text += piece
                yield Piece(text=piece)
            _take(reply, event)
    except ConnectorError as failed:
        reply.error = STOPPED if is_stopped() else failed.code
        if reply.error != STOPPED:
            log.warning("A model did not answer: %s", failed.code)
    except GeneratorExit:
        reply.error = STOPPED
        raise
    finally:
        _record(conversation, provider, reply, Timing(started_at, first_ms, _ms(began)), purpose, node)
    yield reply


def _given(events: Iterator[ModelEvent], is_stopped: Callable[[], bool]) -> Iterator[ModelEvent]:
    """What is done with an event is not to be stopped: only waiting for the next one."""
    while True:
        with stopping.when(is_stopped):
            event = next(events, None)
        if event is None:
            return
        yield event


def _record(
    conversation: Conversation, provider: ModelProvider, reply: Reply, timing: Timing, purpose: str, node: str
) -> None:
    finished = reply.finished or Finished()
    cost = finished.usage.cost
    ModelCall.objects.create(
        workspace_id=conversation.workspace_id,
        conversation=conversation,
        purpose=purpose,
        model=provider.name[:120],
        node=node,
        called=[storable(one.name)[:64] for one in reply.calls],
        outcome=storable(reply.took)[:64],
        started_at=timing.started_at,
        first_ms=timing.first_ms,
        duration_ms=timing.duration_ms,
        attempts=finished.attempts,
        prompt_tokens=finished.usage.prompt_tokens,
        completion_tokens=finished.usage.completion_tokens,
        cost=None if cost is None else Decimal(f"{cost:.6f}"),
        error=reply.error[:30],
    )


def _take(reply: Reply, event: Text | Called | Took | Finished) -> None:
    match event:
        case Called():
            reply.calls.append(event)
        case Took():
            reply.took = event.key
        case Finished():
            reply.finished = event


def _ms(since: float) -> int:
    return round((time.monotonic() - since) * 1000)
