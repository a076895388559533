"""Erases all data of a person or of a conversation: `erase --workspace demo --email ada@example.com --yes`.

Without `--yes` it only says what there is.
"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from conversations.services import erasing
from workspaces.errors import Invalid
from workspaces.models import Workspace
from workspaces.services import audit


class Command(BaseCommand):
    help = "Erases all data of a person or of a conversation. Without --yes it only counts them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, metavar="SLUG")
        whose = parser.add_mutually_exclusive_group(required=True)
        for by, label in erasing.BY.items():
            whose.add_argument(f"--{by}", help=label)
        parser.add_argument("--yes", action="store_true", help="erase; it cannot be brought back")

    def handle(self, *, workspace: str, yes: bool, **given: Any) -> None:
        tenant = Workspace.objects.filter(slug=workspace).first()
        if tenant is None:
            raise CommandError(f"There is no workspace {workspace!r}.")
        by = next(name for name in erasing.BY if given.get(name))
        try:
            who = erasing.wanted(by, given[by])
        except Invalid as invalid:
            raise CommandError(str(invalid)) from invalid
        actor = audit.system("erase")
        found = erasing.erase(tenant, who, by=actor) if yes else erasing.preview(tenant, who)
        counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in vars(found).items())
        self.stdout.write(f"{'Erased' if yes else 'Found'}: {counts}.")
