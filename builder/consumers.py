"""The builder's pages that follow runs while they go on: the same fragments as the page."""

import asyncio
from contextlib import suppress
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone

from builder.presenters import follow_ups, overlay
from builder.presenters import run as run_presenter
from builder.presenters import runs as runs_presenter
from builder.presenters.run import RunPage
from builder.presenters.runs import Filters
from workflows import events
from workflows.models import Run
from workspaces.live_pages import LivePage
from workspaces.models import Role, Workspace

ON_A_PAGE = 50
TICK_S = 20
OF_SOCKET = ("tab", "rows")
"""What the address of a socket has beyond its page's (live.js)."""


class RunList(LivePage):
    """The newest runs of a workspace, as far as the address of the page asks for them."""

    workspace: Workspace
    _drawn: str = ""

    def find_groups(self) -> tuple[str, ...]:
        found = self.workspace_of_the_address()
        if found is None:
            return ()
        self.workspace = found
        return (events.group_of_workspace(found.pk),)

    def draw(self) -> str:
        filters = Filters.of(self.words(), timezone.now())
        rows = runs_presenter.rows(filters.page(self.workspace)[:ON_A_PAGE])
        html = render_to_string("builder/runs.html#rows", {"rows": rows, "oob": True})
        if html == self._drawn:
            return ""
        self._drawn = html
        return html


class RunOverlay(LivePage):
    """One run laid over its chain; the address of the page says which step is open."""

    run: Run
    role: Role
    _drawn: dict[str, str]

    def find_groups(self) -> tuple[str, ...]:
        run_id: UUID = self.scope["url_route"]["kwargs"]["run_id"]
        person = self.person()
        if not person.is_authenticated:
            return ()
        mine = Run.objects.filter(pk=run_id, workspace__memberships__user=person)
        joined = mine.select_related("workspace", "workflow__agent", "workflow__live_version", "version")
        found = joined.annotate(role=F("workspace__memberships__role")).first()
        if found is None:
            return ()
        self.run = found
        self.role = Role(vars(found)["role"])
        return (events.group_of_run(found.pk),)

    def draw(self) -> str:
        words = self.words()
        page = run_presenter.page(self.run, words.get("step"), words.get("item", ""))
        fragments = {card.id: self._fragment("node", page, card=card) for card in page.cards}
        for item in overlay.flat(page.overlay.items):
            fragments |= {column.id: self._fragment("head", page, column=column) for column in item.columns}
            if item.box and item.box.stepper:
                name = f"stepper {item.card.id}"
                fragments[name] = self._fragment("stepper", page, stepper=item.box.stepper)
        fragments |= {name: self._fragment(name, page) for name in ("panel", "banner")}
        before, self._drawn = getattr(self, "_drawn", {}), fragments
        return "".join(html for name, html in fragments.items() if before.get(name) != html)

    def _fragment(self, name: str, page: RunPage, **more: object) -> str:
        may = {"can_edit": self.role.covers(Role.EDITOR), "can_test": self.role.covers(Role.TESTER)}
        context = {"page": page, "oob": True, **may, **more}
        return render_to_string(f"builder/run.html#{name}", context)


class FollowUps(LivePage):
    """One page of what waits. Rows that go on leave it; what has come is counted, and shown when asked for:
    a list that people tick must not move under their hands.
    """

    workspace: Workspace
    _clock: asyncio.Task[None] | None = None
    _drawn: dict[str, str]
    _rows: frozenset[UUID] | None = None
    """Those of the page as it was opened, as far as they are still on it."""

    async def connect(self) -> None:
        await super().connect()
        if self.groups:
            self._clock = asyncio.create_task(self._tick())

    async def disconnect(self, code: int) -> None:
        if self._clock:
            self._clock.cancel()
        await super().disconnect(code)

    async def _tick(self) -> None:
        """Nothing happens to a run when its time is over: the page must look by itself."""
        while True:
            await asyncio.sleep(TICK_S)
            self._schedule()

    def find_groups(self) -> tuple[str, ...]:
        found = self.workspace_of_the_address()
        if found is None:
            return ()
        self.workspace = found
        return (events.group_of_workspace(found.pk),)

    def draw(self) -> str:
        shown = follow_ups.shown(self.workspace, self.words(), timezone.now())
        ids = frozenset(row.id for group in shown.groups for row in group.rows)
        if self._rows is None:  # since the page was drawn some may have gone on already
            self._rows = ids | _ids(self.words().get("rows", ""))
        gone, added = self._rows - ids, len(ids - self._rows)
        self._rows &= ids
        fragments = {f"gone {run_id}": self._fragment("gone", run_id=run_id) for run_id in gone}
        for group in shown.groups:
            for row in group.rows:
                if row.id in self._rows:
                    fragments[f"due {row.id}"] = self._fragment("due", row=row)
                    fragments[f"next {row.id}"] = self._fragment("next", row=row)
        query = urlencode({name: value for name, value in self.words().items() if name not in OF_SOCKET})
        fragments["late"] = self._fragment("late", late=shown.late)
        fragments["news"] = self._fragment("news", added=added, url=f"?{query}")
        before, self._drawn = getattr(self, "_drawn", {}), fragments
        return "".join(html for name, html in fragments.items() if before.get(name) != html)

    def _fragment(self, name: str, **context: object) -> str:
        return render_to_string(f"builder/follow_ups.html#{name}", {"oob": True, **context})


def _ids(text: str) -> frozenset[UUID]:
    """As the page names its rows; what is no id is left out."""
    found = set()
    for part in text.split(".")[:200]:
        with suppress(ValueError):
            found.add(UUID(part))
    return frozenset(found)
