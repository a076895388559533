"""The engine's statements cost what running them costs, not what planning them does."""

import pytest

from workflows.engine import sql

_USES = """
SELECT generic_plans + custom_plans FROM pg_prepared_statements
WHERE statement LIKE '%%FROM run_number WHERE last = %%' AND statement NOT LIKE '%%pg_prepared%%'"""


@pytest.mark.django_db
def test_a_statement_is_planned_once_per_connection() -> None:
    for number in (1, 2, 3):
        sql.one("SELECT id FROM run_number WHERE last = %(number)s", {"number": number})

    assert sql.many(_USES, {}) == [(3,)]
