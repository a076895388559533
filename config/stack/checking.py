"""`./run check` and `./run fix`: everything a machine can say about the code without running it."""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from config.stack import environment, places
from config.stack.family import family
from config.stack.places import ROOT, Places
from config.stack.terminal import say, step

LICENCES = (
    "Apache",
    "BSD",
    "MIT",
    "ISC",
    "PSF",
    "Python Software Foundation",
    "MPL",
    "Mozilla",
    "LGPL",
    "Zlib",
)
ALLOWED = ("-m", "piplicenses", "--partial-match", "--allow-only", ";".join(LICENCES))


@dataclass(frozen=True)
class Check:
    name: str
    command: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)


def _shipped() -> list[str]:
    """The packages Parley is used with; tools that only its makers run may have any licence."""
    return re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE)


CHECKS = (
    Check("Format", ["-m", "ruff", "format", "--check", "--output-format", "concise", "."]),
    Check("Lint", ["-m", "ruff", "check", "--output-format", "concise", "."]),
    # Without a cache: what mypy keeps of an earlier look misleads its Django plugin about managers.
    Check("Types", ["-m", "mypy", "--cache-dir", os.devnull, "."]),
    Check("Layers", ["-c", "from importlinter.cli import lint_imports_command as lint; lint()"]),
    Check("Templates", ["-m", "djlint", "--lint", "--quiet", "templates"]),
    Check("Migrations", ["manage.py", "makemigrations", "--check", "--dry-run"]),
    Check("System", ["manage.py", "check"]),
    Check(
        "Deployment",
        ["manage.py", "check", "--deploy", "--fail-level", "WARNING"],
        {"DEBUG": "0", "DEMO": "0", "BASE_URL": "https://parley.example"},
    ),
    Check("Licences", [*ALLOWED, "--packages", *_shipped()]),
)


def check() -> int:
    say("Checking Parley")
    failed = [] if _locks_name_no_address() else ["Lock files"]
    with family(places.of_environment("test")) as members:
        env = environment.servers(members, hasty=True)
        failed += [each.name for each in CHECKS if not _passes(each, env, members.places)]
    say(f"\nNot in order: {', '.join(failed)}." if failed else "\nAll in order.")
    return 1 if failed else 0


def fix() -> int:
    for command in (["check", "--fix-only", "--quiet", "."], ["format", "."]):
        subprocess.run([sys.executable, "-m", "ruff", *command], cwd=ROOT, check=False)
    return 0


def _passes(each: Check, env: dict[str, str], at: Places) -> bool:
    chosen = environment.secure(at, env | dict(each.env)) if "DEBUG" in each.env else env
    with tempfile.TemporaryFile("w+") as output, step(each.name):
        ran = subprocess.run(
            [sys.executable, *each.command],
            cwd=ROOT,
            env=chosen,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
        output.seek(0)
        said = output.read()
    if ran.returncode:
        say(said)
    return ran.returncode == 0


def _locks_name_no_address() -> bool:
    """An address in a lock file would send everyone to the package index of whoever made it."""
    return not any("://" in lock.read_text() for lock in ROOT.glob("requirements*.lock"))
