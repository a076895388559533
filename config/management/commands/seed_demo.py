"""`./run manage seed_demo`: the demo workspace, as far as it is not there yet."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config.demo import seed


class Command(BaseCommand):
    help = "Make the demo workspace, or what is missing of it. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        if not (settings.DEMO_MAIL and settings.DEMO_TICKETS):
            raise CommandError("The demo needs its mail catcher and ticket desk; `./run` starts them.")
        workspace = seed.seed()
        if options["verbosity"]:
            self.stdout.write(f"Workspace {workspace.slug} is ready.")
