"""Every template compiles: a misspelt tag is found here, not by whoever first opens the page."""

from pathlib import Path

import pytest
from django.conf import settings
from django.template import engines

FOLDERS = [settings.BASE_DIR / "templates", *settings.BASE_DIR.glob("*/templates")]
NAMES = sorted(
    str(file.relative_to(folder))
    for folder in FOLDERS
    for file in Path(folder).rglob("*.*")
    if file.is_file()
)


@pytest.mark.parametrize("name", NAMES)
def test_every_template_compiles(name: str) -> None:
    engines["django"].get_template(name)
