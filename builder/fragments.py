"""What of the editor is drawn again after a change? Only what it touched, by the page's own partials."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from django.http import HttpResponse, QueryDict
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers

from builder.presenters import chain
from builder.presenters.chain import ChainPage, Chosen
from builder.presenters.left import Left
from builder.presenters.opened import Opened
from workspaces.access import SignedInRequest

type Context = Mapping[str, Any]


@dataclass(frozen=True)
class Fragment:
    """A partial of `templates/builder/`, put in its place out of band."""

    partial: str
    context: Context = field(default_factory=dict)


def respond(
    request: SignedInRequest, *fragments: Fragment, main: str = "", status: int = 200, **headers: str
) -> HttpResponse:
    """`main` goes where the request wanted its answer; the fragments find their own places."""
    drawn = [
        render_to_string(f"builder/{one.partial}", {"oob": True, **one.context}, request) for one in fragments
    ]
    response = HttpResponse(main + "".join(drawn), status=status)
    if not main:
        response["HX-Reswap"] = "none"
    for name, value in headers.items():
        response[name.replace("_", "-")] = value
    patch_vary_headers(response, ["HX-Request"])
    return response


def draw(partial: str, context: Context, request: SignedInRequest) -> str:
    """One partial as the answer itself."""
    return render_to_string(f"builder/{partial}", {**context}, request)


def on_screen(request: SignedInRequest) -> Chosen:
    """What the page that sent the request has open, by its address."""
    return Chosen.of(QueryDict(urlsplit(request.htmx.current_url or "").query).get)


def said(text: str) -> Fragment:
    return Fragment("chain.html#live", {"text": text})


def toast(text: str, *, tone: str = "success", **action: str) -> Fragment:
    return Fragment("chain.html#toasts", {"text": text, "tone": tone, **action})


def with_panel(
    request: SignedInRequest,
    opened: Opened,
    shown: Left,
    *pieces: Fragment,
    status: int = 200,
    **headers: str,
) -> HttpResponse:
    """Another panel, wherever the request came from, and what changes beside it."""
    place = {"HX_Retarget": "#panel", "HX_Reswap": "innerHTML show:none"}
    main = draw_panel(request, opened, shown)
    return respond(request, *pieces, main=main, status=status, **place, **headers)


def draw_panel(request: SignedInRequest, opened: Opened, shown: Left) -> str:
    return render_to_string(shown.template, {"page": chain.page(opened, Chosen()), "panel": shown}, request)


def revision(opened: Opened) -> Fragment:
    return Fragment("panel_step.html#revision", {"revision": opened.workflow.draft_revision})


def common(page: ChainPage) -> dict[str, Any]:
    """What every piece of the chain needs."""
    return {"url": page.url, "base": page.base, "can_edit": page.can_edit}
