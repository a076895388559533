"""Which apps and actions are offered for a new step, and in which order do they answer a search?"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.conf import settings

from builder.presenters.opened import Opened
from connectors import registry
from connectors.declare import App
from connectors.registry import Known
from workflows.definition.walk import Place

CATEGORIES = (
    ("apps", "Apps"),
    ("flow", "Flow control"),
    ("data", "Data"),
    ("people", "People"),
    ("ai", "AI"),
)
REST = "rest.request@1"


@dataclass(frozen=True)
class Choice:
    """One action that can be added."""

    ref: str
    label: str
    description: str
    app: App
    tile: App
    needs_connection: bool
    """The app has no connection yet: the step begins with *Connect*."""


@dataclass(frozen=True)
class AppTile:
    app: App
    count: int
    only: Choice | None
    """An app with one action needs no second level."""

    @property
    def words(self) -> str:
        return "1 action" if self.count == 1 else f"{self.count} actions"


@dataclass(frozen=True)
class Category:
    id: str
    title: str
    apps: tuple[AppTile, ...] = ()
    choices: tuple[Choice, ...] = ()
    """Flow control shows its actions at once: they are known by their own names."""


@dataclass(frozen=True, kw_only=True)
class Target:
    """What the chosen action is for: a new step, or another action of one that is there."""

    name: str
    """add | replace: what the address calls it"""
    value: str
    """An anchor, or the id of a step."""
    title: str
    before: str
    """`after` or `at the start`, before the step it is about."""
    step: str
    url: str
    """Where the choice is posted to."""

    @property
    def query(self) -> str:
        return f"{self.name}={self.value}"


def adding(opened: Opened, anchor: str, after: Place | None) -> Target:
    return Target(
        name="add",
        value=anchor,
        title="Add a step",
        before="after" if after else "at the start",
        step=f"{after.number}. {opened.label(after.step)}" if after else "",
        url=f"{opened.url}steps/",
    )


def replacing(opened: Opened, place: Place) -> Target:
    return Target(
        name="replace",
        value=place.step.id,
        title="Replace the action",
        before="of",
        step=f"{place.number}. {opened.label(place.step)}",
        url=f"{opened.url}steps/{place.step.id}/replace/",
    )


@dataclass(frozen=True, kw_only=True)
class PickerPanel:
    target: Target
    query: str
    app: App | None
    """The app whose actions are shown; None on the first level."""
    categories: tuple[Category, ...]
    choices: tuple[Choice, ...]
    found_apps: tuple[AppTile, ...]
    rest: str
    revision: int
    moved: bool
    """The chosen place is gone; the query and the app are kept."""
    template: str = "builder/panel_picker.html"


def picker(
    opened: Opened,
    *,
    target: Target,
    query: str = "",
    app_slug: str = "",
    moved: bool = False,
) -> PickerPanel:
    offered = list(_offered(opened))
    app = next((known.app for known in offered if known.app.slug == app_slug), None)
    choices = [_choice(opened, known) for known in offered]
    if query:
        shown = [_choice(opened, known) for known in search(query, offered)]
    else:
        shown = [choice for choice in choices if app and choice.app is app]
    tiles = list(_tiles(choices))
    return PickerPanel(
        target=target,
        query=query,
        app=None if query else app,
        categories=() if query or app else tuple(_categories(choices, tiles)),
        choices=tuple(shown),
        found_apps=tuple(
            tile for tile in tiles if query and _rank(query, tile.app.name, tile.app.synonyms, "")
        ),
        rest=REST if any(choice.ref == REST for choice in choices) else "",
        revision=opened.workflow.draft_revision,
        moved=moved,
    )


def search(query: str, offered: Iterable[Known]) -> list[Known]:
    """Best first: the label begins with it, a word of it does, a synonym does, the description has it."""
    ranked = []
    for known in offered:
        label, action = f"{known.action.label}", known.action
        rank = _rank(
            query, label, (*action.synonyms, *known.app.synonyms, known.app.name), action.description
        )
        if rank:
            ranked.append((rank, label.lower(), known))
    return [known for _, _, known in sorted(ranked, key=lambda entry: entry[:2])]


def _rank(query: str, label: str, synonyms: Iterable[str], description: str) -> int:
    """1 is best, 0 is no match. Several words must all be found; the worst of them counts."""
    ranks = [
        _rank_of_word(word, label.lower(), synonyms, description.lower()) for word in query.lower().split()
    ]
    return max(ranks) if ranks and all(ranks) else 0


def _rank_of_word(word: str, label: str, synonyms: Iterable[str], description: str) -> int:
    if label.startswith(word):
        return 1
    if any(part.startswith(word) for part in label.split()):
        return 2
    if any(part.startswith(word) for synonym in synonyms for part in synonym.lower().split()):
        return 3
    return 4 if word in description else 0


def _offered(opened: Opened) -> Iterator[Known]:
    for known in registry.default().actions.values():
        if opened.draft.kind in known.action.kinds and (settings.DEMO or not known.app.demo_only):
            yield known


def _choice(opened: Opened, known: Known) -> Choice:
    is_connected = any(connection.app == known.app.slug for connection in opened.connections.values())
    return Choice(
        ref=known.ref,
        label=known.action.label,
        description=known.action.description,
        app=known.app,
        tile=known.face,
        needs_connection=known.action.needs_connection and not is_connected,
    )


def _tiles(choices: Iterable[Choice]) -> Iterator[AppTile]:
    by_app: dict[str, list[Choice]] = {}
    for choice in choices:
        by_app.setdefault(choice.app.slug, []).append(choice)
    for members in by_app.values():
        yield AppTile(members[0].app, len(members), members[0] if len(members) == 1 else None)


def _categories(choices: list[Choice], tiles: list[AppTile]) -> Iterator[Category]:
    for id_, title in CATEGORIES:
        own = tuple(tile for tile in tiles if tile.app.category == id_)
        if not own:
            continue
        if id_ == "flow":
            yield Category(
                id_, title, choices=tuple(choice for choice in choices if choice.app.category == id_)
            )
        else:
            yield Category(id_, title, apps=own)
