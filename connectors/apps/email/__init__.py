"""E-mail over SMTP: one message through the mail server of a connection."""

from connectors.apps.email.connection import CONNECTION
from connectors.apps.email.send import SEND
from connectors.declare import App

APP = App(
    slug="email",
    name="E-mail",
    description="Send mail through your own mail server.",
    icon="i-mail",
    tone="core",
    synonyms=("mail", "smtp", "message", "notify"),
    connection=CONNECTION,
    actions=(SEND,),
)
