"""Wraps every workspace's data key with the first key of VAULT_KEYS, so that the others can be taken away.

1. Put the new key first in VAULT_KEYS, keep the old ones behind it, restart.
2. `rotate_vault`, as often as you like, while everything runs.
3. `rotate_vault --finish` proves that nothing needs the old keys; then take them out and restart.
"""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from workspaces.errors import VaultError
from workspaces.models import Workspace
from workspaces.vault import data_keys, keyring


class Command(BaseCommand):
    help = "Wraps every workspace's data key with the first key of VAULT_KEYS."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--finish", action="store_true", help="prove that the older keys can be taken out of VAULT_KEYS"
        )

    def handle(self, *, finish: bool, **_: Any) -> None:
        ring = keyring.parse(settings.VAULT_KEYS)
        rewrapped, failed = 0, []
        for workspace in Workspace.objects.exclude(wrapped_key="").order_by("slug").iterator():
            try:
                rewrapped += data_keys.rewrap(workspace)
            except VaultError as error:
                failed.append(f"{workspace.slug}: {error}")
        self.stdout.write(f"{rewrapped} data keys are now wrapped with {ring.first}.")
        if failed:
            raise CommandError("Not all of them could be opened:\n" + "\n".join(failed))
        if finish:
            self._prove(ring)

    def _prove(self, ring: keyring.Keyring) -> None:
        """Reads the rows again: a process that still has the old list may have made a key meanwhile."""
        wrapped = Workspace.objects.exclude(wrapped_key="").values_list("slug", "wrapped_key")
        late = [slug for slug, key in wrapped if data_keys.wrapping_key_id(key) != ring.first]
        if late:
            raise CommandError(
                f"{', '.join(late)} still need an older key: is a process running with the old VAULT_KEYS?"
            )
        if older := [key_id for key_id in ring.keys if key_id != ring.first]:
            self.stdout.write(
                f"Nothing needs {', '.join(older)} any more. Take it out of VAULT_KEYS and restart."
            )
