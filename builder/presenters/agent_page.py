"""What stands around every page of an agent: its name, its state, the banner and the tabs?"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.urls import reverse

from builder.presenters.chain import chat_url
from builder.presenters.opened_agent import OpenedAgent
from workflows import selectors

TABS = (
    ("", "Workflows"),
    ("flow", "Flow"),
    ("instructions", "Instructions"),
    ("variables", "Variables"),
    ("analysis", "Analysis"),
    ("channels", "Channels"),
    ("versions", "Versions"),
    ("settings", "Settings"),
)
WORDS = {"added": "added", "edited": "edited", "removed": "removed"}


@dataclass(frozen=True)
class Tab:
    name: str
    label: str
    url: str
    is_current: bool


@dataclass(frozen=True)
class Banner:
    title: str
    details: str
    is_first: bool
    """Nothing is live yet: there is nothing to return to."""


@dataclass(frozen=True, kw_only=True)
class AgentPage:
    id: str
    name: str
    objective: str
    url: str
    flow_url: str
    agents_url: str
    chat_url: str
    """Empty for who may not test."""
    state: str
    state_word: str
    can_edit: bool
    is_archived: bool
    is_sample: bool
    revision: int
    tabs: Sequence[Tab]
    banner: Banner | None
    warnings: Sequence[tuple[str, str]]
    """(name, id) of action workflows that the draft refers to and that are not live."""


def page(here: OpenedAgent, tab: str) -> AgentPage:
    live = here.agent.live_version
    return AgentPage(
        id=str(here.agent.pk),
        name=here.agent.name,
        objective=here.draft.objective,
        url=here.url,
        flow_url=f"{here.url}flow/",
        agents_url=reverse("builder:agents", args=[here.membership.workspace.slug]),
        chat_url=chat_url(here.agent.pk, here.membership),
        state=selectors.State.LIVE if live else selectors.State.DRAFT_ONLY,
        state_word=f"Live v{live.number}" if live else "",
        can_edit=here.can_edit,
        is_archived=here.agent.archived_at is not None,
        is_sample=here.agent.is_sample,
        revision=here.agent.draft_revision,
        tabs=[
            Tab(name, label, f"{here.url}{name}/" if name else here.url, name == tab) for name, label in TABS
        ],
        banner=banner(here),
        warnings=[(one.name, one.id) for one in here.not_live],
    )


def banner(here: OpenedAgent) -> Banner | None:
    if not here.was_published:
        return Banner("Not live yet", "no conversation can use it before it is published", True)
    if not here.is_changed:
        return None
    by = f"by {' and '.join(here.authors)}" if here.authors else ""
    return Banner("Unpublished changes", " · ".join(filter(None, (_counts(here), by))), False)


def _counts(here: OpenedAgent) -> str:
    """`1 node added, instructions edited`."""
    nodes = [change for change in here.changes if change.node_id]
    told = [
        f"{count} node{'' if count == 1 else 's'} {word}"
        for change, word in WORDS.items()
        if (count := sum(node.change == change for node in nodes))
    ]
    sections = [change.label.lower() for change in here.changes if not change.node_id]
    return ", ".join([*told, *([f"{' and '.join(sections)} edited"] if sections else [])])
