"""What is still to come, for whom and when? The runs that wait, with what holds up those that are late."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q
from django.db.models.fields.json import KeyTextTransform
from django.urls import reverse

from conversations.customers import called
from conversations.models import Conversation, findable
from workflows import heartbeats, selectors
from workflows.models import Run, WorkspaceLane
from workflows.models.run import OVERDUE_AFTER, RunQuerySet
from workflows.next_step import Next, next_of
from workflows.services.operating import ANSWERED
from workspaces import times
from workspaces.models import Workspace

REASONS: Mapping[str, str] = {
    "delay": "A time",
    "event": "An event",
    "approval": "A person",
    "child": "Another workflow",
    "retry": "Another try",
    "throttle": "A free worker",
    "paused": "The workflow to be resumed",
    "unknown_action": "A newer Parley",
    "start": "Its start",
    "yield": "A free worker",
}
CHOICES = {reason: word for reason, word in REASONS.items() if reason not in ("start", "yield")}
WHEN_ANSWERED: Mapping[str, str] = {
    "event": "when it arrives",
    "approval": "when answered",
    "child": "when that ends",
}
GROUPS = ("overdue", "today", "tomorrow", "later")
MOST_COUNTED = 99
TITLES = {"overdue": "Overdue", "today": "Today", "tomorrow": "Tomorrow", "later": "Later"}


@dataclass(frozen=True)
class Asked:
    """What the address asks for; what makes no sense leaves nothing out."""

    workflow: UUID | None = None
    reason: str = ""
    search: str = ""

    @property
    def is_narrowed(self) -> bool:
        return bool(self.workflow or self.reason or self.search)


@dataclass(frozen=True)
class Row:
    id: UUID
    url: str
    who: str
    where: str
    """The customer's place, and the time there where it is not ours."""
    due: str
    until: str
    """What else there is to say of the due time: how soon, or how late."""
    here: str
    """The same moment in the workspace's zone, where that reads differently."""
    is_late: bool
    why_late: str
    next: Next
    reason: str
    workflow: str
    workflow_url: str
    version: int | None
    can_run_now: bool
    can_postpone: bool


@dataclass(frozen=True)
class Group:
    key: str
    title: str
    count: int
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Late:
    """Why so many are overdue, as far as is known."""

    count: int
    why: tuple[str, ...]


@dataclass(frozen=True)
class Overdue:
    count: int
    """At most MOST_COUNTED."""
    oldest: Row


def asked(words: Mapping[str, str]) -> Asked:
    try:
        workflow = UUID(words.get("workflow", ""))
    except ValueError:
        workflow = None
    reason = words.get("reason", "")
    search = words.get("search", "").replace("\x00", "").strip()[:200]
    return Asked(workflow, reason if reason in CHOICES else "", search)


PER_PAGE = 50


@dataclass(frozen=True)
class Shown:
    """One page of the list."""

    page: "Page[Run]"
    groups: tuple[Group, ...]
    late: Late | None
    asked: Asked


def shown(workspace: Workspace, words: Mapping[str, str], now: datetime) -> Shown:
    """However many wait: a query for the counts, the runs, their people, and versions not read yet."""
    wanted = asked(words)
    found = matching(workspace, wanted, now)
    counted = counts(found, workspace, now)
    pages = Paginator(with_what_is_shown(found), PER_PAGE)
    vars(pages)["count"] = sum(counted.values())  # the groups were counted already
    page = pages.get_page(words.get("page"))
    runs = list(page.object_list)
    why = why_late(runs, now)
    return Shown(page, groups(runs, counted, workspace, now, why), late(counted["overdue"], why), wanted)


def overdue(workspace: Workspace, now: datetime) -> Overdue | None:
    late = Run.objects.in_workspace(workspace).overdue(now)
    oldest = with_what_is_shown(late).order_by("next_at", "pk").first()
    if oldest is None:
        return None
    count = late.order_by()[:MOST_COUNTED].count()
    return Overdue(max(count, 1), next(rows([oldest], workspace, now, {})))


def matching(workspace: Workspace, wanted: Asked, now: datetime) -> RunQuerySet:
    """Soonest first."""
    found: RunQuerySet = Run.objects.in_workspace(workspace).follow_ups(now)
    if wanted.workflow:
        found = found.filter(workflow_id=wanted.workflow)
    if wanted.reason:
        found = found.filter(wait_reason=wanted.reason)
    if wanted.search:
        people = Conversation.objects.in_workspace(workspace).filter(findable.named(wanted.search))
        found = found.filter(context_id__in=people.values("pk"))
    return found.order_by("next_at", "pk")


def with_what_is_shown(found: RunQuerySet) -> RunQuerySet:
    return (
        found.select_related("workflow", "version")
        .defer("version__definition", "workflow__draft", "input")
        .annotate(agent_zone=KeyTextTransform("time_zone", "agent__live_version__definition"))
    )


def counts(found: RunQuerySet, workspace: Workspace, now: datetime) -> dict[str, int]:
    """How many there are in each group, on this page or not."""
    late, tomorrow, after = _borders(workspace, now)
    counted: dict[str, int] = found.order_by().aggregate(
        overdue=Count("pk", filter=Q(next_at__lt=late)),
        today=Count("pk", filter=Q(next_at__gte=late, next_at__lt=tomorrow)),
        tomorrow=Count("pk", filter=Q(next_at__gte=tomorrow, next_at__lt=after)),
        later=Count("pk", filter=Q(next_at__gte=after)),
    )
    return counted


def _borders(workspace: Workspace, now: datetime) -> tuple[datetime, datetime, datetime]:
    zone = times.first_zone(workspace.time_zone)
    today = now.astimezone(zone).date()
    midnights = (datetime.combine(today + timedelta(days), time.min, tzinfo=zone) for days in (1, 2))
    return (now - OVERDUE_AFTER, *midnights)  # type: ignore[return-value]


def groups(
    runs: Sequence[Run],
    counted: Mapping[str, int],
    workspace: Workspace,
    now: datetime,
    why: Mapping[UUID, str],
) -> tuple[Group, ...]:
    """The runs of one page, soonest first."""
    borders = _borders(workspace, now)
    found: dict[str, list[Row]] = {key: [] for key in GROUPS}
    for run, row in zip(runs, rows(runs, workspace, now, why), strict=True):
        assert run.next_at
        passed = sum(run.next_at >= border for border in borders)
        found[GROUPS[passed]].append(row)
    return tuple(Group(key, TITLES[key], counted[key], tuple(found[key])) for key in GROUPS if found[key])


def rows(runs: Sequence[Run], workspace: Workspace, now: datetime, why: Mapping[UUID, str]) -> Iterator[Row]:
    """Two queries: the people, and the versions that this process has not read yet."""
    definitions = selectors.definitions({run.version_id for run in runs})
    people = _people(runs)
    ours = times.first_zone(workspace.time_zone)
    for run in runs:
        customer, channel = people.get(run.context_id, ({}, ""))
        yield _row(
            run,
            who=called(customer, channel) if channel else f"Run #{run.number}",
            theirs=times.first_zone(customer.get("time_zone"), getattr(run, "agent_zone", None), ours.key),
            ours=ours,
            now=now,
            following=next_of(run, definitions.get(run.version_id)),
            why=why.get(run.pk, ""),
        )


def zone_of(run: Run) -> ZoneInfo:
    """The customer's, else the agent's, else the workspace's."""
    customer, _ = _people([run]).get(run.context_id, ({}, ""))
    live = run.agent.live_version
    agents = live.definition.get("time_zone") if live else None
    return times.first_zone(customer.get("time_zone"), agents, run.workspace.time_zone)


def _people(runs: Iterable[Run]) -> Mapping[UUID | None, tuple[Mapping[str, Any], str]]:
    ids = {run.context_id for run in runs if run.context_id}
    found = Conversation.objects.filter(pk__in=ids).values_list("pk", "customer", "channel") if ids else []
    return {pk: (customer, channel) for pk, customer, channel in found}


def _row(
    run: Run, *, who: str, theirs: ZoneInfo, ours: ZoneInfo, now: datetime, following: Next, why: str
) -> Row:
    assert run.next_at
    is_late = run.next_at < now - OVERDUE_AFTER
    there, here = (times.on_the_clock(run.next_at, zone, _today(now, zone)) for zone in (theirs, ours))
    answered = WHEN_ANSWERED.get(run.wait_reason or "")
    differs = (
        theirs.key != ours.key
        and run.next_at.astimezone(theirs).utcoffset() != run.next_at.astimezone(ours).utcoffset()
    )
    return Row(
        id=run.pk,
        url=reverse("builder:run", args=[run.pk]),
        who=who,
        where=times.place(theirs) + (f", {now.astimezone(theirs):%H:%M} there now" if differs else ""),
        due=answered or there,
        until=_until(run.next_at, now, is_late, f"at most until {there}" if answered else ""),
        here=f"{here} here" if differs else "",
        is_late=is_late,
        why_late=why if is_late else "",
        next=following,
        reason=REASONS.get(run.wait_reason or "", ""),
        workflow=run.workflow.name,
        workflow_url=reverse("builder:chain", args=[run.workflow_id]),
        version=run.version.number,
        can_run_now=run.wait_reason not in ANSWERED,
        can_postpone=run.wait_reason != "child",
    )


def _today(now: datetime, zone: ZoneInfo) -> date:
    return now.astimezone(zone).date()


def _until(due: datetime, now: datetime, is_late: bool, at_most: str) -> str:
    if is_late:
        return f"{times.span(now - due)} late"
    if at_most:
        return at_most
    return f"in {times.span(due - now)}" if due > now else "now"


# --- What holds them up ------------------------------------------------------------------------------------
def why_late(runs: Iterable[Run], now: datetime) -> Mapping[UUID, str]:
    """Run → why nobody took it. One query for the lanes; a beat of each lane's workers."""
    late = [run for run in runs if run.next_at and run.next_at < now - OVERDUE_AFTER]
    if not late:
        return {}
    lanes = {run.lane for run in late}
    stopped = set(
        WorkspaceLane.objects.filter(workspace_id=late[0].workspace_id, paused=True).values_list(
            "lane", flat=True
        )
    )
    ages = heartbeats.ages(sorted(lanes))
    return {run.pk: _why(run, run.lane in stopped, ages[run.lane]) for run in late}


def _why(run: Run, is_lane_paused: bool, heard_s: float | None) -> str:
    if run.workflow.paused_at:
        return f"“{run.workflow.name}” is paused"
    if is_lane_paused:
        return f"This workspace’s {run.lane} work is paused by its operators"
    if heard_s is None:
        return f"No {run.lane} worker has been heard"
    if heard_s > heartbeats.LATE_S:
        return f"No {run.lane} worker has been heard for {times.span(timedelta(seconds=heard_s))}"
    if run.crash_count:
        return "Its worker died; it is tried again apart from the others"
    if run.order_key:
        return "An earlier run with the same order key has not ended"
    return "Workers are busy with other runs"


def late(count: int, why: Mapping[UUID, str]) -> Late | None:
    """The distinct reasons, the commonest first."""
    if not count:
        return None
    found: dict[str, int] = {}
    for reason in why.values():
        found[reason] = found.get(reason, 0) + 1
    return Late(count, tuple(sorted(found, key=lambda reason: -found[reason])))
