"""The apps Parley ships, in the order of the grid. Adding one is one folder and one line here."""

from connectors.declare import App

APPS: tuple[App, ...] = ()
