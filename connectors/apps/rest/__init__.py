"""REST API: a request to any HTTP service, with a connection or without one."""

from connectors.apps.rest.connection import CONNECTION
from connectors.apps.rest.request import REQUEST
from connectors.declare import App

APP = App(
    slug="rest",
    name="REST API",
    description="Call any HTTP service.",
    icon="i-globe",
    tone="core",
    synonyms=("http", "webhook", "request", "curl", "url", "fetch", "api"),
    connection=CONNECTION,
    actions=(REQUEST,),
)
