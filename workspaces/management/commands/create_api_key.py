"""Creates an API key and prints it, alone, on stdout: `create_api_key --workspace demo --name ci`."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from workspaces.errors import Invalid
from workspaces.models import ApiKey, Workspace
from workspaces.services import api_keys, audit


class Command(BaseCommand):
    help = "Creates an API key and prints it, alone, on stdout. It cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--workspace", required=True, metavar="SLUG")
        parser.add_argument("--name", required=True)
        parser.add_argument("--scopes", default=",".join(ApiKey.Scope.values), help="default: %(default)s")

    def handle(self, *, workspace: str, name: str, scopes: str, **_: Any) -> None:
        tenant = Workspace.objects.filter(slug=workspace).first()
        if tenant is None:
            raise CommandError(f"There is no workspace {workspace!r}.")
        wanted = [scope.strip() for scope in scopes.split(",") if scope.strip()]
        try:
            _key, clear = api_keys.create(
                tenant, name, wanted, expires_at=None, by=audit.system("create_api_key")
            )
        except Invalid as invalid:
            raise CommandError(str(invalid)) from invalid
        self.stdout.write(clear)
