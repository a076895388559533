"""How does an alert read? Plain words from a notice: what failed, where, how often, what is safe to do.

A notice (services.alerts) is also the body of the webhook. It holds names that people gave to workflows and
steps and ids of runs; nothing of what a run took or gave, so there is nothing here that could leak.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

FAILED, FAILED_MORE = "run.failed", "run.failed_more"
QUARANTINED, PAUSED, TEST = "run.quarantined", "workflow.paused", "alert.test"


def subject(notice: Mapping[str, Any]) -> str:
    data = notice["data"]
    workspace = data["workspace"]["name"]
    if notice["type"] == TEST:
        return f"[{workspace}] This is a test alert"
    name = data["workflow"]["name"]
    match notice["type"]:
        case "run.failed_more":
            return f"[{workspace}] {name} failed {data['count']} more times"
        case "run.quarantined":
            return f"[{workspace}] A run of {name} was held back"
        case "workflow.paused":
            return f"[{workspace}] {name} was paused"
    return f"[{workspace}] {name} failed: {data['what']}"


def text(notice: Mapping[str, Any]) -> str:
    return "\n".join(_lines(notice)) + "\n"


def _lines(notice: Mapping[str, Any]) -> Iterator[str]:
    data = notice["data"]
    if notice["type"] == TEST:
        yield f"This is a test. Alerts of the workspace {data['workspace']['name']} arrive here."
    else:
        yield _what_happened(notice["type"], data)
        yield ""
        if where := data.get("step"):
            yield f"Where: step “{where}”"
        if data.get("what"):
            yield f"What: {data['what']}"
        if run := data.get("run"):
            yield f"Run: {run['url']}"
        yield f"Workflow: {data['workflow']['url']}"
        yield ""
        yield f"What is safe to do: {data['safe']}"
        if notice["type"] == FAILED:
            yield ""
            yield f"More failures of this kind are counted and told together after {data['window']}."
    yield ""
    yield f"Who is told, and when: {data['settings_url']}"


def _what_happened(kind: str, data: Mapping[str, Any]) -> str:
    name = f"{data['workflow']['name']} ({data['agent']})"
    match kind:
        case "run.failed_more":
            since = _local(data["since"], data["workspace"]["time_zone"])
            count = data["count"]
            times = "once more" if count == 1 else f"{count} more times"
            return f"{name} failed {times} in the same way since {since}. The link is to the latest run."
        case "run.quarantined":
            return f"A run of {name} was held back: it took its worker down again and again."
        case "workflow.paused":
            return (
                f"{name} was paused because {data['reason']}. What is due stays due until somebody presses "
                "Resume; calls by the agent are answered that it is not live."
            )
    return f"{name} failed."


def _local(instant: str, zone: str) -> str:
    moment = timezone.localtime(datetime.fromisoformat(instant), ZoneInfo(zone))
    return f"{moment:%H:%M} on {moment.day} {moment:%B %Y} ({zone})"
