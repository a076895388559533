"""How does a process reach PostgreSQL? Over a few connections that it keeps, each given to who needs it."""

import select
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from psycopg import Connection
from psycopg_pool import ConnectionPool


def of(url: str, *, pool_size: int) -> dict[str, Any]:
    """Django's DATABASES entry for a `postgresql://user:password@host:port/name?host=/socket/dir` address."""
    parts = urlsplit(url)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    options: dict[str, Any] = {
        "pool": {"min_size": 1, "max_size": pool_size, "timeout": 10, "check": refuse_ended},
        # Compiling a statement takes longer than all of ours, and is chosen by estimates, which are high.
        # What is prepared (workspaces.sql) is planned once: planning takes longer than running, and plans for
        # the values at hand go by figures that a burst makes wrong: a claim then read half a million runs.
        "options": "-c jit=off -c plan_cache_mode=force_generic_plan",
        "prepare_threshold": 5,  # any number; without one Django lets nothing be prepared
    }
    if "sslmode" in query:
        options["sslmode"] = query["sslmode"]
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host") or parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 0,
        "OPTIONS": options,
    }


def refuse_ended(connection: Connection[Any]) -> None:
    """Raises for a connection that the server has ended since it was last used, so that the pool gives out
    another.

    To ask the server each time would take as long as a statement. But it says nothing of its own accord on
    a connection that rests: where there is something to read, it is mostly the end.
    """
    said = select.poll()
    said.register(connection.fileno(), select.POLLIN)
    if said.poll(0):
        ConnectionPool.check_connection(connection)
