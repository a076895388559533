"""What must be true before the processes start? Tables up to date, static files in place, the demo seeded."""

import contextlib

import django
from django.conf import settings
from django.core.management import call_command
from kombu.exceptions import OperationalError

from config.celery import LANES, app
from config.stack.terminal import step


def main() -> None:
    django.setup()
    with step("Database tables"):
        call_command("migrate", interactive=False, verbosity=0)
    with step("Static files"):
        call_command("collectstatic", interactive=False, verbosity=0)
    if settings.DEMO:
        with step("Demo workspace"):
            call_command("seed_demo", verbosity=0)
    with contextlib.suppress(OperationalError):  # then readiness waits for the first beat
        for lane in LANES:
            app.send_task("workflows.heartbeat", kwargs={"lane": lane}, queue=lane, expires=120)


if __name__ == "__main__":
    main()
