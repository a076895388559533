"""How does the engine speak to the database? Like all that must be quick; an alias, for it does so often."""

from workspaces.sql import many, one, run

__all__ = ["many", "one", "run"]
