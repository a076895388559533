"""What does the editor need to know of a workflow, read once per request whatever its size?"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from django.urls import reverse

from connectors import registry
from connectors.declare import JSON
from connectors.models import Connection
from connectors.registry import Known
from workflows import selectors
from workflows.definition import check, diff, walk
from workflows.definition.chain import Chain
from workflows.definition.check import Vocabulary
from workflows.definition.diff import StepDiff
from workflows.definition.document import Branch, Definition, Step
from workflows.definition.names import Names
from workflows.definition.problems import OperationRefused, Problem
from workflows.definition.walk import Place
from workflows.models import DraftChange, Workflow
from workspaces.models import Membership, Role

CHECKED_KEPT = 50
RELATED = ("agent", "live_version", "live_version__published_by")
"""What comes with the workflow in the query that finds it."""


@dataclass
class Opened:
    workflow: Workflow
    membership: Membership
    draft: Definition
    vocabulary: Vocabulary
    connections: Mapping[str, Connection]

    @property
    def can_edit(self) -> bool:
        return Role(self.membership.role).covers(Role.EDITOR)

    @cached_property
    def url(self) -> str:
        return reverse("builder:chain", args=[self.workflow.pk])

    @cached_property
    def places(self) -> Mapping[str, Place]:
        """Step id → where it stands, in the order of the chain."""
        return {place.step.id: place for place in walk.places(self.draft)}

    @cached_property
    def problems(self) -> list[Problem]:
        return _problems(self.draft, self.vocabulary)

    @cached_property
    def names(self) -> Names:
        """What the draft's tokens may name."""
        return Names(self.draft, registry.default(), self.vocabulary, Chain(self.draft))

    @cached_property
    def samples(self) -> Mapping[str, JSON]:
        """Step id → what stands for its output. One query."""
        return selectors.samples(self.workflow, self.draft)

    @property
    def was_published(self) -> bool:
        return self.workflow.live_version is not None

    @cached_property
    def live(self) -> Definition | None:
        version = self.workflow.live_version
        return selectors.definition_of(version, self.workflow.kind) if version else None

    @cached_property
    def is_changed(self) -> bool:
        version = self.workflow.live_version
        return version is None or version.sha256 != self.workflow.draft_sha256

    @cached_property
    def changes(self) -> list[StepDiff]:
        """What publishing would change in the live version."""
        if not self.is_changed:
            return []
        return list(diff.diff(self.live, self.draft, registry.default()))

    @cached_property
    def authors(self) -> list[str]:
        """Who wrote since the live version was published, `you` first."""
        version = self.workflow.live_version
        written = DraftChange.objects.filter(workflow=self.workflow)
        if version:
            written = written.filter(at__gt=version.published_at)
        me = self.membership.user.pk
        found = written.order_by("by_name").values_list("by_id", "by_name").distinct()
        names = {"you" if user_id == me else name.split("@")[0] for user_id, name in found}
        return sorted(names, key=lambda name: (name != "you", name))

    def place(self, step_id: str) -> Place:
        place = self.places.get(step_id)
        if place is None:
            raise OperationRefused("step_gone", "This step is no longer in the workflow.")
        return place

    def branch(self, branch_id: str) -> tuple[Place, Branch]:
        """A branch, and where the step stands that has it."""
        for place in self.places.values():
            for branch in place.step.branches:
                if branch.id == branch_id:
                    return place, branch
        raise OperationRefused("branch_gone", "This branch is no longer in the workflow.")

    def neighbours(self, place: Place) -> list[str]:
        """The ids of the steps in the same list, in order, itself included."""
        return [other.step.id for other in self.places.values() if other.parents == place.parents]

    def label(self, step: Step) -> str:
        return step.label or self.known(step).action.label

    def known(self, step: Step) -> Known:
        """Drafts name no unknown action: a document with one is refused."""
        found = registry.default().find(step.action)
        assert found is not None, step.action
        return found


def _problems(draft: Definition, vocabulary: Vocabulary) -> list[Problem]:
    """Found once while the draft and what it may name stay the same: most requests change neither."""
    known = _checked.get(id(draft))
    if known and known[0] is draft and known[1] == vocabulary:
        return known[2]
    found = check.check(draft, registry=registry.default(), vocabulary=vocabulary)
    if len(_checked) >= CHECKED_KEPT:
        _checked.clear()
    _checked[id(draft)] = (draft, vocabulary, found)  # held, so that no other gets its id
    return found


_checked: dict[int, tuple[Definition, Vocabulary, list[Problem]]] = {}


def open_draft(workflow: Workflow, membership: Membership) -> Opened:
    """Four queries: the secrets' names, the connections' ids, the agent's workflows, and the connections."""
    connections = Connection.objects.in_workspace(membership.workspace).order_by("name")
    return Opened(
        workflow=workflow,
        membership=membership,
        draft=selectors.definition(workflow),
        vocabulary=selectors.vocabulary(workflow.agent, workflow),
        connections={str(connection.pk): connection for connection in connections},
    )


def reopened(opened: Opened, workflow: Workflow) -> Opened:
    """The same workflow after a write; names of the workspace have not changed by it."""
    return Opened(
        workflow=workflow,
        membership=opened.membership,
        draft=selectors.definition(workflow),
        vocabulary=opened.vocabulary,
        connections=opened.connections,
    )
