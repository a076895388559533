"""docs/adr/: decisions are named by their numbers, in code and in other decisions."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
DECISIONS = sorted((ROOT / "docs" / "adr").glob("*.md"))


def test_each_decision_has_a_number_of_its_own_and_says_it() -> None:
    numbers = [int(path.name[:4]) for path in DECISIONS]

    assert numbers == list(range(1, len(DECISIONS) + 1))
    assert [path.read_text().partition(".")[0] for path in DECISIONS] == [f"# {number}" for number in numbers]


def test_every_number_that_code_names_is_a_decision() -> None:
    known = {path.name[:4] for path in DECISIONS}
    apps = ("config", "builder", "conversations", "workflows", "connectors", "workspaces")
    named = {
        number
        for app in apps
        for path in (ROOT / app).rglob("*.py")
        for number in re.findall(r"docs/adr/(\d{4})", path.read_text())
    }

    assert named
    assert named <= known
