"""Which apps and actions exist? Built once from the explicit list in connectors/apps/__init__.py."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache, cached_property

from connectors.apps import APPS
from connectors.declare import Action, App


@dataclass(frozen=True)
class Known:
    """An action with the app it belongs to."""

    app: App
    action: Action

    @cached_property
    def face(self) -> App:
        """The app as the action's cards show it: with the action's own icon, where it has one."""
        return replace(self.app, icon=self.action.icon or self.app.icon)

    @property
    def ref(self) -> str:
        """How a document names it: `<app>.<action>@<schema version>`."""
        return f"{self.app.slug}.{self.action.key}@{self.action.schema}"


class Registry:
    def __init__(self, apps: Iterable[App]) -> None:
        self.apps = {app.slug: app for app in apps}
        self.actions = {
            known.ref: known
            for app in self.apps.values()
            for action in app.actions
            for known in [Known(app, action)]
        }

    def find(self, ref: str) -> Known | None:
        return self.actions.get(ref)


@cache
def default() -> Registry:
    return Registry(APPS)
