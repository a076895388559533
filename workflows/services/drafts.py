"""How is a draft written so that nobody's edit is lost?

Every write locks the workflow's row, applies a pure operation to the document as it stands now, and stores
the result with the next revision and a DraftChange, in one transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, reduce

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from connectors.declare import JSON
from connectors.models import Connection
from workflows import events, selectors
from workflows.definition import document, walk
from workflows.definition.document import Definition, Step
from workflows.definition.problems import Problem
from workflows.definition.shapes import MAX_BYTES
from workflows.errors import Change, DefinitionInvalid, StaleDraft
from workflows.models import Agent, DraftChange, Workflow
from workflows.models.workflow import WorkflowKind
from workflows.services import agent_drafts
from workflows.templating import tokens
from workspaces.services.audit import Actor

CHANGES_KEPT = agent_drafts.CHANGES_KEPT
"""Of each workflow at least; older ones may be gone (services.retention)."""
WHOLE = ("replaced", "undone", "restored")
"""Operations that may have touched every step."""
SETTINGS = "settings_saved"
BRANCHES = (
    *("branch_added", "branch_saved", "branch_renamed", "branch_moved", "branch_duplicated"),
    *("branch_removed", "branch_restored"),
)
"""Operations on a step's branches, which its own settings do not notice."""


@dataclass(frozen=True)
class Draft:
    """A workflow whose row is locked until the transaction ends, and its document."""

    workflow: Workflow
    definition: Definition


def lock(workflow: Workflow) -> Workflow:
    """The row as it is now. Runs that refer to it can still be inserted (no key lock)."""
    rows = Workflow.objects.select_for_update(of=("self",), no_key=True)
    return rows.select_related("agent", "workspace", "live_version").get(pk=workflow.pk)


def _lock_agent(workflow: Workflow) -> None:
    """First, where a workflow's name may change: its agent's texts mention it. Publishing does so, too."""
    Agent.objects.select_for_update(no_key=True).get(pk=workflow.agent_id)


def open_draft(workflow: Workflow) -> Draft:
    """For changes that are anchored to step ids and so never conflict."""
    locked = lock(workflow)
    return Draft(locked, selectors.definition(locked))


def open_step(workflow: Workflow, step_id: str, *, revision: int) -> Draft:
    """Raises StaleDraft if the step was touched after `revision`."""
    draft = open_draft(workflow)
    touching = Q(step_id=step_id) & ~Q(operation__in=BRANCHES)
    _refuse_if_touched(draft.workflow, revision, touching | Q(operation__in=WHOLE))
    return draft


def open_branch(workflow: Workflow, branch_id: str, *, revision: int) -> tuple[Draft, Step]:
    """The draft, and the step that has the branch. Raises StaleDraft if just this branch was touched after
    `revision`.
    """
    draft = open_draft(workflow)
    step, _ = walk.require_branch(draft.definition, branch_id)
    later = _after(draft.workflow, revision)
    of_step = later.filter(step_id=step.id).values_list("revision", "before", "after")
    touched = [row[0] for row in of_step if _branch(row[1], branch_id) != _branch(row[2], branch_id)]
    _refuse_if_touched(draft.workflow, revision, Q(revision__in=touched) | Q(operation__in=WHOLE))
    return draft, step


def _branch(step: JSON, branch_id: str) -> JSON:
    """What a step's JSON says of one of its branches, the steps in it aside."""
    branches = step.get("branches") if isinstance(step, dict) else None
    for branch in branches if isinstance(branches, list) else ():
        if isinstance(branch, dict) and branch.get("id") == branch_id:
            return {key: value for key, value in branch.items() if key != "steps"}
    return None


def open_settings(workflow: Workflow, *, revision: int) -> Draft:
    _lock_agent(workflow)
    draft = open_draft(workflow)
    _refuse_if_touched(draft.workflow, revision, Q(operation=SETTINGS) | Q(operation__in=WHOLE))
    return draft


def open_whole(workflow: Workflow, *, revision: int) -> Draft:
    """Raises StaleDraft if anything at all was written after `revision`."""
    _lock_agent(workflow)
    draft = open_draft(workflow)
    if draft.workflow.draft_revision != revision:
        raise StaleDraft(draft.workflow.draft_revision, _changes_after(draft.workflow, revision, Q()))
    return draft


def store(
    draft: Draft,
    after: Definition,
    *,
    operation: str,
    by: Actor,
    step_id: str = "",
    was: JSON = None,
    becomes: JSON = None,
) -> tuple[Workflow, DraftChange | None]:
    """Writes the document. One that says the same as before is not a change: no revision, None."""
    workflow = draft.workflow
    sha256 = document.digest(after)
    if sha256 == workflow.draft_sha256:
        return workflow, None
    if len(document.canonical(after)) > MAX_BYTES:
        raise DefinitionInvalid([Problem("", "too_large", "A workflow may hold 512 KB at most.")])
    _refuse_unknown_connections(workflow, draft.definition, after)
    old_name, workflow.name = workflow.name, after.settings.name
    workflow.draft = document.dump(after)
    workflow.draft_sha256 = sha256
    workflow.draft_revision += 1
    save_named(workflow)
    selectors.remember(workflow, after)
    if workflow.kind == WorkflowKind.ACTION and workflow.name != old_name:
        agent_drafts.rename_workflow(workflow.agent, old_name, workflow.name, by=by)
    return workflow, record(workflow, operation=operation, by=by, step_id=step_id, before=was, after=becomes)


def first_change_since(workflow: Workflow, revision: int, *, step_id: str = "") -> DraftChange | None:
    """What first touched the step, or without one the settings, after `revision`.

    Its `before` is what a screen drawn at that revision shows: the step, the settings, or the whole document.
    """
    touching = Q(step_id=step_id) if step_id else Q(operation=SETTINGS)
    later = DraftChange.objects.filter(
        touching | Q(operation__in=WHOLE), workflow=workflow, revision__gt=revision
    )
    return later.order_by("revision").first()


def renamed_since(workflow: Workflow, revision: int) -> Callable[[str], str]:
    """Rewrites texts that stood on a screen while somebody renamed another step.

    Otherwise saving them would bring the step's old name back.
    """
    later = DraftChange.objects.filter(workflow=workflow, revision__gt=revision).order_by("revision")
    slugs = later.values_list("before__slug", "after__slug")
    renames = [(old, new) for old, new in slugs if old and new and old != new]
    return lambda text: reduce(
        lambda written, slug: tokens.rewrite(written, {slug[0]: slug[1]}), renames, text
    )


def save_named(workflow: Workflow) -> None:
    """Inserts or updates the row; a name that the agent already has is the author's problem, not ours."""
    try:
        with transaction.atomic():
            workflow.save()
    except IntegrityError as error:
        raise DefinitionInvalid([_name_taken(workflow, error)]) from error


def record(
    workflow: Workflow,
    *,
    operation: str,
    by: Actor,
    step_id: str = "",
    before: JSON = None,
    after: JSON = None,
) -> DraftChange:
    tell(workflow)
    return DraftChange.objects.create(
        workspace_id=workflow.workspace_id,
        workflow=workflow,
        revision=workflow.draft_revision,
        step_id=step_id,
        operation=operation,
        before=before,
        after=after,
        by=by.user,
        by_name=by.name[:254],
        tab=by.tab,
    )


def tell(workflow: Workflow) -> None:
    """Those who have it open hear of it after the commit."""
    transaction.on_commit(partial(events.publish, events.DraftChanged(workflow.pk)))


def _refuse_if_touched(workflow: Workflow, revision: int, touching: Q) -> None:
    changes = _changes_after(workflow, revision, touching)
    if changes or revision > workflow.draft_revision or _is_forgotten(workflow, revision):
        raise StaleDraft(workflow.draft_revision, changes)


def _is_forgotten(workflow: Workflow, revision: int) -> bool:
    """So old a screen that nobody knows any more what was touched since."""
    passed = workflow.draft_revision - revision
    return passed > CHANGES_KEPT and _after(workflow, revision).count() != passed


def _after(workflow: Workflow, revision: int) -> QuerySet[DraftChange]:
    return DraftChange.objects.filter(workflow=workflow, revision__gt=revision)


def _changes_after(workflow: Workflow, revision: int, touching: Q) -> list[Change]:
    later = _after(workflow, revision).filter(touching)
    columns = later.order_by("revision").values_list("revision", "step_id", "operation", "by_name")
    return [Change(*row) for row in columns]


def _refuse_unknown_connections(workflow: Workflow, before: Definition, after: Definition) -> None:
    """Only what this change brings in: a connection that was deleted since must not block other edits."""
    known = {place.step.connection for place in walk.places(before)}
    added = [place for place in walk.places(after) if place.step.connection not in {None, *known}]
    if not added:
        return
    wanted = [place.step.connection for place in added if place.step.connection]
    owned = Connection.objects.filter(workspace_id=workflow.workspace_id, id__in=wanted)
    ids = {str(id_) for id_ in owned.values_list("id", flat=True)}
    if problems := [_unknown_connection(place) for place in added if place.step.connection not in ids]:
        raise DefinitionInvalid(problems)


def _unknown_connection(place: walk.Place) -> Problem:
    return Problem(
        f"{place.path}.connection",
        "unknown_connection",
        "There is no such connection in this workspace. Choose another one.",
        step_id=place.step.id,
        field="connection",
    )


def _name_taken(workflow: Workflow, error: IntegrityError) -> Problem:
    constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
    if constraint == "action_name_once":
        message = f"Another action workflow of this agent is called “{workflow.name}”. Choose another name."
        return Problem("settings.name", "name_taken", message, field="name")
    if constraint == "one_post_conversation_workflow":
        return Problem("kind", "exists", "This agent already has its post-conversation workflow.")
    raise error
