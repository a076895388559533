"""What waits, and what people do about it: let it go on now, put it off, call it off; one or many."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_POST

from builder.presenters import follow_ups as presenter
from workflows.errors import BadMoment, NotWaiting
from workflows.models import Run, Workflow
from workflows.services import operating
from workspaces import access, times
from workspaces.access import SignedInRequest
from workspaces.models import Role
from workspaces.services import audit

MOST_AT_ONCE = 200
SPANS = {
    "1h": ("1 hour", timedelta(hours=1)),
    "1d": ("1 day", timedelta(days=1)),
    "1w": ("1 week", timedelta(weeks=1)),
}


@require_http_methods(["GET", "POST"])
@access.workspace_page(Role.VIEWER)
def follow_ups(request: SignedInRequest, slug: str) -> HttpResponse:
    if request.method == "POST":
        access.require(request, Role.EDITOR)
        return _act(request, slug)
    workflows = Workflow.objects.in_workspace(request.workspace)
    context = {
        "nav": "follow-ups",
        "shown": presenter.shown(request.workspace, request.GET.dict(), timezone.now()),
        "workflows": dict(workflows.order_by("name").values_list("id", "name")),
        "reasons": presenter.CHOICES,
        "spans": SPANS,
        "zone": times.first_zone(request.workspace.time_zone),
        "can_edit": Role(request.membership.role).covers(Role.EDITOR),
    }
    return render(request, "builder/follow_ups.html", context)


@require_POST
@access.signed_in
def run_now(request: SignedInRequest, run_id: UUID) -> HttpResponse:
    found = access.reach(request, Run, run_id, Role.EDITOR, join=("workflow",))
    try:
        operating.run_now(found, by=audit.actor_of(request))
    except NotWaiting as error:
        messages.error(request, str(error))
        return back(request, found)
    if found.workflow.paused_at:
        messages.warning(request, f"It goes on as soon as “{found.workflow.name}” is resumed.")
    else:
        messages.success(request, "It goes on now.")
    return back(request, found)


@require_http_methods(["GET", "POST"])
@access.signed_in
def postpone(request: SignedInRequest, run_id: UUID) -> HttpResponse:
    run = access.reach(request, Run, run_id, Role.EDITOR, join=("workflow", "version", "agent__live_version"))
    zone = presenter.zone_of(run)
    context = {"run": run, "zone": zone, "place": times.place(zone), "spans": SPANS, "from": origin(request)}
    if request.method == "GET":
        return dialog_or_page(request, "postpone", {**context, "at": _suggested(run, zone)})
    try:
        _put_off(run, request, zone)
    except (NotWaiting, BadMoment) as error:
        typed = {"at": request.POST.get("until", ""), "by": request.POST.get("by", ""), "error": str(error)}
        return dialog_or_page(request, "postpone", {**context, **typed}, status=422)
    assert run.next_at
    when = times.on_the_clock(run.next_at, zone, timezone.now().astimezone(zone).date())
    messages.success(request, f"Put off until {when}, {times.place(zone)} time.")
    return back(request, run)


def back(request: SignedInRequest, run: Run) -> HttpResponse:
    """Where the button was."""
    if origin(request) == "follow-ups":
        return redirect("builder:follow_ups", slug=request.workspace.slug)
    return redirect("builder:run", run_id=run.pk)


def origin(request: HttpRequest) -> str:
    return str(request.POST.get("from") or request.GET.get("from") or "")[:20]


def dialog_or_page(
    request: SignedInRequest, screen: str, context: dict[str, object], status: int = 200
) -> HttpResponse:
    partial = "#dialog" if request.htmx.target == "dialog" else ""
    response = render(request, f"builder/{screen}.html{partial}", context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


# --- Many at once ------------------------------------------------------------------------------------------
def _act(request: SignedInRequest, slug: str) -> HttpResponse:
    runs = list(_chosen(request))
    action = request.POST.get("action", "")
    here = redirect("builder:follow_ups", slug=slug)
    if not runs:
        messages.error(request, "Choose at least one follow-up that still waits.")
        return here
    if action == "cancel" and request.POST.get("sure") != "yes":
        return render(request, "builder/cancel_many.html", {"runs": runs, "nav": "follow-ups"})
    if action not in ACTIONS:
        messages.error(request, "Choose what to do with them.")
        return here
    word, act = ACTIONS[action]
    done, reasons = 0, list[str]()
    for run in runs:
        try:
            act(run, request)
            done += 1
        except (NotWaiting, BadMoment) as error:
            reasons.append(str(error))
    if done:
        messages.success(request, f"{_counted(done)} {word}.")
    for reason in dict.fromkeys(reasons):
        messages.error(request, f"{_counted(reasons.count(reason))} left as they were: {reason}")
    return here


def _run_now(run: Run, request: SignedInRequest) -> None:
    operating.run_now(run, by=audit.actor_of(request))


def _put_off(run: Run, request: SignedInRequest, zone: ZoneInfo | None = None) -> None:
    by = audit.actor_of(request)
    zone = zone or times.first_zone(request.workspace.time_zone)
    chosen = SPANS.get(request.POST.get("by", ""))
    if chosen:
        operating.postpone_by(run, chosen[1], zone, by=by)
    else:
        operating.postpone(run, _moment(request.POST.get("until", ""), zone), by=by)


def _cancel(run: Run, request: SignedInRequest) -> None:
    if operating.cancel(run, by=audit.actor_of(request)).cancel_requested_at is None:
        raise NotWaiting("This run does not wait any more.")


ACTIONS: dict[str, tuple[str, Callable[[Run, SignedInRequest], None]]] = {
    "run_now": ("now", _run_now),
    "postpone": ("put off", _put_off),
    "cancel": ("cancelled", _cancel),
}


def _chosen(request: SignedInRequest) -> list[Run]:
    """Only of this workspace, and only what waits still; what is none is left out."""
    ids = []
    for text in request.POST.getlist("run")[:MOST_AT_ONCE]:
        try:
            ids.append(UUID(text))
        except ValueError:
            continue
    waiting = Run.objects.in_workspace(request.workspace).follow_ups(timezone.now()).filter(pk__in=ids)
    return list(waiting.select_related("workspace").order_by("next_at", "pk"))


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        at = parse_datetime(text)
    except ValueError:
        at = None
    if at is None:
        raise BadMoment("Choose a day and a time, or how much later.")
    return at if at.tzinfo else at.replace(tzinfo=zone)


def _suggested(run: Run, zone: ZoneInfo) -> str:
    """A day after it is due, as a field for date and time wants it."""
    at = max(run.next_at or timezone.now(), timezone.now()) + timedelta(days=1)
    return f"{at.astimezone(zone):%Y-%m-%dT%H:%M}"


def _counted(count: int) -> str:
    return "1 follow-up" if count == 1 else f"{count} follow-ups"
