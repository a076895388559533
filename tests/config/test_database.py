"""How every process speaks to PostgreSQL."""

import pytest

from workspaces import sql


@pytest.mark.django_db
def test_no_statement_is_compiled() -> None:
    assert sql.one("SELECT current_setting('jit')", {}) == ("off",)


@pytest.mark.django_db
def test_what_is_prepared_is_planned_once_whatever_the_figures_say() -> None:
    """Custom plans for a claim read every run after a burst, until the figures were taken anew."""
    assert sql.one("SELECT current_setting('plan_cache_mode')", {}) == ("force_generic_plan",)
