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
from django.http import HttpRequest
from django.template.loader import render_to_string

from builder.presenters import run as run_presenter
from builder.presenters import runs as runs_presenter
from builder.presenters.run import RunPage
from workflows import events
from workflows.models import Run
from workspaces.models import Workspace

PAUSE_S = 0.2
ON_A_PAGE = 50
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

    def person(self) -> Any:
        """Read afresh from the session: it may have ended since the socket opened."""
        request = HttpRequest()
        request.session = self.scope["session"].__class__(self.scope["session"].session_key)
        return get_user(request)


class RunList(LivePage):
    """The newest runs of a workspace."""

    workspace: Workspace
    _drawn: str = ""

    def find_group(self) -> str | None:
        slug = self.scope["url_route"]["kwargs"]["slug"]
        person = self.person()
        if not person.is_authenticated:
            return None
        found = Workspace.objects.filter(slug=slug, memberships__user=person).first()
        if found is None:
            return None
        self.workspace = found
        return events.group_of_workspace(found.pk)

    def draw(self) -> str:
        newest = Run.objects.in_workspace(self.workspace).select_related("workflow", "version")
        rows = runs_presenter.rows(newest.defer("version__definition").order_by("-id")[:ON_A_PAGE])
        html = render_to_string("builder/runs.html#rows", {"rows": rows, "oob": True})
        if html == self._drawn:
            return ""
        self._drawn = html
        return html


class RunOverlay(LivePage):
    """One run laid over its chain; the address of the page says which step is open."""

    run: Run
    _drawn: dict[str, str]
    _was_over: bool | None = None
    """When the page was opened; None until the first look."""

    def find_group(self) -> str | None:
        run_id: UUID = self.scope["url_route"]["kwargs"]["run_id"]
        person = self.person()
        if not person.is_authenticated:
            return None
        mine = Run.objects.filter(pk=run_id, workspace__memberships__user=person)
        found = mine.select_related("workflow__agent", "workflow__live_version", "version").first()
        if found is None:
            return None
        self.run = found
        return events.group_of_run(found.pk)

    def draw(self) -> str:
        query = parse_qs(self.scope["query_string"].decode(), keep_blank_values=True)
        page = run_presenter.page(self.run, query.get("step", [None])[0])
        fragments = {card.id: self._fragment("node", page, card=card) for card in page.cards}
        fragments["panel"] = self._fragment("panel", page)
        if self._was_over is None:
            self._was_over = page.is_over
        if page.is_over and not self._was_over:  # its forms go: only the page itself can make such
            fragments["banner"] = self._fragment("banner", page)
        before, self._drawn = getattr(self, "_drawn", {}), fragments
        return "".join(html for name, html in fragments.items() if before.get(name) != html)

    def _fragment(self, name: str, page: RunPage, **more: object) -> str:
        return render_to_string(f"builder/run.html#{name}", {"page": page, "oob": True, **more})
