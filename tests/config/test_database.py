"""How every process speaks to PostgreSQL."""

import pytest

from workspaces import sql


@pytest.mark.django_db
def test_no_statement_is_compiled() -> None:
    assert sql.one("SELECT current_setting('jit')", {}) == ("off",)
