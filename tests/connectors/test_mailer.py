"""Parley's own mails go through the server of EMAIL_URL, which may be in a private network."""

import time

import pytest
from pytest_django.fixtures import Settings

from connectors import mailer
from connectors.checks import mail_server_is_readable
from connectors.errors import Misconfigured, Rejected
from tests.support.sink import SmtpSink


def send(to: str = "ada@example.com", subject: str = "Hello", text: str = "Hi, Ada.") -> None:
    mailer.send(to, subject=subject, text=text, key="abc123", deadline=time.monotonic() + 5)


def test_a_mail_arrives_with_its_key_as_its_id(smtp_sink: SmtpSink, settings: Settings) -> None:
    settings.EMAIL_URL = f"smtp://{smtp_sink.address}/?from=Parley <parley@shop.example>"

    send(subject="Hello\r\nBcc: eve@example.com", text="Grüße.\n.\nEnd")

    [mail] = smtp_sink.mails.expect(1)
    assert (mail.sender, list(mail.recipients)) == ("parley@shop.example", ["ada@example.com"])
    assert mail.subject == "Hello Bcc: eve@example.com"
    assert mail.message["Message-ID"] == "<abc123@shop.example>"
    assert mail.text.split() == ["Grüße.", ".", "End"]
    assert mail.message["Bcc"] is None


def test_what_the_server_refuses_is_said(smtp_sink: SmtpSink, settings: Settings) -> None:
    settings.EMAIL_URL = f"smtp://{smtp_sink.address}"
    smtp_sink.mode = "500"

    with pytest.raises(Rejected, match="554"):
        send()


def test_without_a_server_nothing_is_sent(settings: Settings) -> None:
    settings.EMAIL_URL = ""

    with pytest.raises(Misconfigured, match="EMAIL_URL"):
        send()


@pytest.mark.parametrize(
    ("url", "port", "security"),
    [
        ("smtp://mail.example.com", 25, "none"),
        ("smtp://ada:secret@mail.example.com", 587, "starttls"),
        ("smtp://ada:secret@mail.example.com:465", 465, "tls"),
        ("smtp://ada:p%40ss@mail.example.com:2525/?tls=none", 2525, "none"),
    ],
)
def test_security_and_port_fit_each_other(url: str, port: int, security: str) -> None:
    server = mailer.read(url)

    assert (server.host, server.port, server.security) == ("mail.example.com", port, security)


def test_a_password_is_decoded_and_never_printed() -> None:
    server = mailer.read("smtp://ada:p%40ss-canary@mail.example.com")

    assert server.password.reveal() == "p@ss-canary"
    assert "canary" not in repr(server)


@pytest.mark.parametrize(
    "url",
    [
        "http://mail.example.com",
        "smtp://",
        "mail.example.com",
        "smtp://mail.example.com/?tls=maybe",
        "smtp://mail.example.com/?from=nobody",
        "smtp://mail.example.com/?cc=eve@example.com",
        "smtp://mail.example.com:99999",
    ],
)
def test_what_is_no_mail_server_is_found_before_anything_runs(url: str, settings: Settings) -> None:
    settings.EMAIL_URL = url

    assert [error.id for error in mail_server_is_readable(None)] == ["connectors.E003"]
    with pytest.raises(Misconfigured):
        send()
