"""Connections over the API: list, create, test. Credentials go in and never come out."""

from typing import Any
from uuid import UUID

from ninja import Query, Router, Schema
from ninja.responses import Status
from pydantic import Field, JsonValue

from connectors import connections as opened
from connectors.connections import shape
from connectors.errors import Misconfigured
from connectors.models import Connection
from connectors.services import connections
from workspaces.api.keys import READ, WRITE, ApiRequest
from workspaces.api.shapes import (
    ERRORS,
    NOTHING,
    Body,
    Error,
    Filters,
    Nothing,
    Shown,
    instant,
    listed,
    reach,
)
from workspaces.services import audit

router = Router(tags=["Connections"])


class NewConnection(Body):
    app: str
    name: str
    settings: dict[str, JsonValue] = Field(description="By the app: see its fields in the builder.")


class ConnectionShape(Schema):
    id: UUID
    app: str
    name: str
    status: str
    status_message: str
    settings: dict[str, Any]
    tested_at: str | None
    worked_at: str | None
    created_at: str


class ConnectionList(Schema):
    items: list[ConnectionShape]
    next_cursor: str | None


@router.get("/connections", auth=READ, response={200: ConnectionList, ERRORS: Error})
def list_connections(request: ApiRequest, filters: Query[Filters]) -> Shown:
    rows = Connection.objects.in_workspace(request.auth.workspace)
    return listed(request, filters, rows, shown)


@router.post("/connections", auth=WRITE, response={201: ConnectionShape, ERRORS: Error})
def create_connection(request: ApiRequest, payload: NewConnection) -> Status[Shown]:
    """Not tested yet: the test is a call of its own."""
    made = connections.create(
        request.auth.workspace, payload.app, payload.name, payload.settings, by=audit.actor_of(request)
    )
    return Status(201, shown(made))


@router.post("/connections/{connection_id}/test", auth=WRITE, response={200: ConnectionShape, ERRORS: Error})
def test_connection(request: ApiRequest, connection_id: UUID, payload: Nothing = NOTHING) -> Shown:
    """A test that fails is an answer: status `failed`, with the reason in `status_message`."""
    rows = Connection.objects.in_workspace(request.auth.workspace).select_related("workspace")
    return shown(connections.test(reach(rows, connection_id)))


def shown(connection: Connection) -> Shown:
    return {
        "id": str(connection.pk),
        "app": connection.app,
        "name": connection.name,
        "status": connection.status,
        "status_message": connection.status_message,
        "settings": _settings(connection),
        "tested_at": instant(connection.tested_at),
        "worked_at": instant(connection.worked_at),
        "created_at": instant(connection.created_at),
    }


def _settings(connection: Connection) -> Shown:
    try:
        return shape.nested(opened.kind_of(connection), connection.settings)
    except Misconfigured:
        return {}  # of an app that is not there any more
