"""What of the editor is drawn again after a change? Only what it touched, by the page's own partials."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers

from builder.presenters import chain
from builder.presenters.chain import Chosen, Node
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


def whole_chain(opened: Opened, chosen: Chosen) -> list[Fragment]:
    page = chain.page(opened, chosen)
    return [Fragment("chain.html#steps", {"page": page}), *_above(opened, chosen)]


def draw_panel(request: SignedInRequest, opened: Opened, shown: Left) -> str:
    return render_to_string(shown.template, {"page": chain.page(opened, Chosen()), "panel": shown}, request)


def panel(opened: Opened, shown: Left) -> Fragment:
    return Fragment("chain.html#panel-out", {"page": chain.page(opened, Chosen()), "panel": shown})


def revision(opened: Opened) -> Fragment:
    return Fragment("panel_step.html#revision", {"revision": opened.workflow.draft_revision})


def bar(opened: Opened) -> Fragment:
    return Fragment("chain.html#bar", {"page": chain.page(opened, Chosen())})


def changed(before: Opened, after: Opened, chosen: Chosen, *, moved: str = "") -> list[Fragment]:
    """The difference of two states of a chain: cards, numbers, what is above. `moved` was taken elsewhere."""
    old = {node.id: node for node in chain.nodes(before, chosen)}
    new = chain.nodes(after, chosen)
    if not old or not new:
        return whole_chain(after, chosen)
    old.pop(moved, None)
    return [
        *_taken_away(before, {node.id for node in new} - {moved}),
        *_cards(after, old, new),
        *_above(after, chosen),
    ]


def left(opened: Opened, was: Chosen, now: Chosen) -> list[Fragment]:
    """What moving on from one panel to another changes in the chain: the marks of what is open."""
    steps = {was.step, now.step} - {""}
    nodes = [node for node in chain.nodes(opened, now) if node.id in steps]
    fragments = [_card(opened, node) for node in nodes]
    if chain.SETTINGS in steps:
        fragments.append(_trigger(opened, now))
    slots = [chain.first_slot(now), *(item.slot for item in chain.items(opened, now))]
    changed_slots = [slot for slot in slots if slot.anchor in {was.add, now.add}]
    return fragments + [
        Fragment("chain.html#slot", _common(opened) | {"slot": slot}) for slot in changed_slots
    ]


def _taken_away(before: Opened, staying: set[str]) -> Iterator[Fragment]:
    for step_id in before.places:
        if step_id not in staying:
            yield Fragment("chain.html#gone", {"step_id": step_id})


def _cards(after: Opened, old: Mapping[str, Node], new: list[Node]) -> Iterator[Fragment]:
    above = "i-trigger"
    for node in new:
        known = old.get(node.id)
        if known is None:
            item = chain.item(node, Chosen())
            yield Fragment(
                "chain.html#new-item", _common(after) | {"item": item, "place": f"afterend:#{above}"}
            )
        elif replace(known, number=node.number) != node:
            yield _card(after, node)
        elif known != node:
            yield Fragment("chain.html#number", {"node": node})
        above = f"i-{node.id}"


def _above(after: Opened, chosen: Chosen) -> list[Fragment]:
    banner = Fragment("chain.html#banner", _common(after) | {"banner": chain.banner(after)})
    return [banner, _trigger(after, chosen)]


def _card(opened: Opened, node: Node) -> Fragment:
    return Fragment("chain.html#node", _common(opened) | {"node": node})


def _trigger(opened: Opened, chosen: Chosen) -> Fragment:
    return Fragment("chain.html#trigger", _common(opened) | {"trigger": chain.trigger(opened, chosen)})


def _common(opened: Opened) -> dict[str, Any]:
    return {"url": opened.url, "can_edit": opened.can_edit}
