"""The demo's inbox: what workflows sent to the world outside, which here is this machine."""

import json

from django.conf import settings
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from config.demo import inbox as caught
from config.stack.places import Places
from workspaces import access
from workspaces.access import SignedInRequest
from workspaces.models import Membership
from workspaces.services.signing_in import DEMO_WORKSPACE

SHOWN = 50


@require_GET
@access.signed_in
def inbox(request: SignedInRequest) -> HttpResponse:
    """For members of the demo workspace, while this is a demo."""
    mine = (
        Membership.objects.filter(user=request.user, workspace__slug=DEMO_WORKSPACE)
        .select_related("workspace")
        .first()
    )
    if mine is None or not settings.DEMO:
        raise Http404
    request.workspace, request.membership = mine.workspace, mine
    context = {"nav": "inbox", "mails": caught.mails(limit=SHOWN), "tickets": _tickets()}
    return render(request, "demo/inbox.html", context)


def _tickets() -> list[dict[str, object]]:
    """Newest first, as the ticket desk keeps them."""
    kept = Places(settings.VAR_DIR).tickets
    lines = kept.read_text().splitlines() if kept.exists() else []
    return [json.loads(line) for line in reversed(lines[-SHOWN:])]
