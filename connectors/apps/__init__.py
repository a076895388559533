"""The apps Parley ships, in the order of the grid. Adding one is one folder and one line here."""

from connectors.apps import demo_store, email, flow, openai, rest
from connectors.declare import App

APPS: tuple[App, ...] = (flow.APP, rest.APP, email.APP, openai.APP, demo_store.APP)
