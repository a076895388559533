"""Which runs are meant? The filters that the list, its live updates, the API and bulk retries share."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.dateparse import parse_date, parse_datetime

from workflows.models import Run
from workflows.models.run import RunKind, RunQuerySet, RunStatus
from workspaces.models import Workspace

STATES = ("queued", "running", "waiting", "succeeded", "failed", "cancelled", "quarantined")
SPANS: Mapping[str, tuple[str, timedelta]] = {
    "1h": ("The last hour", timedelta(hours=1)),
    "24h": ("The last 24 hours", timedelta(days=1)),
    "7d": ("The last 7 days", timedelta(days=7)),
    "30d": ("The last 30 days", timedelta(days=30)),
}


@dataclass(frozen=True, kw_only=True)
class Matching:
    """None and empty leave nothing out."""

    workflow: UUID | None = None
    agent: UUID | None = None
    version: int | None = None
    state: str = ""
    since: datetime | None = None
    until: datetime | None = None
    conversation: UUID | None = None
    error: str = ""
    """The code of a failed run's error."""
    kind: str = ""

    def runs(self, workspace: Workspace, now: datetime) -> RunQuerySet:
        found: RunQuerySet = Run.objects.in_workspace(workspace)
        exact = {
            "workflow_id": self.workflow,
            "agent_id": self.agent,
            "version__number": self.version,
            "created_at__gte": self.since,
            "created_at__lt": self.until,
            "context_id": self.conversation,
            "kind": self.kind or None,
        }
        found = found.filter(**{column: value for column, value in exact.items() if value is not None})
        if self.state:
            found = found.showing(self.state, now)
        if self.error:
            found = found.filter(error__code=self.error)
        return found


def from_words(words: Mapping[str, str], now: datetime) -> Matching:
    """From an address or a form; what makes no sense leaves nothing out."""
    span = SPANS.get(words.get("span", ""))
    kind = words.get("kind", "")
    return Matching(
        workflow=_uuid(words.get("workflow")),
        version=_number(words.get("version")),
        state=words.get("state", "") if words.get("state") in STATES else "",
        since=now - span[1] if span else _moment(words.get("since"), time.min),
        until=None if span else _moment(words.get("until"), time.max),
        conversation=_uuid(words.get("conversation")),
        error=words.get("error", "").replace("\x00", "")[:60],
        kind=kind if kind in RunKind.values else "",
    )


def retryable(found: QuerySet[Run]) -> QuerySet[Run]:
    """The failed ones of them that nobody has tried again."""
    return found.filter(
        ~Exists(successors_of(OuterRef("root_run_id"), OuterRef("pk"))), Q(status=RunStatus.FAILED)
    )


def successors_of(root: OuterRef, run: OuterRef) -> QuerySet[Run]:
    return Run.objects.filter(root_run_id=root, parent_run_id=run, trigger="retry")


def is_narrowed(matching: Matching) -> bool:
    return any(asdict(matching).values())


def _uuid(text: str | None) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def _number(text: str | None) -> int | None:
    text = (text or "").removeprefix("v")
    return int(text) if text.isdecimal() and len(text) < 8 else None


def _moment(text: str | None, of_day: time) -> datetime | None:
    """A day, or a moment; without a zone it is UTC."""
    try:
        if text and (day := parse_date(text)):
            return datetime.combine(day, of_day, tzinfo=UTC)
        at = parse_datetime(text) if text else None
    except ValueError:
        return None
    return at.replace(tzinfo=UTC) if at and at.tzinfo is None else at
