"""What does Prometheus read? How much work waits in each lane, how long, and when its workers were heard."""

from collections.abc import Iterator

from django.db.models import Count, Min, Q
from django.db.models.functions import Now
from django.utils import timezone
from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from config.celery import LANES
from workflows import heartbeats
from workflows.models import Outbox, Run


def heartbeat_ages() -> dict[str, float | None]:
    """Seconds since each lane's workers were last heard; None for never, or while Valkey is down."""
    return heartbeats.ages(LANES)


def alarms() -> dict[str, float]:
    """What somebody should look at, in numbers that are nought when all is well. Quick, however many runs
    are stored: each is asked of a small index.
    """
    now = timezone.now()
    due = Run.objects.filter(status="queued", next_at__lte=Now(), workflow__paused_at=None)
    oldest_due = due.order_by("next_at").values_list("next_at", flat=True).first()
    unsent = Outbox.objects.filter(sent_at=None, given_up_at=None, available_at__lte=Now())
    oldest_unsent = unsent.order_by("available_at").values_list("available_at", flat=True).first()
    return {
        "oldest_due_s": round((now - oldest_due).total_seconds(), 1) if oldest_due else 0,
        "quarantined": Run.objects.filter(status="quarantined").count(),
        "outbox_late_s": round((now - oldest_unsent).total_seconds(), 1) if oldest_unsent else 0,
    }


class Work(Collector):
    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from _workers()
        yield from _runs()
        yield from _alarms()


def _alarms() -> Iterator[GaugeMetricFamily]:
    found = alarms()
    held_back = "Runs that were held back because they took their workers down"
    yield GaugeMetricFamily("parley_runs_quarantined", held_back, value=found["quarantined"])
    late = "How long the oldest row of the outbox that is due has waited to be sent"
    yield GaugeMetricFamily("parley_outbox_late_seconds", late, value=found["outbox_late_s"])
    given_up = Outbox.objects.exclude(given_up_at=None).count()
    what = "Alerts of the last days that could not be delivered"
    yield GaugeMetricFamily("parley_outbox_given_up", what, value=given_up)


def _workers() -> Iterator[GaugeMetricFamily]:
    heard = GaugeMetricFamily(
        "parley_worker_heartbeat_age_seconds", "Seconds since a worker of the lane was heard", labels=["lane"]
    )
    for lane, age in heartbeat_ages().items():
        heard.add_metric([lane], float("inf") if age is None else age)
    yield heard


def _runs() -> Iterator[GaugeMetricFamily]:
    due = GaugeMetricFamily(
        "parley_runs_due", "Runs that could go on now and wait for a worker", labels=["lane"]
    )
    oldest = GaugeMetricFamily(
        "parley_oldest_due_seconds", "How long the oldest of them has waited", labels=["lane"]
    )
    running = GaugeMetricFamily("parley_runs_running", "Runs a worker holds", labels=["lane"])
    asleep = GaugeMetricFamily("parley_runs_waiting", "Runs that wait for a later time", labels=["lane"])
    is_due = Q(status="queued", next_at__lte=Now())
    found = (
        Run.objects.filter(status__in=["queued", "running"])
        .values("lane")
        .annotate(
            due=Count("id", filter=is_due),
            oldest=Min("next_at", filter=is_due),
            running=Count("id", filter=Q(status="running")),
            asleep=Count("id", filter=Q(status="queued", next_at__gt=Now())),
        )
        .order_by("lane")
    )
    now = timezone.now()
    for lane in found:
        due.add_metric([lane["lane"]], lane["due"])
        oldest.add_metric([lane["lane"]], (now - lane["oldest"]).total_seconds() if lane["oldest"] else 0)
        running.add_metric([lane["lane"]], lane["running"])
        asleep.add_metric([lane["lane"]], lane["asleep"])
    yield from (due, oldest, running, asleep)


REGISTRY = CollectorRegistry()
REGISTRY.register(Work())
