"""What do Celery's workers do for conversations? What is to be done stands in the database."""

from uuid import UUID

from celery import shared_task

from conversations.services import analysing, late, sweeping


@shared_task(name="conversations.analyse")
def analyse(*, id: str, **_: object) -> None:
    analysing.analyse(UUID(id))


@shared_task(name="conversations.tell_late")
def tell_late(*, id: str, **_: object) -> None:
    late.tell(UUID(id))


@shared_task(name="conversations.sweep")
def sweep(**_: object) -> None:
    sweeping.sweep()
