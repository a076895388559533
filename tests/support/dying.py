"""Where can a process die? After any statement the engine writes, or in the middle of a step."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F

from tests.support.probe import Died
from workflows.models import Run


class Writes:
    """Counts the engine's writes to `run`, and dies after the one it was told to."""

    def __init__(self, *, die_after: int = 0) -> None:
        self.count = 0
        self._die_after = die_after

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        result = execute(sql, params, many, context)
        if "UPDATE run SET" in sql:
            self.count += 1
            if self.count == self._die_after:
                raise Died
        return result


@contextmanager
def writes(*, die_after: int = 0) -> Iterator[Writes]:
    counted = Writes(die_after=die_after)
    with connection.execute_wrapper(counted):
        yield counted


def lease_ends(run_id: UUID) -> None:
    """The holder is gone for as long as its lease lasted."""
    Run.objects.filter(pk=run_id, status="running").update(lease_until=F("lease_until") - timedelta(hours=1))
