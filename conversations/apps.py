from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    name = "conversations"

    def ready(self) -> None:
        """Gives the engine its view of conversations: it must not import upward."""
        from conversations import context
        from workflows.engine import context as port

        port.provide(context.of)
