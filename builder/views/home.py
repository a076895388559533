"""The first page: agents, what needs a person, and the latest runs of one workspace."""

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from builder.presenters import agents, first_steps, follow_ups, runs
from builder.presenters.first_steps import FirstSteps
from conversations.presenters import chat
from conversations.presenters.chat import ChatPanel
from workflows.models import Run
from workflows.models.run import RunStatus
from workspaces.access import SignedInRequest, signed_in, workspace_page
from workspaces.models import Membership, Role
from workspaces.services import members

SHOWN = 8
DAYS = 7


@require_GET
@signed_in
def home(request: SignedInRequest) -> HttpResponse:
    mine = (
        Membership.objects.filter(user=request.user).select_related("workspace").order_by("workspace__name")
    )
    memberships = list(mine[:100])
    if len(memberships) != 1:
        return render(request, "builder/workspaces.html", {"nav": "home", "mine": memberships})
    request.membership, request.workspace = memberships[0], memberships[0].workspace
    return _home(request)


@require_GET
@workspace_page(Role.VIEWER)
def workspace_home(request: SignedInRequest, slug: str) -> HttpResponse:
    return _home(request)


@require_POST
@workspace_page(Role.EDITOR)
def show_first_steps(request: SignedInRequest, slug: str) -> HttpResponse:
    """The checklist put away, or back."""
    is_shown = request.POST.get("show") == "yes"
    members.show_first_steps(request.membership, is_shown=is_shown, at=timezone.now())
    return redirect("builder:workspace", slug)


def _home(request: SignedInRequest) -> HttpResponse:
    workspace = request.workspace
    newest = (
        Run.objects.in_workspace(workspace).select_related("workflow", "version").defer("version__definition")
    )
    now = timezone.now()
    failed = newest.filter(
        status__in=[RunStatus.FAILED, RunStatus.QUARANTINED], created_at__gte=now - timedelta(days=DAYS)
    )
    late = follow_ups.overdue(workspace, now)
    talk = chat.docked(workspace, request.user) if _may_chat(request) else None
    context = {
        "nav": "home",
        "chat": talk,
        "first_steps": _first_steps(request, talk),
        "agents": agents.agent_rows(workspace),
        "late": late,
        "overdue": late.count if late else 0,
        "failed": runs.rows(failed.order_by("-id")[:5]),
        "rows": runs.rows(newest.order_by("-id")[:SHOWN]),
        "can_edit": Role(request.membership.role).covers(Role.EDITOR),
    }
    return render(request, "builder/home.html", context)


def _first_steps(request: SignedInRequest, talk: ChatPanel | None) -> FirstSteps | None:
    """For those who may do all of them, until they hide it."""
    may_edit = Role(request.membership.role).covers(Role.EDITOR)
    if not may_edit or request.membership.first_steps_hidden_at:
        return None
    return first_steps.first_steps(request.membership, talk, request.session)


def _may_chat(request: SignedInRequest) -> bool:
    return Role(request.membership.role).covers(Role.TESTER)
