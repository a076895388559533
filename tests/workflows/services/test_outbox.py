"""What is in the outbox leaves at least once, always under the same id, and never without being said."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.support.runs import Rung, rung
from tests.support.sink import HttpSink, Request, SmtpSink
from workflows.models import Outbox
from workflows.services import alert_settings, alerts, outbox, sending
from workflows.services.outbox import Outcome
from workspaces.models import Workspace
from workspaces.services import audit

pytestmark = pytest.mark.django_db
BY = audit.system("test")


@pytest.fixture(autouse=True)
def world(settings: Settings, http_sink: HttpSink, smtp_sink: SmtpSink) -> Iterator[Rung]:
    settings.OUTBOUND_ALLOW = [http_sink.address.replace(":", "/32:")]
    settings.EMAIL_URL = f"smtp://{smtp_sink.address}"
    settings.BASE_URL = "https://parley.example"
    with rung() as bell:
        yield bell


@pytest.fixture
def secret(workspace: Workspace, http_sink: HttpSink) -> str:
    saved = alert_settings.save(
        workspace, is_on=True, emails="", webhook_url=f"{http_sink.url}/in", window_minutes=60, by=BY
    )
    return saved.new_secret


def post(workspace: Workspace, topic: str = sending.WEBHOOK, **payload: Any) -> Outbox:
    notice = alerts.notice("alert.test", workspace)
    outbox.post(topic, workspace.pk, f"test:{topic}", {"notice": notice, **payload})
    return Outbox.objects.get(dedupe_key=f"test:{topic}")


def becomes_due() -> None:
    Outbox.objects.update(available_at=timezone.now() - timedelta(seconds=1), lease_until=None)


def is_signed(request: Request, key: str) -> bool:
    headers = request.headers
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + request.body
    digest = hmac.new(base64.b64decode(key.removeprefix("whsec_")), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}" in headers["webhook-signature"].split()


def test_a_webhook_arrives_signed_and_is_marked(
    workspace: Workspace, secret: str, http_sink: HttpSink
) -> None:
    row = post(workspace)

    assert outbox.deliver() == 1

    [request] = http_sink.requests.all()
    assert (request.method, request.path) == ("POST", "/in")
    assert request.headers["content-type"] == "application/json"
    assert request.headers["webhook-id"] == f"msg_{row.pk.hex}"
    assert is_signed(request, secret)
    assert json.loads(request.body)["type"] == "alert.test"
    row.refresh_from_db()
    assert row.sent_at
    assert (row.attempts, row.lease_token, row.last_error) == (1, None, None)
    assert outbox.deliver() == 0


def test_what_fails_is_tried_again_under_the_same_id(
    workspace: Workspace, secret: str, http_sink: HttpSink
) -> None:
    row = post(workspace)
    http_sink.mode = "500"
    outbox.deliver()

    row.refresh_from_db()
    assert (row.sent_at, row.given_up_at, row.attempts) == (None, None, 1)
    assert row.last_error == "127.0.0.1 answered 500."
    assert row.available_at > timezone.now()
    assert outbox.deliver() == 0

    http_sink.mode = "ok"
    becomes_due()
    assert outbox.deliver() == 1
    first, second = http_sink.requests.all()
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body


def test_a_sender_that_died_is_followed_by_another(
    workspace: Workspace, secret: str, http_sink: HttpSink
) -> None:
    post(workspace)
    assert len(outbox.claim()) == 1
    assert outbox.claim() == []

    Outbox.objects.update(lease_until=timezone.now() - timedelta(seconds=1))

    assert outbox.deliver() == 1


def test_who_lost_the_lease_marks_nothing(workspace: Workspace, secret: str) -> None:
    row = post(workspace)
    [lost] = outbox.claim()
    Outbox.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    [held] = outbox.claim()

    assert not outbox.mark(lost, Outcome("late"))
    row.refresh_from_db()
    assert (row.last_error, row.sent_at) == (None, None)
    assert outbox.mark(held, Outcome())


def test_after_a_day_it_is_given_up_and_not_before(
    workspace: Workspace, secret: str, http_sink: HttpSink
) -> None:
    row = post(workspace)
    http_sink.mode = "500"
    Outbox.objects.update(created_at=F("created_at") - timedelta(hours=23))
    outbox.deliver()
    row.refresh_from_db()
    assert row.given_up_at is None

    Outbox.objects.update(created_at=F("created_at") - timedelta(hours=2))
    becomes_due()
    outbox.deliver()

    row.refresh_from_db()
    assert row.given_up_at
    becomes_due()
    assert outbox.deliver() == 0
    assert len(http_sink.requests) == 2


def test_waits_grow_to_two_hours(workspace: Workspace) -> None:
    waits = [outbox._wait_s(attempt) for attempt in range(1, 12)]

    for wait, planned in zip(waits, [5, 20, 80, 320, 1280, 5120, 7200], strict=False):
        assert planned * 0.8 <= wait <= planned * 1.2
    assert max(waits) <= 7200 * 1.2


def test_a_private_address_is_refused_and_given_up(
    workspace: Workspace, secret: str, http_sink: HttpSink, settings: Settings
) -> None:
    settings.OUTBOUND_ALLOW = []
    row = post(workspace)

    outbox.deliver()

    row.refresh_from_db()
    assert row.given_up_at
    assert row.last_error and "Could not reach" in row.last_error
    assert len(http_sink.requests) == 0


def test_a_mail_carries_one_id_in_all_attempts(workspace: Workspace, smtp_sink: SmtpSink) -> None:
    row = post(workspace, sending.EMAIL, to="ada@example.com")
    outbox.deliver()
    Outbox.objects.update(sent_at=None)  # sent, but its sender died before it could say so
    outbox.deliver()

    first, second = smtp_sink.mails.expect(2)
    assert first.message["Message-ID"] == second.message["Message-ID"] == f"<{row.pk.hex}@parley.example>"
    assert first.subject == f"[{workspace.name}] This is a test alert"


def test_one_bad_receiver_does_not_hold_back_the_others(
    workspace: Workspace, smtp_sink: SmtpSink, http_sink: HttpSink, secret: str
) -> None:
    http_sink.mode = "500"
    post(workspace)
    post(workspace, sending.EMAIL, to="ada@example.com")

    assert outbox.deliver() == 1
    assert len(smtp_sink.mails) == 1


def test_while_the_secret_is_replaced_both_sign(
    workspace: Workspace, secret: str, http_sink: HttpSink
) -> None:
    second = alert_settings.replace_secret(workspace, by=BY).new_secret
    post(workspace)
    outbox.deliver()

    [request] = http_sink.requests.all()
    assert is_signed(request, secret)
    assert is_signed(request, second)
    third = alert_settings.replace_secret(workspace, by=BY)
    keys = alert_settings.signing_keys(third.settings, timezone.now())
    assert keys == [third.new_secret, second]
    assert alert_settings.signing_keys(third.settings, timezone.now() + timedelta(hours=25)) == [keys[0]]


def test_a_webhook_that_was_taken_away_gets_nothing(
    workspace: Workspace, secret: str, http_sink: HttpSink
) -> None:
    row = post(workspace)
    alert_settings.save(
        workspace, is_on=True, emails="ada@example.com", webhook_url="", window_minutes=60, by=BY
    )

    outbox.deliver()

    row.refresh_from_db()
    assert row.given_up_at
    assert len(http_sink.requests) == 0


def test_a_key_is_posted_once(workspace: Workspace) -> None:
    for _ in range(2):
        outbox.post(sending.WEBHOOK, workspace.pk, "the same", {"notice": {}})

    assert Outbox.objects.count() == 1
