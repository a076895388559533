"""The Celery application; tasks are found in each app's tasks.py."""

import os
from typing import Any

from celery import Celery, Task
from celery.signals import setup_logging, task_postrun, worker_init, worker_process_shutdown
from django.db import connections

from config import broker, memory

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

LANES = ("live", "background", "system")
"""The queues, each with workers of its own."""


@setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Workers log as the web does (config/logs.py); a receiver keeps Celery from setting up its own."""


@worker_init.connect
def settle(**_: Any) -> None:
    """Before the pool's processes are forked."""
    memory.settle()


@task_postrun.connect
def give_connections_back(sender: "Task[..., Any]", **_: Any) -> None:
    """To the process's pool, which a connection that broke does not outlive. Celery's own way, before and
    after each task of a forked process, is to end the pool: the next task would begin with connecting anew
    and with planning every statement again (10 ms).
    """
    if not sender.request.is_eager:
        connections.close_all()


@worker_process_shutdown.connect
def send_what_is_left(**_: Any) -> None:
    """A pool's process ends without the interpreter's own farewell."""
    from workflows import events  # needs the apps loaded

    events.flush()


broker.use()
app = Celery("parley")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
