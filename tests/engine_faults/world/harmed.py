"""Celery's own app, whose workers know the app that harms: `celery -A tests.engine_faults.world.harmed`."""

from celery.signals import worker_init

from config.celery import app

__all__ = ["app"]


@worker_init.connect
def _add(**_: object) -> None:
    """Before it forks; Django is ready by now."""
    from tests.engine_faults.world import apps

    apps.add()
