"""Django's side of this app; `connectors.apps`, where Django would look, holds the apps Parley talks to."""

from django.apps import AppConfig
from django.core import checks

from connectors import checks as our_checks


class ConnectorsConfig(AppConfig):
    name = "connectors"

    def ready(self) -> None:
        checks.register(our_checks.declarations_are_sound)
        checks.register(our_checks.allowances_are_readable)
        checks.register(our_checks.mail_server_is_readable)
