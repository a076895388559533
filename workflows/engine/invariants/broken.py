"""What does a broken promise look like, and of which runs is it asked?"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection


@dataclass(frozen=True)
class Broken:
    invariant: str
    run: UUID | None
    why: str

    def __str__(self) -> str:
        return f"{self.invariant}  {f'run {self.run}' if self.run else '-'}  {self.why}"


@dataclass(frozen=True, kw_only=True)
class Scope:
    since: datetime | None
    stuck_after_s: float
    is_quiet: bool

    @property
    def first_run(self) -> UUID:
        """Run ids begin with their time, so a bound on the id reads a part of an index only."""
        milliseconds = int(self.since.timestamp() * 1000) if self.since else 0
        return UUID(int=milliseconds << 80)


def ask(statement: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
