"""How does the engine speak to the database? In statements that are planned once per connection.

Planning one of them takes several times as long as running it (0.9 ms against 0.13 for a claim), and the
ORM's cursors plan each time anew.
"""

from collections.abc import Mapping
from typing import Any, Self

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg.abc import Params


class _Prepared(psycopg.Cursor[Any]):
    def execute(self, query: Any, params: Params | None = None, **_: Any) -> Self:
        return super().execute(query, params, prepare=True)


def one(statement: str, values: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The first row, or None."""
    with _cursor() as cursor:
        cursor.execute(statement, values)
        found: tuple[Any, ...] | None = cursor.fetchone()
        return found


def many(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with _cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def run(statement: str, values: Mapping[str, Any]) -> None:
    with _cursor() as cursor:
        cursor.execute(statement, values)


def _cursor() -> CursorWrapper:
    connection.ensure_connection()
    prepared: Any = _Prepared(connection.connection)
    return connection.make_cursor(prepared)
