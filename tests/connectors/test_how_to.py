"""The page that explains how to add an app: its code is run, so that it stays true."""

import re
import textwrap
from pathlib import Path
from typing import Any

from connectors import checks

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "add-an-app.md"


def test_the_app_of_the_page_is_sound() -> None:
    blocks = re.findall(r"^   ```python\n(.*?)^   ```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    said: dict[str, Any] = {}
    exec(textwrap.dedent("".join(blocks)), said)

    assert len(blocks) == 3
    assert checks.faults([said["APP"]]) == []
    assert said["PAGE"].summary({"team": "Ops"}) == "Page **Ops**"


def test_every_file_the_page_names_is_there() -> None:
    named = re.findall(r"`((?:connectors|tests|static)/[\w/.]+)`", PAGE.read_text())

    assert [path for path in named if "pager" not in path and not (PAGE.parents[2] / path).exists()] == []
