"""How is all data of one person, or of one conversation, erased? Here and now, while workers are busy.

Runs that go on are cancelled; one that a worker still holds is taken from it (its epoch is raised), so that
the worker's next commit finds nothing to write to. Then everything goes in one transaction. What a worker has
in its hands at that moment (a request that left already) cannot be called back.
"""

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Func, Q, QuerySet, TextField
from django.db.models.fields.json import KT

from conversations.models import Conversation, Message, SecureValue, ToolCall
from conversations.services import personalizing
from workflows.models import AlertGroup, Outbox, Run, RunEvent, StepRun
from workflows.models.run import TERMINAL, RunStatus
from workspaces.errors import Invalid, Problem
from workspaces.models import Workspace
from workspaces.services import audit
from workspaces.services.audit import Actor

BY = {
    "email": "E-mail address",
    "phone": "Phone number",
    "customer": "Customer id",
    "conversation": "Conversation id",
}
SHORTEST_PHONE = 6
"""Digits; a shorter number would match too many."""
GRACE_S = 2.0
"""For runs in the middle of a step to end by themselves."""
MOST_TURNS = 5


@dataclass(frozen=True)
class Wanted:
    """Whose data: by one of BY, and its value."""

    by: str
    value: str


SAMPLES = Wanted("samples", "")
"""Nobody's: what the demo came with."""


@dataclass(frozen=True)
class Found:
    conversations: int
    messages: int
    tool_calls: int
    runs: int
    step_runs: int
    under_way: int

    @property
    def is_empty(self) -> bool:
        return not (self.conversations or self.runs)


def wanted(by: str, value: str) -> Wanted:
    """Raises Invalid."""
    value = value.strip()
    if by not in BY:
        raise Invalid([Problem("by", "unknown", "Choose by what to look for the data.")])
    if not value or "\0" in value or len(value) > 320:
        raise Invalid([Problem("value", "missing", "Enter whose data are to be erased.")])
    if by == "phone" and len(_digits(value)) < SHORTEST_PHONE:
        message = f"A phone number has at least {SHORTEST_PHONE} digits."
        raise Invalid([Problem("value", "too_short", message)])
    if by == "email" and "@" not in value:
        raise Invalid([Problem("value", "form", "This is not an e-mail address.")])
    if by == "conversation" and _uuid(value) is None:
        raise Invalid([Problem("value", "form", "This is not the id of a conversation.")])
    return Wanted(by, value)


def preview(workspace: Workspace, who: Wanted) -> Found:
    conversations = _conversations(workspace, who)
    return _count(_ids(conversations), _runs(workspace, who, _ids(conversations)))


def erase(workspace: Workspace, who: Wanted, *, by: Actor, grace_s: float = GRACE_S) -> Found:
    """Gives back what was erased. Audited by counts; of whom it was is erased too."""
    erased = Found(0, 0, 0, 0, 0, 0)
    conversation_ids = _ids(_conversations(workspace, who))
    for turn in range(MOST_TURNS):
        run_ids = _runs(workspace, who, conversation_ids)
        if turn and not run_ids:
            break
        _stop(run_ids, grace_s if turn == 0 else 0.0)
        found = _delete(workspace, conversation_ids, run_ids)
        erased = Found(*(a + b for a, b in zip(vars(erased).values(), vars(found).values(), strict=True)))
    if who.by == "phone":
        personalizing.forget(workspace, who.value)
    if who.value:
        _forget_samples(workspace, who)
    audit.record(workspace, by, "data.erased", object_type="person", looked_for=who.by, **vars(erased))
    return erased


# --- Whose it is -------------------------------------------------------------------------------------------
def _conversations(workspace: Workspace, who: Wanted) -> QuerySet[Conversation]:
    rows = Conversation.objects.in_workspace(workspace)
    match who.by:
        case "samples":
            return rows.filter(is_sample=True)
        case "conversation":
            return rows.filter(pk=who.value)
        case "customer":
            return rows.filter(customer__id=who.value)
        case "email":
            return rows.filter(customer__email__iexact=who.value)
    return rows.annotate(dialled=_Dialled(KT("customer__phone"))).filter(dialled=_digits(who.value))


class _Dialled(Func):
    """`_digits` in the database."""

    template = "ltrim(regexp_replace(%(expressions)s, '[^0-9]', '', 'g'), '0')"
    output_field = TextField()


def _runs(workspace: Workspace, who: Wanted, conversation_ids: Sequence[UUID]) -> list[UUID]:
    """Those of the conversations; those started without one whose input names the person; and all that
    follow from any of them or were called by one.
    """
    rows = Run.objects.in_workspace(workspace)
    found = set(rows.filter(context_id__in=conversation_ids).values_list("id", flat=True))
    if who.by in ("email", "phone"):
        found |= set(_naming(workspace, who.value))
    family = found
    while family:
        above = rows.filter(pk__in=family).values_list("root_run_id", "parent_run_id")
        roots, callers = ({id_ for id_ in ids if id_} for ids in zip(*above, strict=True))
        near = rows.filter(Q(root_run_id__in=roots) | Q(parent_run_id__in=family) | Q(pk__in=callers))
        family = set(near.values_list("id", flat=True)) - found
        found |= family
    return sorted(found)


_NAMING = """
SELECT id FROM run WHERE workspace_id = %s AND context_id IS NULL
  AND (strpos(lower(input::text), %s) > 0 OR strpos(lower(result::text), %s) > 0)"""


def _naming(workspace: Workspace, value: str) -> list[UUID]:
    """Runs of programs, which belong to no conversation: where the very value stands in what they took."""
    quoted = json.dumps(value, ensure_ascii=False).lower()
    with connection.cursor() as cursor:
        cursor.execute(_NAMING, [workspace.pk, quoted, quoted])
        return [row[0] for row in cursor.fetchall()]


def _count(conversation_ids: Sequence[UUID], run_ids: Sequence[UUID]) -> Found:
    return Found(
        conversations=len(conversation_ids),
        messages=Message.objects.filter(conversation_id__in=conversation_ids).count(),
        tool_calls=ToolCall.objects.filter(conversation_id__in=conversation_ids).count(),
        runs=len(run_ids),
        step_runs=StepRun.objects.filter(run_id__in=run_ids).count(),
        under_way=Run.objects.filter(pk__in=run_ids).exclude(status__in=TERMINAL).count(),
    )


def _ids(conversations: QuerySet[Conversation]) -> list[UUID]:
    return list(conversations.values_list("id", flat=True))


# --- Erasing -----------------------------------------------------------------------------------------------
_CANCEL = """
UPDATE run SET cancel_requested_at = coalesce(cancel_requested_at, clock_timestamp()),
  status = CASE WHEN status = 'running' THEN status ELSE 'cancelled' END,
  wait_reason = CASE WHEN status = 'running' THEN wait_reason END,
  finished_at = CASE WHEN status = 'running' THEN finished_at ELSE clock_timestamp() END
WHERE id = ANY(%s) AND status IN ('queued', 'running', 'quarantined')"""
_TAKE_AWAY = """
UPDATE run SET status = 'cancelled', epoch = epoch + 1, lease_owner = NULL, lease_until = NULL,
  wait_reason = NULL, finished_at = clock_timestamp()
WHERE id = ANY(%s) AND status = 'running'"""


def _stop(run_ids: Sequence[UUID], grace_s: float) -> None:
    until = time.monotonic() + grace_s
    _execute(_CANCEL, run_ids)
    held = Run.objects.filter(pk__in=run_ids, status=RunStatus.RUNNING)
    while time.monotonic() < until and held.exists():
        time.sleep(0.1)
    _execute(_TAKE_AWAY, run_ids)


@transaction.atomic
def _delete(workspace: Workspace, conversation_ids: Sequence[UUID], run_ids: Sequence[UUID]) -> Found:
    """Locked first: whoever adds to a conversation now waits, and then finds that it is gone."""
    list(Conversation.objects.select_for_update().filter(pk__in=conversation_ids).values_list("id"))
    list(Run.objects.select_for_update().filter(pk__in=run_ids).order_by("id").values_list("id"))
    found = _count(conversation_ids, run_ids)
    for model in (StepRun, RunEvent):
        model._default_manager.filter(run_id__in=run_ids).delete()
    Run.objects.filter(pk__in=run_ids).delete()
    for row in (Message, ToolCall, SecureValue):
        row._default_manager.filter(conversation_id__in=conversation_ids).delete()
    Conversation.objects.filter(pk__in=conversation_ids).delete()
    _delete_traces(workspace, [*conversation_ids, *run_ids])
    return found


def _delete_traces(workspace: Workspace, ids: Sequence[UUID]) -> None:
    """What was told of the runs, and answers kept for repeated requests."""
    texts = [str(id_) for id_ in ids]
    told = Outbox.objects.filter(workspace=workspace)
    told.filter(Q(payload__run__in=texts) | Q(payload__notice__data__run__id__in=texts)).delete()
    AlertGroup.objects.filter(workspace=workspace, last_run_id__in=ids).update(last_run_id=None)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM workspaces_idempotentanswer WHERE workspace_id = %s AND EXISTS ("
            "SELECT FROM unnest(%s::text[]) AS gone WHERE strpos(body::text, gone) > 0)",
            [workspace.pk, texts],
        )


def _execute(statement: str, run_ids: Sequence[UUID]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(run_ids)])


def _digits(phone: str) -> str:
    """`+49 (30) 123` and `0049 30 123` are one number."""
    return re.sub(r"\D", "", phone).lstrip("0")


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _forget_samples(workspace: Workspace, who: Wanted) -> None:
    """Those taken from a run went with it; these somebody typed, and the very value stands in them."""
    quoted = json.dumps(who.value, ensure_ascii=False).lower()
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM step_sample WHERE workspace_id = %s AND strpos(lower(output::text), %s) > 0",
            [workspace.pk, quoted],
        )
