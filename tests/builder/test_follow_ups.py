"""What waits, for whom and until when; and what people do about it."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from builder.presenters import follow_ups
from tests.support.make import make_agent, make_conversation, make_workspace
from tests.support.runs import make_version, rung, set_values, start_run, step
from workflows.engine.advancing import advance
from workflows.models import Run, Workflow
from workspaces.models import AuditEntry, User, Workspace

WAIT = step("pause", "flow.delay@1", {"mode": "for", "amount": 2, "unit": "days"}, label="Two days")
PAGE = "/w/acme/follow-ups/"


@pytest.fixture
def waiting(workspace: Workspace) -> UUID:
    return asleep(workspace)


def asleep(workspace: Workspace, **over: Any) -> UUID:
    after = {**set_values("ask", a=1), "label": "Ask if all is well"}
    version = make_version(workspace, WAIT, after, kind="post_conversation")
    with rung():
        run_id = start_run(version, **over)
        advance(run_id, "background")
    return run_id


def of(workspace: Workspace, **customer: str) -> UUID:
    """The follow-up of a conversation with this customer."""
    conversation = make_conversation(make_agent(workspace), customer=customer)
    return asleep(workspace, context_id=conversation.pk)


def due(run_id: UUID, at: datetime) -> None:
    Run.objects.filter(pk=run_id).update(next_at=at)


def shown(workspace: Workspace, now: datetime | None = None, **words: str) -> follow_ups.Shown:
    return follow_ups.shown(workspace, words, now or timezone.now())


def titles(page: follow_ups.Shown) -> list[tuple[str, int, list[UUID]]]:
    return [(group.title, group.count, [row.id for row in group.rows]) for group in page.groups]


def test_a_waiting_run_says_what_it_does_next(client: Client, waiting: UUID) -> None:
    page = client.get(PAGE).content.decode()

    assert "Ask if all is well" in page
    assert "1 waiting" in page
    assert "Waits for: a time" in page


def test_an_empty_page_says_what_shows_there(client: Client, workspace: Workspace) -> None:
    assert "Nothing is waiting" in client.get(PAGE).content.decode()


def test_they_stand_by_the_day_that_they_are_due_late_ones_first(workspace: Workspace) -> None:
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    days = {"late": -1 / 24, "soon": 1 / 24, "next": 1, "far": 9}
    runs = {name: asleep(workspace) for name in days}
    for name, ahead in days.items():
        due(runs[name], now + timedelta(days=ahead))

    page = shown(workspace, now)

    assert titles(page) == [
        ("Overdue", 1, [runs["late"]]),
        ("Today", 1, [runs["soon"]]),
        ("Tomorrow", 1, [runs["next"]]),
        ("Later", 1, [runs["far"]]),
    ]


def test_the_time_is_the_customers_own_with_ours_beside_it(workspace: Workspace) -> None:
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    run = of(workspace, name="Priya", time_zone="Asia/Kolkata")
    due(run, datetime(2026, 3, 2, 15, tzinfo=UTC))

    row = shown(workspace, now).groups[0].rows[0]

    assert (row.who, row.due, row.here) == ("Priya", "20:30", "15:00 here")
    assert row.where == "Kolkata, 17:30 there now"
    assert row.until == "in 3 h"


@pytest.mark.parametrize("zone", ["", "Mars/Crater", "../../etc/passwd", "Europe/Berlin\x00"])
def test_a_time_zone_that_is_none_is_passed_over(workspace: Workspace, zone: str) -> None:
    conversation = make_conversation(make_agent(workspace, time_zone="Europe/Lisbon"))
    conversation.customer = {"time_zone": zone.replace("\x00", "")}
    conversation.save()
    asleep(workspace, context_id=conversation.pk)

    assert shown(workspace).groups[0].rows[0].where.startswith(("UTC", "Berlin"))


def test_a_late_one_says_why_as_far_as_it_is_known(workspace: Workspace, waiting: UUID) -> None:
    due(waiting, timezone.now() - timedelta(minutes=5))
    unheard = shown(workspace)
    Workflow.objects.update(paused_at=timezone.now())
    paused = shown(workspace)

    assert unheard.late
    assert unheard.late.why[0].startswith("No background worker has been heard")
    assert paused.late
    assert paused.late.why[0].endswith("is paused")
    assert paused.groups[0].rows[0].is_late
    assert paused.groups[0].rows[0].until == "5 min late"


def test_what_became_due_this_minute_is_not_late(workspace: Workspace, waiting: UUID) -> None:
    due(waiting, timezone.now() - timedelta(seconds=20))

    assert shown(workspace).late is None


def test_overdue_shows_in_the_navigation_of_every_page(client: Client, waiting: UUID) -> None:
    due(waiting, timezone.now() - timedelta(minutes=5))

    assert "1 overdue" in client.get("/w/acme/runs/").content.decode()


def test_tests_and_runs_that_are_about_to_start_are_no_follow_ups(workspace: Workspace) -> None:
    asleep(workspace, kind="test")
    with rung():
        start_run(make_version(workspace, WAIT, kind="post_conversation"))

    assert shown(workspace).groups == ()


def test_it_is_narrowed_by_workflow_reason_and_customer(workspace: Workspace) -> None:
    lena, omar = of(workspace, name="Lena", email="lena@example.com"), of(workspace, phone="+49301234")
    workflow = str(Run.objects.get(pk=lena).workflow_id)

    assert [group.count for group in shown(workspace).groups] == [2]
    assert titles(shown(workspace, search="LENA@"))[0][2] == [lena]
    assert titles(shown(workspace, workflow=workflow))[0][2] == [lena]
    assert titles(shown(workspace, search="1234"))[0][2] == [omar]
    assert shown(workspace, reason="event").groups == ()
    assert shown(workspace, reason="nonsense", workflow="nonsense", page="nonsense").groups


def test_nothing_of_another_workspace_shows(workspace: Workspace) -> None:
    of(make_workspace("other"), name="Stranger")

    assert shown(workspace, search="Stranger").groups == ()
    assert shown(workspace).groups == ()


def test_many_take_as_many_queries_as_one(
    client: Client, workspace: Workspace, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for name in ("Lena", "Omar", "Priya", "Eva"):
        of(workspace, name=name)
    client.get(PAGE)

    with django_assert_max_num_queries(9):  # session, user, member, counts, runs, people, workflows, shell: 2
        client.get(PAGE)


# --- What people do ----------------------------------------------------------------------------------------
def test_one_goes_on_now(client: Client, waiting: UUID) -> None:
    with rung():
        response = client.post(f"/runs/{waiting}/run-now/", {"from": "follow-ups"}, follow=True)

    assert response.redirect_chain == [(PAGE, 302)]
    run = Run.objects.get(pk=waiting)
    assert run.next_at
    assert run.next_at <= timezone.now()
    assert "It goes on now" in response.content.decode()


def test_one_is_put_off_until_a_time_of_the_customer(client: Client, workspace: Workspace) -> None:
    run = of(workspace, name="Priya", time_zone="Asia/Kolkata")

    with rung():
        client.post(f"/runs/{run}/postpone/", {"until": "2030-01-02T09:00"})

    assert Run.objects.get(pk=run).next_at == datetime(2030, 1, 2, 3, 30, tzinfo=UTC)


@pytest.mark.parametrize("until", ["", "2020-01-01T09:00", "soon", "9999-99-99T99:99", "2300-01-01T00:00"])
def test_a_time_that_is_none_is_asked_for_again_and_what_was_typed_stays(
    client: Client, waiting: UUID, until: str
) -> None:
    before = Run.objects.get(pk=waiting).next_at

    refused = client.post(f"/runs/{waiting}/postpone/", {"until": until})

    assert refused.status_code == 422
    assert f'value="{until}"' in refused.content.decode()
    assert Run.objects.get(pk=waiting).next_at == before


def test_the_chosen_ones_are_put_off_together(client: Client, workspace: Workspace) -> None:
    chosen, other = [asleep(workspace), asleep(workspace)], asleep(workspace)
    before = {run.pk: run.next_at for run in Run.objects.all()}

    with rung():
        client.post(PAGE, {"run": [*map(str, chosen), "nonsense"], "action": "postpone", "by": "1w"})

    after = {run.pk: run.next_at for run in Run.objects.all()}
    assert {pk for pk in before if after[pk] != before[pk]} == set(chosen)
    assert after[other] == before[other]
    assert AuditEntry.objects.filter(verb="run.postponed").count() == 2


def test_cancelling_the_chosen_ones_is_asked_first(client: Client, workspace: Workspace) -> None:
    chosen = [str(asleep(workspace)) for _ in range(2)]

    with rung():
        asked = client.post(PAGE, {"run": chosen, "action": "cancel"})
        assert "Cancel 2 follow-ups?" in asked.content.decode()
        assert not Run.objects.filter(status="cancelled").exists()
        client.post(PAGE, {"run": chosen, "action": "cancel", "sure": "yes"})

    assert Run.objects.filter(status="cancelled").count() == 2


def test_those_that_wait_for_an_answer_are_left_and_the_person_is_told(
    client: Client, workspace: Workspace
) -> None:
    hurried, answered = asleep(workspace), asleep(workspace)
    Run.objects.filter(pk=answered).update(wait_reason="event")

    with rung():
        page = client.post(PAGE, {"run": [hurried, answered], "action": "run_now"}, follow=True)

    told = page.content.decode()
    assert "1 follow-up now." in told
    assert "1 follow-up left as they were: It waits for an answer" in told


def test_choosing_none_or_nothing_to_do_is_said(client: Client, waiting: UUID) -> None:
    none = client.post(PAGE, {"action": "run_now"}, follow=True).content.decode()
    nothing = client.post(PAGE, {"run": str(waiting)}, follow=True).content.decode()

    assert "Choose at least one" in none
    assert "Choose what to do" in nothing


def test_runs_of_another_workspace_are_not_touched(client: Client, workspace: Workspace) -> None:
    theirs = asleep(make_workspace("other"))

    client.post(PAGE, {"run": str(theirs), "action": "cancel", "sure": "yes"})

    assert Run.objects.get(pk=theirs).status == "queued"


def test_a_viewer_reads_and_is_offered_nothing(viewer: User, waiting: UUID) -> None:
    client = Client()
    client.force_login(viewer)

    page = client.get(PAGE).content.decode()

    assert "Ask if all is well" in page
    assert "Run now" not in page
    assert client.post(PAGE, {"run": str(waiting), "action": "run_now"}).status_code == 403
