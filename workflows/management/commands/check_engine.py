"""Asks whether the engine's promises hold of what is stored: `check_engine --since 24h`; exit code 1 and a
list when one does not. It writes nothing.
"""

import json
import re
import sys
from argparse import ArgumentParser, ArgumentTypeError
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from workflows.engine import invariants
from workflows.engine.invariants import Arrival
from workflows.engine.invariants.stored import STUCK_AFTER_S

UNITS = {"m": "minutes", "h": "hours", "d": "days"}
SHOWN = 200


class Command(BaseCommand):
    help = "Checks the engine's invariants, read only. Exit code 1 with a list when one is broken."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--since", type=moment, help="runs made since then: 30m, 24h, 7d or an ISO time; default all"
        )
        parser.add_argument(
            "--stuck-after", type=float, default=STUCK_AFTER_S, metavar="SECONDS", help="default: %(default)s"
        )
        parser.add_argument(
            "--quiet-now", action="store_true", help="nothing is under way: whatever is due is lost"
        )
        parser.add_argument(
            "--sink", type=Path, metavar="FILE", help="what the world saw, as the fault tests record it"
        )

    def handle(
        self, *, since: datetime | None, stuck_after: float, quiet_now: bool, sink: Path | None, **_: Any
    ) -> None:
        seen = None if sink is None else _arrivals(sink)
        with invariants.read_only():
            found = invariants.check(
                since=since, stuck_after_s=stuck_after, is_quiet=quiet_now, arrivals=seen
            )
        for broken in found[:SHOWN]:
            self.stdout.write(str(broken))
        if len(found) > SHOWN:
            self.stdout.write(f"and {len(found) - SHOWN} more")
        if found:
            sys.exit(1)
        self.stderr.write("All invariants hold.")


def moment(text: str) -> datetime:
    if match := re.fullmatch(r"(\d+)([mhd])", text):
        return timezone.now() - timedelta(**{UNITS[match[2]]: int(match[1])})
    try:
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is neither like 24h nor a time") from error
    return given if given.tzinfo else given.replace(tzinfo=UTC)


def _arrivals(file: Path) -> list[Arrival]:
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return [Arrival(line["key"], line["at"], line["body"]) for line in lines]
