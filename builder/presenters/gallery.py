"""What does the gallery say of a template: what it is for, which apps and connections it uses, its steps?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.urls import reverse

from builder.presenters import cards
from builder.presenters.opened import Opened
from builder.presenters.pieces import Chosen, Item
from connectors import registry
from connectors.declare import App
from workflows.definition import walk
from workflows.definition.check import Vocabulary
from workflows.gallery import Template, templates
from workflows.models import Workflow
from workflows.models.workflow import WorkflowKind
from workspaces.models import Membership, Workspace

APPS_SHOWN = 4


@dataclass(frozen=True)
class Card:
    name: str
    purpose: str
    url: str
    apps: tuple[App, ...]
    more_steps: int
    needs: str
    """The apps it has to be connected with, in words; empty when it works as it is."""


@dataclass(frozen=True)
class Shelf:
    kind: str
    title: str
    hint: str
    cards: tuple[Card, ...]


@dataclass(frozen=True)
class Preview:
    template: Template
    kind_words: str
    items: tuple[Item, ...]
    """The chain, as the editor numbers and words it."""
    needs: tuple[tuple[App, str], ...]


def shelves(workspace: Workspace) -> list[Shelf]:
    action, after = WorkflowKind.ACTION, WorkflowKind.POST_CONVERSATION
    return [
        Shelf(action, "During a conversation", "The agent calls it", tuple(_cards(workspace, action))),
        Shelf(after, "After a conversation", "Runs once", tuple(_cards(workspace, after))),
    ]


def preview(template: Template, membership: Membership) -> Preview:
    apps = registry.default().apps
    return Preview(
        template=template,
        kind_words="During a conversation" if template.is_action else "After a conversation",
        items=cards.items(_opened(template, membership), Chosen()),
        needs=tuple((apps[need.app], need.what) for need in template.file.needs),
    )


def _cards(workspace: Workspace, kind: str) -> Iterator[Card]:
    for template in templates().values():
        if template.file.kind == kind:
            apps = _apps(template)
            yield Card(
                name=template.file.name,
                purpose=template.file.purpose,
                url=reverse("builder:template", args=[workspace.slug, template.slug]),
                apps=tuple(apps[:APPS_SHOWN]),
                more_steps=max(len(apps) - APPS_SHOWN, 0),
                needs=" and ".join(dict.fromkeys(_name(need.app) for need in template.file.needs)),
            )


def _apps(template: Template) -> Sequence[App]:
    """Of all steps, those in branches too."""
    known = registry.default().actions
    return [known[place.step.action].face for place in walk.places(template.definition)]


def _name(app: str) -> str:
    return registry.default().apps[app].name


def _opened(template: Template, membership: Membership) -> Opened:
    """A draft that nobody has begun yet."""
    return Opened(
        workflow=Workflow(kind=template.file.kind, draft=template.file.document),
        membership=membership,
        draft=template.definition,
        vocabulary=Vocabulary(analysis={item.key: item.type for item in template.file.analysis}),
        connections={},
    )
