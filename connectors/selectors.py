"""Which connections are there, and what of them may be seen?"""

from connectors import registry
from connectors.connections import shape
from connectors.declare import JSON
from connectors.models import Connection
from workspaces.models import Workspace


def apps_by_connection(workspace: Workspace) -> dict[str, str]:
    """Connection id → app, as the checks of a document need it."""
    pairs = Connection.objects.in_workspace(workspace).values_list("pk", "app")
    return {str(pk): app for pk, app in pairs}


def usable(workspace: Workspace, app: str) -> list[Connection]:
    return list(Connection.objects.in_workspace(workspace).filter(app=app).order_by("name"))


def shown_settings(connection: Connection) -> dict[str, JSON]:
    """As the API gives them: nested, and never with credentials."""
    app = registry.default().apps.get(connection.app)
    return shape.nested(app.connection, connection.settings) if app and app.connection else {}
