"""Is everything that the engine promises true of what is stored? Read only; `check_engine` shows it, and
every fault test asks it.

The promises are numbered I1 to I13 (README.md). `stored` asks the rows, `walks` compares a run's journal
with its definition, `outside` compares the journal with what the world saw: that needs a record of the world,
which only tests have.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import connection, transaction

from workflows.engine.invariants import outside, stored, walks
from workflows.engine.invariants.broken import Broken, Scope
from workflows.engine.invariants.outside import Arrival

__all__ = ["Arrival", "Broken", "Scope", "check", "read_only"]


def check(
    *,
    since: datetime | None = None,
    stuck_after_s: float = stored.STUCK_AFTER_S,
    is_quiet: bool = False,
    arrivals: list[Arrival] | None = None,
) -> list[Broken]:
    """What is not as promised, of runs made since then.

    `is_quiet`: nothing is under way any more, so whatever is due has been lost. `arrivals`: everything that
    the outside world saw.
    """
    scope = Scope(since=since, stuck_after_s=stuck_after_s, is_quiet=is_quiet)
    found = [*stored.broken(scope), *walks.broken(scope)]
    return found if arrivals is None else [*found, *outside.broken(scope, arrivals)]


@contextmanager
def read_only() -> Iterator[None]:
    """One state of the database for all questions, and no way to change it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield
