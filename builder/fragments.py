"""What of the editor is drawn again after a change? Only what it touched, by the page's own partials."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers

from builder.presenters import chain
from builder.presenters.chain import ChainPage, Chosen, Item, Slot
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


def on_screen(request: SignedInRequest) -> Chosen:
    """What the page that sent the request has open, by its address."""
    query = parse_qs(urlsplit(request.htmx.current_url or "").query)
    return Chosen(step=query.get("step", [""])[0], add=query.get("add", [""])[0])


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


def whole(page: ChainPage) -> list[Fragment]:
    """All but the panel: after a change that may have touched everything."""
    above = [Fragment("chain.html#bar", {"page": page}), _banner(page)]
    return [*above, Fragment("chain.html#steps", {"page": page})]


def difference(old: ChainPage, new: ChainPage, *, moved: str = "") -> list[Fragment]:
    """What turns one state of the editor into the other. `moved` is the step that was taken elsewhere."""
    if bool(old.items) != bool(new.items):
        return whole(new)
    return [
        *_above(old, new),
        *_gone(old, {item.node.id for item in new.items} - {moved}),
        *_cards({item.node.id: item for item in old.items if item.node.id != moved}, new),
    ]


def _above(old: ChainPage, new: ChainPage) -> Iterator[Fragment]:
    if (old.name, old.state, old.state_word) != (new.name, new.state, new.state_word):
        yield Fragment("chain.html#bar", {"page": new})
    if old.banner != new.banner:
        yield _banner(new)
    if old.trigger != new.trigger:
        yield Fragment("chain.html#trigger", _common(new) | {"trigger": new.trigger})
    if old.first_slot != new.first_slot:
        yield _slot(new, new.first_slot)


def _gone(old: ChainPage, staying: set[str]) -> Iterator[Fragment]:
    for item in old.items:
        if item.node.id not in staying:
            yield Fragment("chain.html#gone", {"step_id": item.node.id})


def _cards(old: Mapping[str, Item], new: ChainPage) -> Iterator[Fragment]:
    above = "i-trigger"
    for item in new.items:
        node, known = item.node, old.get(item.node.id)
        if known is None:
            place = f"afterend:#{above}"
            yield Fragment("chain.html#new-item", _common(new) | {"item": item, "place": place})
        elif replace(known.node, number=node.number) != node:
            yield Fragment("chain.html#node", _common(new) | {"node": node})
        elif known.node != node:
            yield Fragment("chain.html#number", {"node": node})
        if known and known.slot.is_open != item.slot.is_open:
            yield _slot(new, item.slot)
        above = f"i-{node.id}"


def _banner(page: ChainPage) -> Fragment:
    return Fragment("chain.html#banner", _common(page) | {"banner": page.banner})


def _slot(page: ChainPage, slot: Slot) -> Fragment:
    return Fragment("chain.html#slot", _common(page) | {"slot": slot})


def _common(page: ChainPage) -> dict[str, Any]:
    return {"url": page.url, "base": page.base, "can_edit": page.can_edit}
