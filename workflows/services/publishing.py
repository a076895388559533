"""How does a draft go live, and how does one return to what was live? Versions never change."""

from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from workflows import selectors
from workflows.definition import document
from workflows.definition.document import Definition
from workflows.definition.problems import Problem
from workflows.errors import DefinitionInvalid, NotPublished
from workflows.models import Agent, DraftChange, Workflow, WorkflowVersion
from workflows.models.workflow import WorkflowKind
from workflows.services import drafts, moving
from workflows.services.moving import Settled
from workspaces.services import audit
from workspaces.services.audit import Actor


@dataclass(frozen=True)
class Release:
    version: WorkflowVersion
    waiting: Settled
    """What became of the runs that waited in older versions."""


def publish(
    workflow: Workflow, *, revision: int, note: str = "", waiting: str = moving.KEEP, by: Actor
) -> WorkflowVersion:
    return release(workflow, revision=revision, note=note, waiting=waiting, by=by).version


@transaction.atomic
def release(
    workflow: Workflow, *, revision: int, note: str = "", waiting: str = moving.KEEP, by: Actor
) -> Release:
    """Freezes the draft as the next version and makes it live; an unchanged draft gives the live one back.

    Runs that are under way keep the version they started with; of those that wait, `waiting` says whether
    they stay (`keep`), go on in the new one where their step still exists (`move`) or end (`cancel`). Raises
    StaleDraft and DefinitionInvalid.
    """
    # The agent first: two workflows that take the same action name must not go live at once.
    Agent.objects.select_for_update(no_key=True).get(pk=workflow.agent_id)
    draft = drafts.open_whole(workflow, revision=revision)
    current = draft.workflow
    if current.live_version and current.live_version.sha256 == current.draft_sha256:
        return Release(current.live_version, moving.settle(current, current.live_version, waiting, by))
    problems = [problem for problem in selectors.problems(current) if problem.severity == "error"]
    problems += _name_problems(current)
    if problems:
        raise DefinitionInvalid(problems)
    version = freeze(current, draft.definition, number=next_number(current), note=note, by=by)
    _go_live(current, version)
    settled = moving.settle(current, version, waiting, by)
    audit.record(
        current.workspace,
        by,
        "workflow.published",
        of=current,
        version=version.number,
        note=note,
        **_told(settled),
    )
    return Release(version, settled)


def _told(settled: Settled) -> dict[str, Any]:
    return {f"runs_{name}": count for name, count in asdict(settled).items() if count}


def freeze(
    workflow: Workflow, definition: Definition, *, number: int | None = None, note: str = "", by: Actor
) -> WorkflowVersion:
    """An immutable copy; without a number it is a test's, and can never be live."""
    return WorkflowVersion.objects.create(
        workspace_id=workflow.workspace_id,
        workflow=workflow,
        number=number,
        definition=document.dump(definition),
        sha256=document.digest(definition),
        note=note,
        published_at=timezone.now(),
        published_by=by.user,
    )


def frozen(workflow: Workflow, definition: Definition, *, by: Actor) -> WorkflowVersion:
    """A version for tests; the same definition is frozen once."""
    same = WorkflowVersion.objects.filter(workflow=workflow, number=None, sha256=document.digest(definition))
    return same.first() or freeze(workflow, definition, by=by)


@transaction.atomic
def undo(workflow: Workflow, *, revision: int, by: Actor) -> DraftChange | None:
    """The draft becomes what is live; None if it was. The change keeps what was discarded (`bring_back`)."""
    draft = drafts.open_whole(workflow, revision=revision)
    live = draft.workflow.live_version
    if live is None:
        raise NotPublished("This workflow was never published, so there is nothing to return to.")
    changed, change = _return_to(draft, live, "undone", by)
    if change:
        audit.record(changed.workspace, by, "workflow.undone", of=changed, to_version=live.number)
    return change


@transaction.atomic
def bring_back(workflow: Workflow, change: DraftChange, *, revision: int, by: Actor) -> Workflow:
    """Makes the draft that an undo, a restore or a replacement discarded the draft again."""
    draft = drafts.open_whole(workflow, revision=revision)
    after = selectors.parsed(change.before, draft.workflow.kind)
    changed, _ = drafts.store(draft, after, operation="restored", by=by, was=document.dump(draft.definition))
    return changed


@transaction.atomic
def restore(workflow: Workflow, version: WorkflowVersion, *, revision: int, by: Actor) -> Workflow:
    """An old version becomes the draft; what is live stays live."""
    draft = drafts.open_whole(workflow, revision=revision)
    changed, _ = _return_to(draft, version, "restored", by)
    return changed


@transaction.atomic
def roll_back(
    workflow: Workflow, version: WorkflowVersion, *, waiting: str = moving.KEEP, by: Actor
) -> Release:
    """An old version goes live again as it is; the draft stays what it is. `waiting` as in `release`."""
    Agent.objects.select_for_update(no_key=True).get(pk=workflow.agent_id)
    current = drafts.lock(workflow)
    if version.workflow_id != current.pk or version.number is None:
        raise NotPublished("That version does not belong to this workflow.")
    if problems := _name_problems(current, version.definition["settings"]["name"]):
        raise DefinitionInvalid(problems)
    before = current.live_version.number if current.live_version else None
    _go_live(current, version)
    settled = moving.settle(current, version, waiting, by)
    audit.record(
        current.workspace,
        by,
        "workflow.rolled_back",
        of=current,
        before=before,
        after=version.number,
        **_told(settled),
    )
    return Release(version, settled)


def _return_to(
    draft: drafts.Draft, version: WorkflowVersion, operation: str, by: Actor
) -> tuple[Workflow, DraftChange | None]:
    after = selectors.definition_of(version, draft.workflow.kind)
    return drafts.store(draft, after, operation=operation, by=by, was=document.dump(draft.definition))


def _go_live(workflow: Workflow, version: WorkflowVersion) -> None:
    """A pause stays: only *Resume* ends it. Failures count anew."""
    workflow.live_version = version
    workflow.failures_since = timezone.now()
    workflow.save(update_fields=["live_version", "failures_since"])
    drafts.tell(workflow)


def next_number(workflow: Workflow) -> int:
    highest = WorkflowVersion.objects.filter(workflow=workflow).aggregate(highest=Max("number"))["highest"]
    return (highest or 0) + 1


def _name_problems(workflow: Workflow, name: str | None = None) -> list[Problem]:
    """The agent calls an action workflow by its name, so no two live ones may share it."""
    if workflow.kind != WorkflowKind.ACTION:
        return []
    wanted = name or workflow.name
    others = Workflow.objects.filter(agent_id=workflow.agent_id, kind=WorkflowKind.ACTION).exclude(
        pk=workflow.pk
    )
    if not others.filter(live_version__definition__settings__name=wanted).exists():
        return []
    message = (
        f"Another action workflow of this agent is live as “{wanted}”. Publish it under its new name first."
    )
    return [Problem("settings.name", "name_taken", message, field="name")]
