"""What does a form of the panel get back: itself with errors, two versions to choose from, or *saved*?"""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from builder import difference, fragments, saving
from builder.presenters import chain
from builder.presenters.chain import Chosen
from builder.presenters.left import left
from builder.presenters.opened import Opened
from builder.presenters.panel import Typing
from builder.views.chain import draw_page
from workflows.services import drafts
from workspaces.access import SignedInRequest


def judge(
    request: SignedInRequest, here: Opened, kind: saving.Kind, form: saving.Form, revision: int
) -> saving.Judged:
    renamed = drafts.renamed_since(here.workflow, revision)
    undecided = request.POST.getlist("conflict")
    return saving.judge(kind, form, renamed, undecided=undecided, revision=revision)


def again(
    request: SignedInRequest, here: Opened, chosen: Chosen, typing: Typing, status: int
) -> HttpResponse:
    """The panel with what was typed. A redrawn form is swapped where its button says; a refused one whole."""
    shown = left(here, chosen, typing=typing)
    if not request.htmx:
        return draw_page(request, here, chosen, shown, status=status)
    if status == 200:
        return fragments.respond(request, main=fragments.draw_panel(request, here, shown))
    return fragments.with_panel(request, here, shown, status=status)


def saved(
    request: SignedInRequest, before: Opened, after: Opened, chosen: Chosen, text: str, notice: str
) -> HttpResponse:
    """The form stays as it is and typing goes on, unless it showed errors or got others’ changes."""
    if not request.htmx:
        messages.success(request, " ".join(filter(None, (f"{text}.", notice))))
        return redirect(f"{after.url}{chosen.query}")
    was = fragments.on_screen(request)
    changed = difference.difference(chain.page(before, was), chain.page(after, was))
    pieces = [*changed, fragments.said(text)]
    if notice or "again" in request.POST:
        shown = left(after, chosen, typing=Typing(notice=notice))
        return fragments.with_panel(request, after, shown, *pieces)
    return fragments.respond(request, *pieces, fragments.revision(after))
