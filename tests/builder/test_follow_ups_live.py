"""The open page of follow-ups learns what went on, without moving under people's hands."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from builder.consumers import FollowUps
from tests.builder.test_follow_ups import asleep, due
from workflows.models import Run
from workflows.services import operating
from workspaces.models import Workspace
from workspaces.services import audit

BY = audit.system("test")


@pytest.fixture
def waiting(workspace: Workspace) -> UUID:
    return asleep(workspace)


@pytest.fixture
def page(workspace: Workspace, waiting: UUID) -> FollowUps:
    socket = FollowUps()
    socket.scope = {"query_string": b"search="}
    socket.workspace = workspace
    socket.draw()
    return socket


def test_a_row_that_goes_on_leaves_the_page(page: FollowUps, waiting: UUID) -> None:
    operating.cancel(Run.objects.get(pk=waiting), by=BY)

    assert f'<tr id="fu-{waiting}" hx-swap-oob="delete">' in page.draw()


def test_a_row_that_went_on_before_the_page_listened_leaves_it(workspace: Workspace, waiting: UUID) -> None:
    operating.cancel(Run.objects.get(pk=waiting), by=BY)
    socket = FollowUps()
    socket.scope = {"query_string": f"search=&rows={waiting}.no-id.".encode()}
    socket.workspace = workspace

    assert f'<tr id="fu-{waiting}" hx-swap-oob="delete">' in socket.draw()
    assert "gone" not in socket.draw()


def test_a_row_that_was_put_off_or_is_late_changes_in_its_place(page: FollowUps, waiting: UUID) -> None:
    due(waiting, timezone.now() - timedelta(minutes=9))

    pushed = page.draw()

    assert f'id="due-{waiting}"' in pushed
    assert "9 min late" in pushed
    assert "1 follow-up is overdue" in pushed
    assert f'id="fu-{waiting}"' not in pushed


def test_a_new_one_is_counted_and_not_put_in_between(page: FollowUps, workspace: Workspace) -> None:
    added = asleep(workspace)

    pushed = page.draw()

    assert "1 more now" in pushed
    assert f"due-{added}" not in pushed


def test_nothing_is_sent_when_nothing_changed(page: FollowUps) -> None:
    assert page.draw() == ""
