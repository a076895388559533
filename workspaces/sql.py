"""How does Parley speak to the database where it must be quick? In statements planned once per connection.

Planning takes several times as long as running (0.9 ms against 0.13 for a claim), and the ORM takes as long
again to compose its text: it does both each time anew.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Self

import psycopg
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.models import JSONField, Model
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
    if connection.queries_logged:  # tests that count
        return connection.make_debug_cursor(prepared)
    return connection.make_cursor(prepared)


class Columns[M: Model]:
    """A model's columns in a statement, and its instances made from what the statement gives."""

    def __init__(self, model: type[M], alias: str, *, without: Collection[str] = ()) -> None:
        fields = [field for field in model._meta.concrete_fields if field.name not in without]
        self._model = model
        self._names = [field.attname for field in fields]
        self._json = [place for place, field in enumerate(fields) if isinstance(field, JSONField)]
        self.sql = ", ".join(f'{alias}."{field.column}"' for field in fields)

    def __len__(self) -> int:
        return len(self._names)

    def instance(self, values: Sequence[Any]) -> M:
        """As the ORM would make it; what was left out is read when it is asked for."""
        found = list(values)
        for place in self._json:
            if found[place] is not None:
                found[place] = json.loads(found[place])
        return self._model.from_db(connection.alias, self._names, found)
