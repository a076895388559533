"""Is Parley alive, is it ready, and how much work waits? For load balancers, `./run` and Prometheus."""

import time

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from config.metrics import REGISTRY, alarms, heartbeat_ages
from workflows import heartbeats
from workspaces.models import Workspace

_reached: set[str] = set()
"""What was found true once in this process and stays so: tables, demo, and each lane's first heartbeat."""


@require_safe
def healthz(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(_request: HttpRequest) -> JsonResponse:
    """200 once everything was seen to work; workers lost later show in the body and in the metrics only."""
    ages = heartbeat_ages()
    try:
        _note_what_is_reached(ages)
    except DatabaseError as error:
        return JsonResponse({"ready": False, "problem": f"database: {type(error).__name__}"}, status=503)
    wanted = {"tables", *ages} | ({"demo"} if settings.DEMO else set())
    missing = sorted(wanted - _reached)
    late = sorted(lane for lane, age in ages.items() if age is None or age > heartbeats.LATE_S)
    body: dict[str, object] = {"ready": not missing, "waiting_for": missing, "workers_not_heard": late}
    if "tables" in _reached:
        body["alarms"] = alarms()
    return JsonResponse(body, status=503 if missing else 200)


@never_cache
@require_safe
def metrics(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(generate_latest(REGISTRY), content_type=CONTENT_TYPE_LATEST)


def _note_what_is_reached(ages: dict[str, float | None]) -> None:
    since_start = time.time() - settings.STARTED_AT
    _reached.update(lane for lane, age in ages.items() if age is not None and age <= since_start)
    if "tables" not in _reached:
        executor = MigrationExecutor(connection)
        if not executor.migration_plan(executor.loader.graph.leaf_nodes()):
            _reached.add("tables")
    if "demo" not in _reached and Workspace.objects.filter(slug="demo").exists():
        _reached.add("demo")
