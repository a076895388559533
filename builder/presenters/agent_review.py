"""What would publishing an agent change, what keeps it from going live, and how do two versions differ?"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from builder.presenters.opened_agent import OpenedAgent
from workflows.definition import agent_diff
from workflows.definition.agent_diff import SectionDiff
from workflows.definition.agent_document import AgentDefinition
from workflows.definition.diff import FieldDiff
from workflows.definition.problems import Problem

WORDS = {"added": "Added", "removed": "Removed", "edited": "Edited", "moved": "Moved"}
TONES = {"added": "ok", "removed": "bad"}
ICONS = {
    "flow": "network",
    "instructions": "message-square",
    "variables": "braces",
    "analysis": "list",
    "settings": "settings",
}


@dataclass(frozen=True)
class ChangeView:
    title: str
    icon: str
    word: str
    tone: str
    fields: tuple[FieldDiff, ...]


@dataclass(frozen=True)
class Told:
    """A problem with the way to its cause."""

    where: str
    message: str
    url: str


@dataclass(frozen=True, kw_only=True)
class AgentReview:
    name: str
    url: str
    live: int | None
    next: int
    revision: int
    blocking: tuple[Told, ...]
    warnings: tuple[Told, ...]
    not_live: Sequence[tuple[str, str]]
    """(name, address) of the action workflows that it refers to and that are not live."""
    changes: tuple[ChangeView, ...]
    counts: tuple[tuple[str, str], ...]
    can_edit: bool
    is_changed: bool


def review(here: OpenedAgent, next_number: int) -> AgentReview:
    views = tuple(views_of(here.changes))
    live = here.agent.live_version
    told_of_live = ("not_live",)
    return AgentReview(
        name=here.agent.name,
        url=here.url,
        live=live.number if live else None,
        next=next_number,
        revision=here.agent.draft_revision,
        blocking=tuple(told(here, (one for one in here.problems if one.is_error))),
        warnings=tuple(
            told(here, (one for one in here.problems if not one.is_error and one.code not in told_of_live))
        ),
        not_live=[(one.name, f"/workflows/{one.id}/") for one in here.not_live],
        changes=views,
        counts=tuple(counts(views)),
        can_edit=here.can_edit,
        is_changed=here.is_changed,
    )


def between(
    here: OpenedAgent, before: AgentDefinition | None, after: AgentDefinition
) -> tuple[ChangeView, ...]:
    """The differences of two versions; without the first, all that the second holds."""
    return tuple(views_of(agent_diff.diff(before, after, here.workflow_names)))


def views_of(changes: Iterable[SectionDiff]) -> Iterator[ChangeView]:
    for change in changes:
        yield ChangeView(
            title=change.label,
            icon=ICONS[change.section],
            word=WORDS[change.change],
            tone=TONES.get(change.change, "warn"),
            fields=change.fields,
        )


def counts(views: Sequence[ChangeView]) -> Iterator[tuple[str, str]]:
    """(text, tone), such as `3 edited`."""
    for word in ("Edited", "Added", "Removed"):
        found = [view for view in views if view.word == word]
        if found:
            yield f"{len(found)} {word.lower()}", found[0].tone


def told(here: OpenedAgent, problems: Iterable[Problem]) -> Iterator[Told]:
    for problem in problems:
        yield Told(here.place_of(problem), problem.message, here.url_of(problem))
