"""Deletes what is no longer kept, as the nightly task does: `prune`, while everything runs."""

import time
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand

from workflows.services import retention

PAUSE_S = 0.05


class Command(BaseCommand):
    help = "Deletes payloads, runs and other rows that are older than their workspace keeps them."

    def handle(self, **_: Any) -> None:
        counts: Counter[str] = Counter()
        for batch in retention.batches():
            counts[batch.what] += batch.count
            time.sleep(PAUSE_S)
        for what, count in counts.items():
            self.stdout.write(f"{count:,} {what}")
