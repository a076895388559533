"""A workflow as a file: out of its draft, and into it."""

import json
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_GET, require_http_methods

from builder.views import posted
from builder.views.chain import open_workflow
from builder.views.refusals import refusable
from workflows.definition.problems import Problem
from workflows.errors import DefinitionInvalid, StaleDraft
from workflows.services import transferring
from workspaces.access import SignedInRequest, signed_in
from workspaces.api import strict_json
from workspaces.api.refused import Refused
from workspaces.models import Role
from workspaces.services import audit


@require_GET
@signed_in
def export(request: SignedInRequest, workflow_id: UUID) -> HttpResponse:
    """The draft; `GET` of the API gives the same document."""
    here = open_workflow(request, workflow_id, Role.VIEWER)
    text = json.dumps(here.workflow.draft, ensure_ascii=False, indent=2)
    name = slugify(here.workflow.name) or "workflow"
    disposition = f'attachment; filename="{name}.json"'
    return HttpResponse(text, content_type="application/json", headers={"Content-Disposition": disposition})


@require_http_methods(["GET", "POST"])
@signed_in
@refusable
def import_draft(request: SignedInRequest, workflow_id: UUID) -> HttpResponse:
    here = open_workflow(request, workflow_id, Role.EDITOR)
    context = {"here": here, "workflow": here.workflow, "nav": "agents"}
    if request.method == "GET":
        return render(request, "builder/import.html", context)
    file = request.FILES.get("file")
    try:
        content = strict_json.loads(file.read(strict_json.LARGEST_BYTES + 1) if file else b"")
        by = audit.actor_of(request)
        lost = transferring.import_draft(here.workflow, content, revision=posted.revision(request), by=by)
    except Refused as refused:
        problems = list(refused.problems) or [Problem("", refused.code, refused.message)]
        return render(request, "builder/import.html", {**context, "problems": problems}, status=422)
    except DefinitionInvalid as invalid:
        return render(request, "builder/import.html", {**context, "problems": invalid.problems}, status=422)
    except StaleDraft:
        return render(request, "builder/import.html", {**context, "is_stale": True}, status=409)
    missing = "1 step needs a connection" if lost == 1 else f"{lost} steps need a connection"
    messages.success(request, "The draft is what the file holds." + (f" {missing}." if lost else ""))
    return redirect(here.url)
