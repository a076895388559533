"""The audit log: who, what, from where; and PostgreSQL keeps it as it was written."""

import pytest
from django.db import DatabaseError, transaction
from django.test import RequestFactory

from tests.support.make import make_api_key
from workspaces.models import AuditEntry, User, Workspace
from workspaces.services import audit


@pytest.fixture
def entry(workspace: Workspace) -> AuditEntry:
    return audit.record(workspace, audit.system("test"), "agent.archived", of=workspace, name="Mia")


def test_an_entry_can_neither_be_changed_nor_deleted(entry: AuditEntry) -> None:
    rows = AuditEntry.objects.filter(pk=entry.pk)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        rows.update(actor="nobody")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        rows._raw_delete(rows.db)

    assert rows.get().actor == "test"


def test_the_object_fills_in_what_is_not_said(workspace: Workspace) -> None:
    entry = audit.record(workspace, audit.system("test"), "workspace.renamed", of=workspace, before="A")

    assert (entry.object_type, entry.object_id, entry.object_name) == ("workspace", str(workspace.id), "Acme")
    assert entry.details == {"before": "A"}


def test_the_actor_of_a_page_is_the_person(rf: RequestFactory, workspace: Workspace, editor: User) -> None:
    request = rf.post("/", headers={"X-Tab-Id": "t" * 100}, REMOTE_ADDR="203.0.113.9")
    request.user = editor
    request.id = "abc"  # type: ignore[attr-defined]

    actor = audit.actor_of(request)

    assert (actor.user, actor.api_key, actor.ip, actor.request_id) == (editor, None, "203.0.113.9", "abc")
    assert actor.tab == "t" * 64


def test_the_actor_of_an_api_call_is_the_key(rf: RequestFactory, workspace: Workspace) -> None:
    key, _clear = make_api_key(workspace)
    request = rf.post("/", REMOTE_ADDR="not an address")
    request.auth = key  # type: ignore[attr-defined]

    actor = audit.actor_of(request)

    assert (actor.name, actor.user, actor.api_key, actor.ip) == ("API key Shop backend", None, key, None)


def test_an_entry_outlives_the_person(workspace: Workspace, editor: User) -> None:
    audit.record(workspace, audit.Actor(name="Ada", user=editor), "agent.archived", of=workspace)

    editor.delete()

    assert AuditEntry.objects.in_workspace(workspace).get().actor == "Ada"
