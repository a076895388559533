"""Pages that follow runs while they go on: the same fragments as the page, pushed when a run has changed.

A burst of changes is one push: the first waits a moment and draws what is true by then. Who may look is
asked when the socket opens and again before each push: whoever was removed or signed out sees nothing more.
"""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth import get_user
from django.db.models import F
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone

from builder.presenters import follow_ups, overlay
from builder.presenters import run as run_presenter
from builder.presenters import runs as runs_presenter
from builder.presenters.run import RunPage
from builder.presenters.runs import Filters
from workflows import events
from workflows.models import Run
from workspaces.models import Role, Workspace

PAUSE_S = 0.2
ON_A_PAGE = 50
TICK_S = 20
NOT_FOUND = 4404


class LivePage(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    """One open page. Subclasses name its group and draw its fragments."""

    group: str
    _push: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        group = await database_sync_to_async(self.find_group)()
        if group is None:
            await self.close(code=NOT_FOUND)
            return
        self.group = group
        await self.channel_layer.group_add(group, self.channel_name)
        await self.accept()
        self._schedule()  # what changed between drawing the page and listening

    async def disconnect(self, code: int) -> None:
        if self._push:
            self._push.cancel()
        if hasattr(self, "group"):
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Nothing is asked for over these sockets; what comes is not read."""

    async def run_changed(self, event: Mapping[str, Any]) -> None:
        self._schedule()

    def _schedule(self) -> None:
        if self._push is None or self._push.done():
            self._push = asyncio.create_task(self._push_soon())

    async def _push_soon(self) -> None:
        await asyncio.sleep(PAUSE_S)
        html = await database_sync_to_async(self._draw_if_allowed)()
        if html is None:
            await self.close(code=NOT_FOUND)
        elif html:
            await self.send(text_data=html)

    def _draw_if_allowed(self) -> str | None:
        return None if self.find_group() is None else self.draw()

    def find_group(self) -> str | None:
        """The group of what the address names, or None for strangers and for what does not exist."""
        raise NotImplementedError

    def draw(self) -> str:
        """The fragments that changed since the last push; empty when nothing did."""
        raise NotImplementedError

    def words(self) -> dict[str, str]:
        """What the page's own address asks for; it is handed on to the socket's."""
        query = parse_qs(self.scope["query_string"].decode(), keep_blank_values=True)
        return {name: values[0] for name, values in query.items()}

    def workspace_of_the_address(self) -> Workspace | None:
        person = self.person()
        if not person.is_authenticated:
            return None
        slug = self.scope["url_route"]["kwargs"]["slug"]
        return Workspace.objects.filter(slug=slug, memberships__user=person).first()

    def person(self) -> Any:
        """Read afresh from the session: it may have ended since the socket opened."""
        request = HttpRequest()
        request.session = self.scope["session"].__class__(self.scope["session"].session_key)
        return get_user(request)


class RunList(LivePage):
    """The newest runs of a workspace, as far as the address of the page asks for them."""

    workspace: Workspace
    _drawn: str = ""

    def find_group(self) -> str | None:
        found = self.workspace_of_the_address()
        if found is None:
            return None
        self.workspace = found
        return events.group_of_workspace(found.pk)

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
    can_edit: bool
    _drawn: dict[str, str]

    def find_group(self) -> str | None:
        run_id: UUID = self.scope["url_route"]["kwargs"]["run_id"]
        person = self.person()
        if not person.is_authenticated:
            return None
        mine = Run.objects.filter(pk=run_id, workspace__memberships__user=person)
        joined = mine.select_related("workspace", "workflow__agent", "workflow__live_version", "version")
        found = joined.annotate(role=F("workspace__memberships__role")).first()
        if found is None:
            return None
        self.run = found
        self.can_edit = Role(vars(found)["role"]).covers(Role.EDITOR)
        return events.group_of_run(found.pk)

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
        context = {"page": page, "oob": True, "can_edit": self.can_edit, **more}
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
        if hasattr(self, "group"):
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

    def find_group(self) -> str | None:
        found = self.workspace_of_the_address()
        if found is None:
            return None
        self.workspace = found
        return events.group_of_workspace(found.pk)

    def draw(self) -> str:
        shown = follow_ups.shown(self.workspace, self.words(), timezone.now())
        ids = frozenset(row.id for group in shown.groups for row in group.rows)
        if self._rows is None:
            self._rows = ids
        gone, added = self._rows - ids, len(ids - self._rows)
        self._rows &= ids
        fragments = {f"gone {run_id}": self._fragment("gone", run_id=run_id) for run_id in gone}
        for group in shown.groups:
            for row in group.rows:
                if row.id in self._rows:
                    fragments[f"due {row.id}"] = self._fragment("due", row=row)
                    fragments[f"next {row.id}"] = self._fragment("next", row=row)
        query = self.scope["query_string"].decode()
        fragments["late"] = self._fragment("late", late=shown.late)
        fragments["news"] = self._fragment("news", added=added, url=f"?{query}")
        before, self._drawn = getattr(self, "_drawn", {}), fragments
        return "".join(html for name, html in fragments.items() if before.get(name) != html)

    def _fragment(self, name: str, **context: object) -> str:
        return render_to_string(f"builder/follow_ups.html#{name}", {"oob": True, **context})
