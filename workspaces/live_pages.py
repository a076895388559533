"""Pages that follow what goes on: the same fragments as the page, pushed when something has changed.

A burst of changes is one push: the first waits a moment and draws what is true by then. Who may look is
asked when the socket opens and again before each push: whoever was removed or signed out sees nothing more.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.contrib.auth import get_user
from django.http import HttpRequest

from workspaces.models import Workspace

PAUSE_S = 0.2
NOT_FOUND = 4404


class LivePage(ABC, AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    """One open page. Subclasses name its groups and draw its fragments."""

    groups: tuple[str, ...] = ()
    """Known when the page is; Channels leaves them at the end."""
    _push: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        groups = await database_sync_to_async(self.find_groups)()
        if not groups:
            await self.close(code=NOT_FOUND)
            return
        self.groups = groups
        for group in groups:
            await self.channel_layer.group_add(group, self.channel_name)
        await self.accept()
        self._schedule()  # what changed between drawing the page and listening

    async def disconnect(self, code: int) -> None:
        if self._push:
            self._push.cancel()

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
        return self.draw() if self.find_groups() else None

    @abstractmethod
    def find_groups(self) -> tuple[str, ...]:
        """Those that tell of what the address names; none for strangers and for what does not exist."""

    @abstractmethod
    def draw(self) -> str:
        """The fragments that changed since the last push; empty when nothing did."""

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
