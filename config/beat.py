"""When does beat do again what it does every few seconds? Also when its clock was set back."""

from datetime import datetime

from celery.schedules import schedstate, schedule


class Every(schedule):
    """So many seconds apart. Celery's own would wait until it is once more as late as it was."""

    def is_due(self, last_run_at: datetime) -> schedstate:
        if self.maybe_make_aware(last_run_at) > self.now():
            return schedstate(is_due=True, next=self.seconds)
        return super().is_due(last_run_at)
