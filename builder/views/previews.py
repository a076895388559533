"""How the token fields of a panel read, while somebody types."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from builder.presenters.previews import Asked, Previews
from builder.views.chain import open_workflow
from workspaces.access import SignedInRequest, signed_in
from workspaces.models import Role

MOST = 60
LONGEST = 65_536


@require_POST
@signed_in
def previews(request: SignedInRequest, workflow_id: UUID) -> HttpResponse:
    """`?step=` is the step of the panel; each field posts its id, its name and its text. Saves nothing."""
    here = open_workflow(request, workflow_id, Role.EDITOR)
    found = Previews(here, here.places.get(request.GET.get("step", "")))
    return render(request, "builder/previews.html", {"previews": [found.of(one) for one in _asked(request)]})


def _asked(request: SignedInRequest) -> list[Asked]:
    post = request.POST
    typed = set(post.getlist("typed"))
    columns = (post.getlist(name)[:MOST] for name in ("id", "name", "text"))
    return [
        Asked(id_, name, text.replace("\x00", "")[:LONGEST], id_ in typed)
        for id_, name, text in zip(*columns, strict=False)
    ]
