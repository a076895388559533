"""The small marks that every page uses: icons, tiles, pills, times and JSON as a tree."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Protocol
from zlib import crc32

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

MINUTE, HOUR, DAY = 60, 3600, 86_400
MASK = "•••"  # what a redacted value is stored as
MOST_CHILDREN, MOST_LEVELS = 200, 30  # of a JSON tree; the whole is a download
MARKS = settings.BASE_DIR / "static" / "css" / "marks.css"
HUES = 8  # .h1 … .h8 in controls.css


class App(Protocol):
    """What a tile needs to know of an app; `connectors.declare.App` fits."""

    @property
    def name(self) -> str: ...
    @property
    def icon(self) -> str: ...
    @property
    def tone(self) -> str: ...


@cache
def symbol(name: str) -> str:
    return static("icons/sprite.svg") + "#" + name


@register.simple_tag
def symbol_of(icon_name: str) -> str:
    """The address of an icon, for drawings that place it themselves."""
    return symbol("i-" + icon_name)


@register.simple_tag
@cache
def icon(name: str, size: str = "") -> SafeString:
    """A Lucide icon of the sprite, decoration only; size is empty, `s` or `l`, or further classes."""
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}"/></svg>', _words("i", size), symbol("i-" + name)
    )


@register.simple_tag
@cache
def logo() -> SafeString:
    return format_html('<svg class="mark" aria-hidden="true"><use href="{}"/></svg>', symbol("logo"))


@register.simple_tag
@cache
def icon_tile(name: str, tone: str = "core", size: str = "") -> SafeString:
    """A tile that stands for no app: the start of a workflow, an empty list."""
    return _tile_of(symbol("i-" + name), tone, size)


@register.simple_tag
def tile(app: App | Mapping[str, str], size: str = "") -> SafeString:
    """The app's mark, or its first letter on a hue that always stays the same."""
    known = app if isinstance(app, Mapping) else {"name": app.name, "icon": app.icon, "tone": app.tone}
    name, mark, tone = known["name"], known.get("icon", ""), known.get("tone", "")
    if size == "card":
        if mark:
            return _card_tile(mark, tone)
        size = ""
    if mark:
        return _tile_of(symbol(mark), tone, size)
    hue = tone or f"h{crc32(name.encode()) % HUES + 1}"
    return format_html(
        '<span class="{}" aria-hidden="true">{}</span>', _words("tile", size, hue), name[:1].upper()
    )


@cache
def _card_tile(mark: str, tone: str) -> SafeString:
    """One element instead of three, or two where the mark has colours of its own: a chain has hundreds."""
    if mark in drawn_by_css():
        return format_html('<span class="{} m m-{}"></span>', _words("tile", tone), mark)
    return format_html(
        '<svg class="{}" aria-hidden="true"><use href="{}"/></svg>', _words("tile", tone), symbol(mark)
    )


@cache
def drawn_by_css() -> frozenset[str]:
    """The icons whose shape is in the sheet as well."""
    return frozenset(re.findall(r"^  \.m-([a-z-]+) ", MARKS.read_text(), re.MULTILINE))


def _tile_of(href: str, tone: str, size: str) -> SafeString:
    return format_html(
        '<span class="{}" aria-hidden="true"><svg><use href="{}"/></svg></span>',
        _words("tile", size, tone),
        href,
    )


# state → class, icon, word
STATES: Mapping[str, tuple[str, str, str]] = {
    "live": ("live", "", "Live"),
    "draft_only": ("draft", "", "Draft only"),
    "unpublished_changes": ("changed", "", "Unpublished changes"),
    "turned_off": ("", "power", "Turned off"),
    "queued": ("", "clock", "Queued"),
    "running": ("run", "circle-play", "Running"),
    "waiting": ("wait", "hourglass", "Waiting"),
    "succeeded": ("good", "circle-check", "Succeeded"),
    "failed": ("fail", "circle-x", "Failed"),
    "cancelled": ("", "ban", "Cancelled"),
    "quarantined": ("fail", "octagon-x", "Held back"),
    "skipped": ("", "circle-slash", "Skipped"),
    "unknown": ("wait", "circle-help", "Unknown"),
    "not_reached": ("", "circle-dashed", "Not reached"),
    "ok": ("good", "circle-check", "Connected"),
    "untested": ("", "circle-dashed", "Not tested"),
    "active": ("run", "radio", "Active"),
    "ended": ("", "flag", "Ended"),
}


@register.simple_tag
def pill(state: str, word: str = "", sub: str = "") -> SafeString:
    """The state of a thing, always with a word; `word` replaces the usual one (`Live v7`), `sub` follows."""
    tone, mark, usual = STATES.get(state, ("", "", state.replace("_", " ").capitalize()))
    return format_html(
        '<span class="{}">{}{}{}</span>',
        _words("pill", tone),
        icon(mark) if mark else "",
        word or usual,
        format_html(' <span class="sub opt-w">· {}</span>', sub) if sub else "",
    )


@register.simple_tag
def badge(text: object, tone: str = "", mark: str = "") -> SafeString:
    """A fact about a thing; tone is warn, bad, ok, acc, info or line."""
    return format_html(
        '<span class="{}">{}{}</span>', _words("badge", tone), icon(mark) if mark else "", text
    )


@register.simple_tag
def avatar(name: str, size: str = "") -> SafeString:
    """Decoration beside a name that is written out."""
    hue = ("", "b", "c")[crc32(name.encode()) % 3]
    return format_html(
        '<span class="{}" aria-hidden="true">{}</span>', _words("ava", size, hue), initials(name)
    )


@register.filter
def initials(name: str) -> str:
    words = name.replace("@", " ").replace(".", " ").replace(",", " ").split() or ["?"]
    return (words[0][0] + words[1][0]).upper() if len(words) > 1 else words[0][:2].capitalize()


@register.simple_tag
def ago(moment: datetime | None, now: datetime | None = None) -> SafeString | str:
    """How long since, or until; the full time is in the title."""
    if moment is None:
        return ""
    seconds = ((now or timezone.now()) - moment).total_seconds()
    span = (
        "just now"
        if abs(seconds) < 10
        else rough(abs(seconds)) + " ago"
        if seconds > 0
        else "in " + rough(-seconds)
    )
    local = timezone.localtime(moment)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(),
        f"{local:%-d %b %Y, %H:%M:%S %Z}",
        span,
    )


@register.simple_tag
def duration(milliseconds: float | None) -> str:
    """`12 ms`, `0.4 s`, `9 s`, `3 min`: as exact as a reader wants it."""
    if milliseconds is None:
        return ""
    if milliseconds < 100:
        return f"{milliseconds:.0f} ms"
    if milliseconds < 9_950:
        return f"{milliseconds / 1000:.1f} s"
    return rough(milliseconds / 1000)


def rough(seconds: float) -> str:
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 100 * MINUTE:
        return f"{seconds / MINUTE:.0f} min"
    if seconds < 36 * HOUR:
        return f"{seconds / HOUR:.0f} h"
    return f"{seconds / DAY:.0f} d"


@register.simple_tag
def sheets(*names: str) -> SafeString:
    """Links of `static/css/<name>.css`, in this order."""
    return format_html_join(
        "\n", '<link rel="stylesheet" href="{}">', ((static(f"css/{name}.css"),) for name in names)
    )


TYPE_ICONS = {
    "string": "type",
    "text": "type",
    "number": "hash",
    "integer": "hash",
    "boolean": "toggle-left",
    "date": "calendar",
    "datetime": "calendar",
    "array": "list",
    "list": "list",
}


@register.simple_tag
def type_icon(type_name: str) -> SafeString:
    return icon(TYPE_ICONS.get(type_name, "braces"))


TYPE_WORDS = {
    "string": "text",
    "integer": "number",
    "boolean": "yes or no",
    "array": "list",
    "object": "group",
    "any": "",
}


@register.filter
def type_word(type_name: str) -> str:
    """What people call it; nothing for what may be anything."""
    return TYPE_WORDS.get(type_name, type_name)


@register.simple_tag
def sample(value: Any) -> str:
    """A value in a few words, for a list of variables."""
    match value:
        case None:
            return "no sample yet"
        case Mapping():
            return f"{len(value)} value{'' if len(value) == 1 else 's'}"
        case list():
            return f"{len(value)} item{'' if len(value) == 1 else 's'}"
        case bool():
            return "yes" if value else "no"
        case _:
            text = str(value)
            return text if len(text) <= 40 else text[:39] + "…"


@register.simple_tag
def json_tree(value: Any, open_levels: int = 2) -> SafeString:
    """Nested `<details>`; the outer `open_levels` are open. Long lists are cut, with a word saying so."""
    return _branch(value, "", open_levels)


def _branch(value: Any, key: str, levels: int) -> SafeString:
    label = format_html('<span class="k">{}:</span> ', key) if key else ""
    children = _children(value)
    if not children or levels < -MOST_LEVELS:
        return format_html('<div class="jr">{}{}</div>', label, _leaf(value))
    return format_html(
        '<details{}><summary>{}{}<span class="k">{} {}</span></summary>'
        '<div class="kids">{}{}</div></details>',
        SafeString(" open") if levels > 0 else "",
        icon("chevron-right", "chev"),
        label,
        "{ }" if isinstance(value, Mapping) else "[ ]",
        len(children),
        format_html_join(
            "", "{}", ((_branch(child, name, levels - 1),) for name, child in children[:MOST_CHILDREN])
        ),
        _rest(len(children)),
    )


def _children(value: Any) -> Sequence[tuple[str, Any]]:
    if isinstance(value, Mapping):
        return [(str(name), child) for name, child in value.items()]
    return [(str(index), child) for index, child in enumerate(value)] if isinstance(value, list) else []


def _rest(count: int) -> SafeString | str:
    if count <= MOST_CHILDREN:
        return ""
    return format_html('<div class="jr k">… {} more</div>', count - MOST_CHILDREN)


def _leaf(value: Any) -> SafeString:
    if value == MASK:
        return format_html('<span class="mask">{}hidden</span>', icon("lock", "s"))
    if isinstance(value, str):
        return format_html('<span class="str">"{}"</span>', value)
    if isinstance(value, bool) or value is None:
        return format_html('<span class="bo">{}</span>', {True: "true", False: "false", None: "null"}[value])
    if isinstance(value, int | float):
        return format_html('<span class="no">{}</span>', value)
    return format_html('<span class="k">{}</span>', "{ }" if isinstance(value, Mapping) else "[ ]")


def _words(*names: str) -> str:
    return " ".join(name for name in names if name)
