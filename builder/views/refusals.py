"""What does a person see when a change cannot be made? What is true now, and why it was not."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from builder import difference, fragments
from builder.presenters import chain
from builder.views.chain import open_workflow
from workflows.definition.problems import OperationRefused
from workflows.errors import DefinitionInvalid, NotPublished, StaleDraft
from workspaces.access import SignedInRequest
from workspaces.models import Role

type EditorView[**P] = Callable[Concatenate[SignedInRequest, UUID, P], HttpResponse]

GONE = ("step_gone", "branch_gone", "anchor_gone", "already_there", "renamed_meanwhile")


def refusable[**P](view: EditorView[P]) -> EditorView[P]:
    """Nothing was changed: the chain is drawn as it is now, with the reason beside it."""

    @wraps(view)
    def guarded(
        request: SignedInRequest, workflow_id: UUID, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        try:
            return view(request, workflow_id, *args, **kwargs)
        except OperationRefused as refusal:
            return _refused(request, workflow_id, refusal.message, 409 if refusal.code in GONE else 422)
        except (StaleDraft, NotPublished) as stale:
            return _refused(request, workflow_id, str(stale), 409)
        except DefinitionInvalid as invalid:
            return _refused(request, workflow_id, str(invalid), 422)

    return guarded  # type: ignore[return-value]  # `wraps` keeps the view's own type, which is the same


def _refused(request: SignedInRequest, workflow_id: UUID, reason: str, status: int) -> HttpResponse:
    here = open_workflow(request, workflow_id, Role.EDITOR)
    if not request.htmx:
        messages.error(request, reason)
        return redirect(here.url)
    page = chain.page(here, fragments.on_screen(request))
    return fragments.respond(
        request, *difference.whole(page), fragments.toast(reason, tone="error"), status=status
    )
