"""What does the editor show around the chain: its name and state, what started it, what is not live yet?"""

from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.timesince import timesince

from builder.presenters import cards
from builder.presenters.opened import Opened
from builder.presenters.pausing import Paused, paused
from builder.presenters.pieces import Chosen, Item, Slot
from workflows import selectors
from workflows.definition.document import Settings
from workflows.models import Workflow
from workspaces.models import Membership, Role

__all__ = ["SETTINGS", "Banner", "ChainPage", "Chosen", "Trigger", "banner", "page", "state_of", "trigger"]

SETTINGS = "settings"
"""Stands for the trigger's card in `?step=`."""


@dataclass(frozen=True, kw_only=True)
class Trigger:
    title: str
    summary: str
    icon: str
    mark: str
    needs: str
    is_selected: bool
    has_focus: bool


@dataclass(frozen=True)
class Banner:
    title: str
    details: str
    is_first: bool
    """Nothing is live yet: there is nothing to return to."""


@dataclass(frozen=True)
class ChainPage:
    id: UUID
    slug: str
    name: str
    url: str
    base: str
    """Before the addresses in the chain; empty on the workflow's own address, as there are hundreds."""
    agent_name: str
    agent_url: str
    chat_url: str
    """Of the agent's chat, which also opens beside the chain; empty for who may not test."""
    flow_url: str
    """The node of the agent's flow that runs this workflow, to go back to; empty if none does."""
    state: str
    state_word: str
    state_note: str
    revision: int
    can_edit: bool
    trigger: Trigger
    first_slot: Slot
    items: tuple[Item, ...]
    banner: Banner | None
    paused: Paused | None = None


def page(opened: Opened, chosen: Chosen, *, base: str = "") -> ChainPage:
    workflow = opened.workflow
    state, word, note = state_of(workflow)
    return ChainPage(
        id=workflow.pk,
        slug=opened.membership.workspace.slug,
        name=workflow.name,
        url=opened.url,
        base=base,
        agent_name=workflow.agent.name,
        agent_url=reverse("builder:agent", args=[workflow.agent_id]),
        chat_url=chat_url(workflow.agent_id, opened.membership),
        flow_url=_flow_url(workflow),
        state=state,
        state_word=word,
        state_note=note,
        revision=workflow.draft_revision,
        can_edit=opened.can_edit,
        trigger=trigger(opened, chosen),
        first_slot=cards.first_slot(opened, chosen),
        items=cards.items(opened, chosen),
        banner=banner(opened),
        paused=paused(workflow),
    )


def chat_url(agent_id: UUID, membership: Membership) -> str:
    may_test = Role(membership.role).covers(Role.TESTER)
    return reverse("conversations:chat", args=[agent_id]) if may_test else ""


def _flow_url(workflow: Workflow) -> str:
    nodes = workflow.agent.draft.get("flow", {}).get("nodes", [])
    node_id = next((node["id"] for node in nodes if node.get("workflow") == str(workflow.pk)), "")
    flow = reverse("builder:flow", args=[workflow.agent_id])
    return f"{flow}?node={node_id}#node-{node_id}" if node_id else ""


def state_of(workflow: Workflow) -> tuple[str, str, str]:
    """The pill's state, word and quiet note: what is live. Of changes the banner tells."""
    version = workflow.live_version
    if version is None:
        return selectors.State.DRAFT_ONLY, "", ""
    when = f"{timesince(version.published_at, depth=1)} ago".replace("0\xa0minutes ago", "just now")
    return selectors.State.LIVE, f"Live v{version.number}", f"{when} · {version.published_by or 'API'}"


def trigger(opened: Opened, chosen: Chosen) -> Trigger:
    settings = opened.draft.settings
    is_action = opened.draft.kind == "action"
    errors = [problem for problem in opened.problems if problem.is_error and not problem.step_id]
    return Trigger(
        title="When the agent calls it" if is_action else "When a conversation ends",
        summary=_called(settings) if is_action else _after(settings),
        icon="zap" if is_action else "flag",
        mark="Edited"
        if opened.was_published and any(not change.step_id for change in opened.changes)
        else "",
        needs=cards.needs(errors),
        is_selected=chosen.step == SETTINGS,
        has_focus=chosen.focus == SETTINGS,
    )


def _called(settings: Settings) -> str:
    count = len(settings.variables)
    given = f"{count} action variable{'' if count == 1 else 's'}" if count else "No action variables"
    return f"{given} · answers within {settings.deadline_s:g} s"


def _after(settings: Settings) -> str:
    return "Once, after its analysis is done" if settings.enabled else "Turned off in the settings"


def banner(opened: Opened) -> Banner | None:
    if not opened.was_published:
        return Banner("Not live yet", "conversations cannot use it before it is published", True)
    if not opened.is_changed:
        return None
    by = f"by {' and '.join(opened.authors)}" if opened.authors else ""
    return Banner("Unpublished changes", " · ".join(filter(None, (_counts(opened), by))), False)


def _counts(opened: Opened) -> str:
    counts = [
        f"{count} {word}"
        for word in ("edited", "added", "moved", "removed")
        if (count := sum(change.change == word for change in opened.changes))
    ]
    return ", ".join(counts)
