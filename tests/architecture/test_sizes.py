"""Modules stay small enough to be read in one sitting: about 300 lines, never more than 400."""

from pathlib import Path

import pytest
from django.conf import settings

MOST_LINES = 400
APPS = ("config", "workspaces", "connectors", "workflows", "conversations", "builder")
MODULES = [
    file.relative_to(settings.BASE_DIR)
    for app in APPS
    for file in sorted((settings.BASE_DIR / app).rglob("*.py"))
    if "migrations" not in file.parts
]


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_module_is_small(module: Path) -> None:
    assert len((settings.BASE_DIR / module).read_text().splitlines()) <= MOST_LINES
