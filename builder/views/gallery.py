"""The templates that a workflow can begin from: the gallery, and one of them with its steps."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from builder.forms.template import TemplateForm
from builder.presenters import agents as cards
from builder.presenters import gallery as presenter
from workflows import selectors
from workflows.gallery import templates
from workflows.services.beginning import Begun
from workspaces import access
from workspaces.access import SignedInRequest, workspace_page
from workspaces.models import Role


@require_GET
@workspace_page(Role.VIEWER)
def gallery(request: SignedInRequest, slug: str) -> HttpResponse:
    """`?agent=` is kept: who comes from an agent's page begins for that one."""
    context = {
        "nav": "templates",
        "shelves": presenter.shelves(request.workspace),
        "agent": request.GET.get("agent", ""),
    }
    return render(request, "builder/gallery.html", context)


@require_http_methods(["GET", "POST"])
@workspace_page(Role.VIEWER)
def template(request: SignedInRequest, slug: str, template: str) -> HttpResponse:
    found = templates().get(template)
    if found is None:
        raise Http404
    posted = request.POST if request.method == "POST" else None
    form = TemplateForm(request.workspace, found, posted, agent=request.GET.get("agent", ""))
    if posted is not None:
        access.require(request, Role.EDITOR)
        if form.is_valid() and (begun := form.begin(request)):
            return _begun(request, begun)
    context = {
        "nav": "templates",
        "preview": presenter.preview(found, request.membership),
        "form": form,
        "can_edit": Role(request.membership.role).covers(Role.EDITOR),
    }
    return render(request, "builder/template.html", context, status=422 if form.errors else 200)


def _begun(request: SignedInRequest, begun: Begun) -> HttpResponse:
    """The editor, at the first step that lacks something."""
    wrong = [problem for problem in selectors.problems(begun.workflow) if problem.is_error]
    steps = list(dict.fromkeys(problem.step_id for problem in wrong if problem.step_id))
    left = f" {len(steps)} step{'' if len(steps) == 1 else 's'} to set up." if steps else ""
    messages.success(request, f"{begun.workflow.name} is a draft.{left}")
    if begun.asked:
        agent, asked = begun.workflow.agent.name, ", ".join(begun.asked)
        messages.info(request, f"{agent} finds out more from now on: {asked}. Publish the agent too.")
    return redirect(f"{cards.url_of(begun.workflow)}?step={steps[0] if steps else 'settings'}")
