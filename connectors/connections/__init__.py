"""What is behind a connection's id? Its settings and opened credentials, ready to be used by a step."""

import json
import time
from uuid import UUID

from django.utils import timezone

from connectors import errors, registry
from connectors.declare import ConnectionKind, Resolved
from connectors.models import Connection
from connectors.outbound.address import normal_host
from workspaces import vault
from workspaces.errors import VaultError
from workspaces.vault import Secret

NOTED_EVERY_S = 60.0
_noted: dict[UUID, float] = {}


def resolve(workspace_id: UUID, connection_id: UUID) -> Resolved:
    """Raises Misconfigured when it is gone, NeedsReconnect when its credentials cannot be opened."""
    try:
        connection = Connection.objects.select_related("workspace").get(
            pk=connection_id, workspace_id=workspace_id
        )
    except Connection.DoesNotExist as gone:
        raise errors.Misconfigured(
            "The connection of this step was removed. Choose another one.", field="connection"
        ) from gone
    return opened(connection)


def opened(connection: Connection) -> Resolved:
    kind = kind_of(connection)
    return Resolved(
        id=connection.pk,
        app=connection.app,
        name=connection.name,
        version=connection.version,
        settings=connection.settings,
        credentials={name: Secret(value) for name, value in unseal(connection).items()},
        hosts=frozenset(map(normal_host, kind.hosts(connection.settings))) - {""},
        base_url=kind.base_url(connection.settings) if kind.base_url else "",
        authorize=kind.authorize,
    )


def note_that_it_works(connection: Resolved) -> None:
    """Kept to the minute: a busy connection does not write a row at each step."""
    now = time.monotonic()
    if now - _noted.get(connection.id, -NOTED_EVERY_S) < NOTED_EVERY_S:
        return
    _noted[connection.id] = now
    Connection.objects.filter(pk=connection.id).update(worked_at=timezone.now())


def kind_of(connection: Connection) -> ConnectionKind:
    app = registry.default().apps.get(connection.app)
    if app is None or app.connection is None:
        raise errors.Misconfigured(
            f"{connection.name} belongs to an app that is not there any more.", field="connection"
        )
    return app.connection


def seal(connection: Connection, credentials: dict[str, str]) -> str:
    """Bound to this connection and version: the ciphertext is worth nothing in any other row."""
    if not credentials:
        return ""
    return vault.encrypt(connection.workspace, json.dumps(credentials), bound_to=_place(connection))


def unseal(connection: Connection) -> dict[str, str]:
    if not connection.credentials:
        return {}
    try:
        sealed = vault.decrypt(connection.workspace, connection.credentials, bound_to=_place(connection))
    except VaultError as unreadable:
        raise errors.NeedsReconnect(
            f"The credentials of {connection.name} cannot be opened. Enter them again."
        ) from unreadable
    credentials: dict[str, str] = json.loads(sealed.reveal())
    return credentials


def _place(connection: Connection) -> str:
    return f"connection:{connection.pk}:{connection.version}"
