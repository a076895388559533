"""What can happen to a connection: it is made, changed, tested and removed. All of it is audited."""

import time
from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.utils import timezone

from connectors import calls, connections, registry
from connectors.connections import shape
from connectors.declare import JSON, ConnectionKind
from connectors.errors import ConnectionInvalid, ConnectorError, NeedsReconnect, Problem
from connectors.models import Connection, ConnectionStatus
from workspaces.models import Workspace
from workspaces.services import audit
from workspaces.services.audit import Actor

TEST_S = 10.0


def create(
    workspace: Workspace, app: str, name: str, settings: Mapping[str, JSON], *, by: Actor
) -> Connection:
    """`settings` as the API has them, nested. Not tested yet: that takes a network call (`test`)."""
    known = registry.default().apps.get(app)
    if known is None or known.connection is None:
        problem = Problem("app", "unknown_app", "There is no app of this name that has connections.", "app")
        raise ConnectionInvalid([problem])
    connection = Connection(workspace=workspace, app=app, created_by=by.user)
    _fill(connection, known.connection, name, settings)
    with transaction.atomic():
        _save(connection)
        audit.record(workspace, by, "connection.created", of=connection, app=app)
    return connection


def change(connection: Connection, name: str, settings: Mapping[str, JSON], *, by: Actor) -> Connection:
    """A credential that is left out stays as it is, unless the connection now points to another host."""
    with transaction.atomic():
        current = Connection.objects.select_for_update().select_related("workspace").get(pk=connection.pk)
        _fill(current, connections.kind_of(current), name, settings)
        _save(current)
        audit.record(current.workspace, by, "connection.changed", of=current, app=current.app)
    return current


def test(connection: Connection) -> Connection:
    """Tries it and keeps what came of it; a test that fails is an answer, not an error."""
    status, message = _tried(connection)
    Connection.objects.filter(pk=connection.pk, version=connection.version).update(
        status=status, status_message=message, tested_at=timezone.now()
    )
    connection.refresh_from_db(fields=["status", "status_message", "tested_at", "version"])
    return connection


def remove(connection: Connection, *, by: Actor) -> None:
    with transaction.atomic():
        audit.record(connection.workspace, by, "connection.removed", of=connection, app=connection.app)
        connection.delete()


def _fill(connection: Connection, kind: ConnectionKind, name: str, settings: Mapping[str, JSON]) -> None:
    kept = _kept(connection)
    flat, unknown = shape.flatten(kind, settings)
    values, credentials, wrong = shape.checked(kind, flat, kept=kept)
    problems = [*_wrong_name(name), *unknown, *wrong]
    if not problems and not set(kind.hosts(values)) <= set(kind.hosts(connection.settings)):
        problems = [_enter_again(kind, field) for field in credentials if not flat.get(field)]
    if problems:
        raise ConnectionInvalid(problems)
    connection.name, connection.settings = name.strip(), values
    connection.version += 0 if connection._state.adding else 1
    connection.credentials = connections.seal(connection, credentials)
    connection.status, connection.status_message = ConnectionStatus.UNTESTED, ""


def _kept(connection: Connection) -> dict[str, str]:
    try:
        return connections.unseal(connection)
    except NeedsReconnect:
        return {}  # unreadable ones have to be entered again, which is what is being done


def _wrong_name(name: str) -> list[Problem]:
    if not name.strip() or len(name) > 120 or not name.isprintable():
        return [Problem("name", "invalid", "A name has 1 to 120 characters in one line.", "name")]
    return []


def _enter_again(kind: ConnectionKind, field: str) -> Problem:
    """Or whoever may edit a connection could point it at his own server and read its credentials there."""
    message = "Enter this again: the address changed, and it was given for the old one."
    return Problem(f"settings.{shape.path_of(kind, field)}", "enter_again", message, field)


def _save(connection: Connection) -> None:
    try:
        with transaction.atomic():
            connection.save()
    except IntegrityError as taken:
        problem = Problem("name", "taken", "Another connection has this name.", "name")
        raise ConnectionInvalid([problem]) from taken


def _tried(connection: Connection) -> tuple[ConnectionStatus, str]:
    try:
        resolved = connections.opened(connection)
        call = calls.make_call(
            workspace_slug=connection.workspace.slug,
            workspace_id=connection.workspace_id,
            resolved=resolved,
            idempotency_key="",
            attempt=1,
            deadline=time.monotonic() + TEST_S,
        )
        if check := connections.kind_of(connection).check:
            check(call)
    except ConnectorError as failed:
        return ConnectionStatus.FAILED, str(failed)[:500]
    return ConnectionStatus.OK, ""
