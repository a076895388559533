"""What stands on the cards, between them and above them?"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince

from builder.presenters.opened import Opened
from connectors.declare import App
from workflows import selectors
from workflows.definition.diff import StepDiff
from workflows.definition.document import Settings
from workflows.definition.problems import Problem
from workflows.definition.walk import Place
from workflows.models import Workflow

TOKEN = re.compile(r"\{\{\s*([\w.-]+)[^{}]*\}\}")
STRONG = re.compile(r"\*\*(.+?)\*\*")
TOKEN = re.compile(r"\{\{\s*([\w.\[\]]+)[^{}]*\}\}")
MARK_WORDS = {"edited": "Edited", "added": "Added", "moved": "Moved"}
SETTINGS = "settings"
"""Stands for the trigger's card in `?step=`."""


@dataclass(frozen=True)
class Chosen:
    """What the address says is open: a step, `settings`, or the place where a step is to be added."""

    step: str = ""
    add: str = ""
    focus: str = ""
    """The card that gets the keyboard's focus when it is drawn: a step's id, or `settings`."""


@dataclass(frozen=True)
class Node:
    id: str
    number: str
    label: str
    app: App
    summary: SafeString
    needs: str
    mark: str
    note: str
    is_enabled: bool
    is_selected: bool = False
    has_focus: bool = False

    @property
    def mark_word(self) -> str:
        return MARK_WORDS.get(self.mark, "")


@dataclass(frozen=True)
class Slot:
    """A place between cards."""

    anchor: str
    after: Node | None
    is_open: bool = False

    @property
    def html_id(self) -> str:
        return "slot-" + self.anchor.replace(":", "-")


@dataclass(frozen=True)
class Item:
    node: Node
    slot: Slot


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
    state: str
    state_word: str
    state_note: str
    revision: int
    can_edit: bool
    trigger: Trigger
    first_slot: Slot
    items: tuple[Item, ...]
    banner: Banner | None


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
        state=state,
        state_word=word,
        state_note=note,
        revision=workflow.draft_revision,
        can_edit=opened.can_edit,
        trigger=trigger(opened, chosen),
        first_slot=first_slot(chosen),
        items=items(opened, chosen),
        banner=banner(opened),
    )


def state_of(workflow: Workflow) -> tuple[str, str, str]:
    """The pill's state, word and quiet note: what is live. Of changes the banner tells."""
    version = workflow.live_version
    if version is None:
        return selectors.State.DRAFT_ONLY, "", ""
    when = f"{timesince(version.published_at, depth=1)} ago".replace("0\xa0minutes ago", "just now")
    return selectors.State.LIVE, f"Live v{version.number}", f"{when} · {version.published_by or 'API'}"


def items(opened: Opened, chosen: Chosen) -> tuple[Item, ...]:
    return tuple(item(node, chosen) for node in nodes(opened, chosen))


def item(node: Node, chosen: Chosen) -> Item:
    anchor = f"after:{node.id}"
    return Item(node, Slot(anchor, node, chosen.add == anchor))


def first_slot(chosen: Chosen) -> Slot:
    return Slot("start", None, chosen.add == "start")


def nodes(opened: Opened, chosen: Chosen) -> list[Node]:
    marks = {change.step_id: change.change for change in opened.changes} if opened.was_published else {}
    needs = {step_id: _needs(found) for step_id, found in _by_step(opened.problems).items()}
    return [
        _node(opened, place, mark=marks.get(step_id, ""), needs=needs.get(step_id, ""), chosen=chosen)
        for step_id, place in opened.places.items()
    ]


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
        needs=_needs(errors),
        is_selected=chosen.step == SETTINGS,
        has_focus=chosen.focus == SETTINGS,
    )


def _changes_settings(changes: Iterable[StepDiff]) -> bool:
    return any(not change.step_id for change in changes)


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


def _node(opened: Opened, place: Place, *, mark: str, needs: str, chosen: Chosen) -> Node:
    step = place.step
    known = opened.known(step)
    connection = opened.connections.get(step.connection or "")
    summary = known.action.summary
    text = (
        summary(step.inputs, connection.name if connection else "") if summary else known.action.description
    )
    return Node(
        id=step.id,
        number=place.number,
        label=opened.label(step),
        app=known.face,
        summary=_in_short(text),
        needs=needs,
        mark=mark,
        note=step.note,
        is_enabled=step.enabled,
        is_selected=chosen.step == step.id,
        has_focus=chosen.focus == step.id,
    )


def _in_short(text: str) -> SafeString:
    """Tokens by the last part of their names: `{{ steps.look_up.output.order_number }}` → order number."""
    named = TOKEN.sub(lambda token: token[1].rpartition(".")[2].replace("_", " "), text)
    return mark_safe(STRONG.sub(r"<b>\1</b>", escape(named)))  # noqa: S308 - escaped before the marks are set


def _by_step(problems: Iterable[Problem]) -> dict[str, list[Problem]]:
    found: dict[str, list[Problem]] = {}
    for problem in problems:
        if problem.is_error and problem.step_id:
            found.setdefault(problem.step_id, []).append(problem)
    return found


def _needs(problems: Sequence[Problem]) -> str:
    if not problems:
        return ""
    first = problems[0].message.rstrip(".")
    return first if len(problems) == 1 else f"{first} (and {len(problems) - 1} more)"


def _counts(opened: Opened) -> str:
    counts = [
        f"{count} {word}"
        for word in ("edited", "added", "moved", "removed")
        if (count := sum(change.change == word for change in opened.changes))
    ]
    return ", ".join(counts)
