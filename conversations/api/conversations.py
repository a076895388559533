"""Conversations over the API: start, import, list, read, end."""

from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Query, Router, Schema
from ninja.responses import Status
from pydantic import Field, JsonValue

from conversations import shown
from conversations.models import Conversation
from conversations.services import ending, importing, starting
from conversations.services.starting import Opening
from conversations.shapes import Customer
from conversations.transcripts import Entry
from workflows.api.runs import RunShape
from workflows.models import Agent
from workspaces.api.keys import READ, RUN, ApiRequest
from workspaces.api.refused import not_found
from workspaces.api.shapes import ERRORS, Body, Error, Filters, Id, Moment, Shown, listed, reach

router = Router(tags=["Conversations"])

type Channel = Literal["call", "chat", "api"]


class TranscriptEntry(Body):
    role: Literal["user", "agent", "tool"]
    text: str = Field("", description="Of `user` and `agent`: what was said.")
    at: Moment | None = None
    tool_call_id: Annotated[str, Field(max_length=200)] = ""
    name: Annotated[str, Field(max_length=64)] = ""
    arguments: JsonValue = None
    result: JsonValue = None


class NewConversation(Body):
    agent: Id
    channel: Channel
    direction: Literal["inbound", "outbound"] = "inbound"
    customer: Customer = Customer()
    variables: dict[str, JsonValue] = Field(default={})
    session: dict[str, JsonValue] = Field(default={})
    metadata: dict[str, JsonValue] = Field(default={}, description="For analytics; no workflow sees it.")
    secure_metadata: dict[str, str] = Field(default={}, description="Encrypted at rest; never shown again.")
    external_id: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    transcript: list[TranscriptEntry] | None = Field(
        None, description="Of a conversation that took place elsewhere: it is ended at once."
    )


class Ending(Body):
    reason: Annotated[str, Field(max_length=500)] = ""
    transcript: list[TranscriptEntry] = Field(default=[])
    analysis: dict[str, JsonValue] | None = None


AS_IT_IS = Ending()


class ConversationFilters(Filters):
    agent: UUID | None = None
    channel: Channel | None = None
    status: Literal["open", "ended"] | None = None
    external_id: str | None = None


class ConversationSummary(Schema):
    id: UUID
    agent: UUID
    agent_version: int | None
    channel: Channel
    direction: str
    status: str
    customer: dict[str, Any]
    external_id: str | None
    started_at: str
    ended_at: str | None
    ended_by: str
    ended_reason: str


class ToolResult(Schema):
    ok: bool
    data: Any
    message: str
    error_code: str | None


class ToolCallShape(Schema):
    tool_call_id: str
    name: str
    arguments: dict[str, Any]
    result: ToolResult | None
    run: UUID | None
    requested_at: str
    answered_at: str | None


class ConversationShape(ConversationSummary):
    variables: dict[str, Any]
    session: dict[str, Any]
    metadata: dict[str, Any]
    secure_metadata: list[str]
    transcript: list[dict[str, Any]]
    tool_calls: list[ToolCallShape]
    analysis: dict[str, Any]
    runs: list[RunShape]


class ConversationList(Schema):
    items: list[ConversationSummary]
    next_cursor: str | None


@router.get("/conversations", auth=READ, response={200: ConversationList, ERRORS: Error})
def list_conversations(request: ApiRequest, filters: Query[ConversationFilters]) -> Shown:
    columns = ("agent", "channel", "status", "external_id")
    wanted = {name: getattr(filters, name) for name in columns if getattr(filters, name) is not None}
    return listed(request, filters, _conversations(request).filter(**wanted), shown.summary)


@router.post(
    "/conversations", auth=RUN, response={201: ConversationShape, 200: ConversationShape, ERRORS: Error}
)
def start_conversation(request: ApiRequest, payload: NewConversation) -> Status[Shown]:
    """The same `external_id` again answers 200 with the conversation that is there."""
    agents = Agent.objects.in_workspace(request.auth.workspace).select_related("workspace", "live_version")
    agent = agents.filter(pk=payload.agent, archived_at=None).first()
    if agent is None:
        raise not_found("agent")
    opening = _opening(agent, payload)
    if payload.transcript is None:
        started = starting.start(opening)
    else:
        started = importing.bring_in(opening, _entries(payload.transcript))
    return Status(201 if started.is_new else 200, shown.conversation(started.conversation))


@router.get("/conversations/{conversation_id}", auth=READ, response={200: ConversationShape, ERRORS: Error})
def get_conversation(request: ApiRequest, conversation_id: UUID) -> Shown:
    return shown.conversation(reach(_conversations(request), conversation_id))


@router.post(
    "/conversations/{conversation_id}/end", auth=RUN, response={200: ConversationShape, ERRORS: Error}
)
def end_conversation(request: ApiRequest, conversation_id: UUID, payload: Ending = AS_IT_IS) -> Shown:
    """Ends it and starts its post-conversation workflow, once. Repeated, it answers with what is stored."""
    conversation = ending.end(
        reach(_conversations(request), conversation_id),
        by="api",
        reason=payload.reason,
        transcript=_entries(payload.transcript),
        analysis=payload.analysis,
    )
    return shown.conversation(conversation)


def _opening(agent: Agent, payload: NewConversation) -> Opening:
    return Opening(
        agent=agent,
        channel=payload.channel,
        direction=payload.direction,
        customer=payload.customer.model_dump(exclude_none=True),
        variables=payload.variables,
        session=payload.session,
        metadata=payload.metadata,
        secure_metadata=payload.secure_metadata,
        external_id=payload.external_id,
    )


def _entries(transcript: list[TranscriptEntry]) -> list[Entry]:
    return [Entry(**item.model_dump()) for item in transcript]


def _conversations(request: ApiRequest) -> Any:
    rows = Conversation.objects.in_workspace(request.auth.workspace)
    return rows.select_related("agent_version", "agent__live_version", "workspace")
