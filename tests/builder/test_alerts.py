"""The page of alerts: who is told, a secret that is shown once, a test that says how it went."""

import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from tests.support.sink import HttpSink, SmtpSink
from workflows.models import AlertSettings, Outbox
from workflows.services import alerts, outbox, sending
from workspaces import throttle
from workspaces.models import AuditEntry, User, Workspace

pytestmark = pytest.mark.django_db
URL = "/w/acme/settings/alerts/"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/=]{44}")


@pytest.fixture
def client(client: Client, admin: User) -> Client:
    client.force_login(admin)
    return client


@pytest.fixture(autouse=True)
def world(
    settings: Settings, http_sink: HttpSink, smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTBOUND_ALLOW = [http_sink.address.replace(":", "/32:")]
    settings.EMAIL_URL = f"smtp://{smtp_sink.address}"
    monkeypatch.setattr(throttle, "may_do", lambda *_: True)


def save(client: Client, **over: str) -> Any:
    given = {"is_on": "on", "emails": "ada@example.com", "webhook_url": "", "window_minutes": "60", **over}
    return client.post(URL, given)


def test_it_begins_turned_off_and_reading_stores_nothing(client: Client) -> None:
    assert "Nothing was sent yet" in client.get(URL).text
    assert not AlertSettings.objects.exists()


def test_what_is_saved_is_shown_again_and_audited(client: Client, workspace: Workspace) -> None:
    answer = save(client, emails="ada@example.com\r\nBob <bob@example.com>, ada@example.com")

    assert answer.status_code == 302
    stored = AlertSettings.objects.get(workspace=workspace)
    assert (stored.is_on, stored.emails) == (True, ["ada@example.com", "bob@example.com"])
    assert "ada@example.com\nbob@example.com" in client.get(URL).text
    assert AuditEntry.objects.get(verb="alerts.changed").details["emails"] == 2


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"emails": "ada@"}, "not an e-mail address"),
        ({"emails": ",".join(f"a{n}@example.com" for n in range(11))}, "At most 10"),
        ({"emails": "", "webhook_url": ""}, "Name at least one"),
        ({"webhook_url": "ftp://example.com"}, "starts with http"),
        ({"webhook_url": "https://ada:pw@example.com"}, "user name and password"),
        ({"window_minutes": "3"}, "3"),
        ({"window_minutes": ""}, ""),
        ({"emails": "a\0@example.com"}, ""),
    ],
)
def test_what_is_wrong_is_said_and_nothing_typed_is_lost(
    client: Client, bad: dict[str, str], said: str
) -> None:
    typed = {"webhook_url": "https://typed.example.com/x", **bad}
    if bad == {"emails": "", "webhook_url": ""}:
        typed = bad

    answer = save(client, **typed)

    assert answer.status_code == 422
    assert said in answer.text
    assert typed["webhook_url"] in answer.text
    assert not AlertSettings.objects.exists()


def test_the_secret_is_shown_once_and_kept_encrypted(client: Client) -> None:
    answer = save(client, webhook_url="https://hooks.example.com/in")

    shown = SECRET.search(answer.text)
    assert answer.status_code == 201
    assert shown
    assert shown[0] not in client.get(URL).text
    assert shown[0] not in str(AlertSettings.objects.values().get())
    assert save(client, webhook_url="https://hooks.example.com/in").status_code == 302, "it has one now"


def test_a_replaced_secret_is_shown_once_and_says_how_long_both_hold(client: Client) -> None:
    first = SECRET.search(save(client, webhook_url="https://hooks.example.com/in").text)

    answer = client.post(f"{URL}secret/")

    second = SECRET.search(answer.text)
    assert first and second and first[0] != second[0]
    assert "signs too until" in answer.text
    assert "Two are valid until" in client.get(URL).text
    assert AuditEntry.objects.filter(verb="alerts.secret_replaced").exists()


def test_without_a_webhook_there_is_no_secret_to_replace(client: Client) -> None:
    assert "no secret yet" in client.post(f"{URL}secret/", follow=True).text


def test_the_test_says_how_it_went_for_each(client: Client, smtp_sink: SmtpSink, http_sink: HttpSink) -> None:
    save(client, webhook_url=f"{http_sink.url}/in")
    http_sink.mode = "500"

    page = client.post(f"{URL}test/").text

    assert re.search(r"Sent.*ada@example\.com", page)
    assert re.search(r"Not sent.*127\.0\.0\.1 answered 500", page, re.DOTALL)
    [mail] = smtp_sink.mails.expect(1)
    assert mail.subject == "[Acme] This is a test alert"
    assert len(http_sink.requests) == 1
    assert not Outbox.objects.exists()


def test_a_test_to_nobody_says_so(client: Client) -> None:
    assert "Nobody is named yet" in client.post(f"{URL}test/").text


def test_tests_have_an_end(client: Client, smtp_sink: SmtpSink, monkeypatch: pytest.MonkeyPatch) -> None:
    save(client)
    monkeypatch.setattr(throttle, "may_do", lambda *_: False)

    assert "Too many tests" in client.post(f"{URL}test/", follow=True).text
    assert len(smtp_sink.mails) == 0


def test_what_was_sent_and_what_was_not_is_listed(
    client: Client, workspace: Workspace, http_sink: HttpSink
) -> None:
    save(client, webhook_url=f"{http_sink.url}/in")
    notice = alerts.notice("alert.test", workspace)
    outbox.post(sending.EMAIL, workspace.pk, "1", {"to": "ada@example.com", "notice": notice})
    outbox.post(sending.WEBHOOK, workspace.pk, "2", {"notice": notice})
    http_sink.mode = "500"
    outbox.deliver()

    page = client.get(URL).text
    assert "Trying again" in page
    assert "1 attempt: 127.0.0.1 answered 500." in page
    Outbox.objects.filter(topic=sending.WEBHOOK).update(given_up_at=timezone.now())
    assert "Given up" in client.get(URL).text


def test_without_a_mail_server_the_page_says_so(client: Client, settings: Settings) -> None:
    settings.EMAIL_URL = ""
    save(client)

    assert "EMAIL_URL" in client.get(URL).text
    assert "Not sent" in client.post(f"{URL}test/").text
