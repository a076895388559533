"""Who else has this workflow open, where are they, and what did they just change?

One consumer for each open page. It draws the chain as the page shows it and as it is now, and sends what is
between; what came from its own tab the page has drawn already. Each tells the others where it is.
"""

import asyncio
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.template.loader import render_to_string

from builder import difference
from builder.fragments import Fragment
from builder.presenters import chain, opened
from builder.presenters.chain import Chosen
from builder.presenters.opened import Opened
from workflows import events
from workflows.models import DraftChange, Workflow
from workspaces.live_pages import LivePage
from workspaces.models import Membership

TICK_S = 20
FORGOTTEN_S = 60
"""Whoever is not heard of for so long is gone: their server may have died without a word."""
ID = re.compile(r"[\w:.-]{0,60}")


@dataclass(frozen=True)
class Person:
    name: str
    on: str
    """The step or the branch that they have open."""
    where: str


class ChainEditor(LivePage):
    workflow: Workflow
    membership: Membership
    here: Opened | None = None
    """As the page shows it."""
    chosen = Chosen()
    _clock: asyncio.Task[None] | None = None
    _others: dict[str, dict[str, Any]]
    _people: str = ""

    async def connect(self) -> None:
        self._others = {}
        await super().connect()
        if self.groups:
            await self._say(asks=True)
            self._clock = asyncio.create_task(self._tick())

    async def disconnect(self, code: int) -> None:
        if self._clock:
            self._clock.cancel()
        if self.groups:
            await self.channel_layer.group_send(
                self.groups[0], {"type": "person.gone", "channel": self.channel_name}
            )
        await super().disconnect(code)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Where the person is now: the address that the page shows."""
        self.chosen = chosen_in(text_data or "")
        await self._say()

    async def draft_changed(self, event: Mapping[str, Any]) -> None:
        self._schedule()

    async def person_here(self, event: Mapping[str, Any]) -> None:
        if event["channel"] == self.channel_name:
            return
        self._others[event["channel"]] = {**event, "at": time.monotonic()}
        if event["asks"]:
            await self._say()
        self._schedule()

    async def person_gone(self, event: Mapping[str, Any]) -> None:
        if self._others.pop(event["channel"], None):
            self._schedule()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            await self._say()
            self._schedule()

    async def _say(self, *, asks: bool = False) -> None:
        person = self.membership.user
        message = {
            "type": "person.here",
            "channel": self.channel_name,
            "user": str(person.pk),
            "name": person.email.split("@")[0],
            "on": self.chosen.branch or self.chosen.step,
            "asks": asks,
        }
        await self.channel_layer.group_send(self.groups[0], message)

    def find_groups(self) -> tuple[str, ...]:
        workflow_id: UUID = self.scope["url_route"]["kwargs"]["workflow_id"]
        person = self.person()
        if not person.is_authenticated:
            return ()
        mine = Workflow.objects.filter(pk=workflow_id, workspace__memberships__user=person)
        found = mine.select_related("workspace", *opened.RELATED).first()
        if found is None:
            return ()
        member = Membership.objects.in_workspace(found.workspace).select_related("user", "workspace")
        self.workflow, self.membership = found, member.get(user=person)
        return (events.group_of_draft(found.pk),)

    def draw(self) -> str:
        before, now = self.here, opened.open_draft(self.workflow, self.membership)
        self.here = now
        seen = before.workflow.draft_revision if before else self._revision_of_page(now)
        changes = list(
            DraftChange.objects.filter(workflow=self.workflow, revision__gt=seen).order_by("revision")
        )
        tab = self.words().get("tab", "")
        theirs = [change for change in changes if change.tab != tab or not tab]
        pieces = [*self._pieces(before, now, theirs, len(theirs) < len(changes)), *self._news(now, theirs)]
        drawn = "".join(
            render_to_string(f"builder/{one.partial}", {"oob": True, **one.context}) for one in pieces
        )
        return drawn + self._drawn_people(now)

    def _revision_of_page(self, now: Opened) -> int:
        text = self.words().get("rev", "")
        return int(text) if text.isdecimal() and len(text) < 10 else now.workflow.draft_revision

    def _pieces(
        self, before: Opened | None, now: Opened, theirs: list[DraftChange], has_own: bool
    ) -> list[Fragment]:
        page = chain.page(now, self.chosen)
        if theirs and (before is None or has_own):
            return difference.whole(page)  # what the page has drawn of its own changes is not known here
        if before is None:
            return []
        if theirs:
            return difference.difference(chain.page(before, self.chosen), page)
        return difference.whole(page)[:2] if before.workflow.live_version != now.workflow.live_version else []

    def _news(self, now: Opened, theirs: list[DraftChange]) -> list[Fragment]:
        """Of the step whose panel is open: it is not drawn again, as somebody may be typing in it."""
        own = [change for change in theirs if change.step_id and change.step_id == self.chosen.step]
        if not own:
            return []
        by = own[-1].by_name.split("@")[0] or "Somebody"
        context = {
            "by": by,
            "is_gone": self.chosen.step not in now.places,
            "url": now.url + self.chosen.query,
        }
        return [Fragment("chain.html#news", context)]

    def _drawn_people(self, now: Opened) -> str:
        people = sorted(self._known_people(now), key=lambda one: (one.name, one.where))
        drawn = render_to_string("builder/chain.html#people", {"oob": True, "people": people})
        was, self._people = self._people, drawn
        return "" if drawn == was or (not was and not people) else drawn

    def _known_people(self, now: Opened) -> list[Person]:
        """Each person once for each place; myself in another tab too."""
        oldest = time.monotonic() - FORGOTTEN_S
        found = set()
        for one in self._others.values():
            if one["at"] < oldest:
                continue
            is_me = one["user"] == str(self.membership.user.pk)
            place = now.places.get(one["on"])
            where = f"step {place.number}" if place else ""
            found.add(Person("You, in another tab" if is_me else one["name"], one["on"], where))
        return list(found)


def chosen_in(text: str) -> Chosen:
    """From a page's message; what is no address of the editor is nothing."""
    try:
        told = json.loads(text[:1000])
    except ValueError:
        return Chosen()
    if not isinstance(told, dict):
        return Chosen()
    return Chosen.of(
        lambda name, otherwise: (
            value if isinstance(value := told.get(name), str) and ID.fullmatch(value) else otherwise
        )
    )
