"""Celery in a hurry, with workers that know what harms: `celery -A tests.engine_faults.world.harmed`."""

from celery.signals import worker_init

from config.celery import app

__all__ = ["app"]

app.conf.task_time_limit = 4  # a worker's --time-limit does not count beside the setting


@worker_init.connect
def _add(**_: object) -> None:
    """Before it forks; Django is ready by now."""
    from tests.engine_faults.world import apps

    apps.add()
