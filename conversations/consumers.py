"""Pages of conversations follow what goes on: what is said, what workflows do, what is still to come."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone

from conversations import events
from conversations.models import Conversation
from conversations.presenters import listed, timeline
from conversations.presenters.listed import Filters
from workflows.events import group_of_workspace
from workspaces.live_pages import LivePage
from workspaces.models import Role, Workspace

ON_A_PAGE = 50
PARTS = ("head", "said", "take", "after", "to-come")


class ConversationPage(LivePage):
    """One timeline: its own group tells what is said, the workspace's what its runs do."""

    conversation: Conversation
    can_edit: bool
    member_id: int
    _drawn: dict[str, str]

    async def conversation_changed(self, event: Mapping[str, Any]) -> None:
        self._schedule()

    async def run_changed(self, event: Mapping[str, Any]) -> None:
        if event["context_id"] == str(self.conversation.pk):
            self._schedule()

    def find_groups(self) -> tuple[str, ...]:
        conversation_id: UUID = self.scope["url_route"]["kwargs"]["conversation_id"]
        person = self.person()
        if not person.is_authenticated:
            return ()
        mine = Conversation.objects.filter(pk=conversation_id, workspace__memberships__user=person)
        joined = mine.select_related("workspace", "agent__live_version", "agent_version", "taken_by")
        found = joined.annotate(role=F("workspace__memberships__role")).first()
        if found is None:
            return ()
        self.conversation = found
        self.member_id = person.pk
        self.can_edit = Role(vars(found)["role"]).covers(Role.EDITOR)
        return events.group_of(found.pk), group_of_workspace(found.workspace_id)

    def draw(self) -> str:
        context = {
            "line": timeline.of(self.conversation),
            "oob": True,
            "can_edit": self.can_edit,
            "member_id": self.member_id,
        }
        fragments: dict[str, str] = {
            name: render_to_string(f"conversations/conversation.html#{name}", context) for name in PARTS
        }
        if not hasattr(self, "_drawn"):
            self._drawn = {"take": fragments["take"]}  # as the page has it: somebody may be writing there
        before, self._drawn = self._drawn, fragments
        return "".join(html for name, html in fragments.items() if before.get(name) != html)


class ConversationList(LivePage):
    """The newest conversations of a workspace, as far as the address of the page asks for them."""

    workspace: Workspace
    _drawn: str = ""

    async def conversation_changed(self, event: Mapping[str, Any]) -> None:
        self._schedule()

    async def run_changed(self, event: Mapping[str, Any]) -> None:
        if event["context_id"]:
            self._schedule()

    def find_groups(self) -> tuple[str, ...]:
        found = self.workspace_of_the_address()
        if found is None:
            return ()
        self.workspace = found
        return events.group_of_workspace(found.pk), group_of_workspace(found.pk)

    def draw(self) -> str:
        filters = Filters.of(self.words(), timezone.now())
        rows = listed.rows(filters.page(self.workspace)[:ON_A_PAGE])
        html = render_to_string("conversations/list.html#rows", {"rows": rows, "oob": True})
        if html == self._drawn:
            return ""
        self._drawn = html
        return html
