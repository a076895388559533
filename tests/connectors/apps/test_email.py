"""The e-mail step against a real mail server: what arrives, and what never leaves."""

import time
from email import message_from_bytes
from typing import Any

import pytest
from pytest_django import Settings

from connectors import calls, inputs, registry
from connectors.apps.email import addresses
from connectors.declare import JSON, Call
from connectors.errors import Misconfigured
from tests.connectors.outside import WORKSPACE, connected
from tests.support.sink import Mail, SmtpSink

SEND = registry.default().actions["email.send@1"].action
KEY = "k3v9x2m4q7abcdefghijklmnopqrstuv"
INJECTIONS = [
    "\r\nBcc: evil@example.com",
    "\nBcc: evil@example.com",
    "\rX",
    "\x00",
    "\u2028X",
    "\x85X",
    "\ud800",
]


@pytest.fixture(autouse=True)
def _local_servers_are_open(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW = ["127.0.0.1/32"]


def a_call(sink: SmtpSink, **settings: JSON) -> Call:
    server = {
        "host": "127.0.0.1",
        "port": sink.port,
        "security": "none",
        "from": "Mia <mia@northwind.example>",
    }
    return calls.make_call(
        workspace_slug="acme",
        workspace_id=WORKSPACE,
        resolved=connected("email", settings={**server, **settings}),
        idempotency_key=KEY,
        attempt=1,
        deadline=time.monotonic() + 5,
    )


def perform(sink: SmtpSink, **given: JSON) -> Any:
    assert SEND.perform is not None
    given = {"to": "jonas@example.com", "subject": "Your order", "text": "Hi Jonas", **given}
    return SEND.perform(inputs.typed(SEND.fields, given), a_call(sink))


def arrived(sink: SmtpSink) -> Mail:
    [mail] = sink.mails.expect(1)
    return mail


def test_a_mail_arrives_with_everything_the_step_says(smtp_sink: SmtpSink) -> None:
    output = perform(
        smtp_sink,
        to='"Doe, Jonas" <jonas@example.com>, amelie@example.com',
        cc="tom@example.com",
        bcc=["boss@example.com"],
        reply_to="help@northwind.example",
    )

    mail = arrived(smtp_sink)
    assert mail.sender == "mia@northwind.example"
    assert mail.recipients == [
        "jonas@example.com",
        "amelie@example.com",
        "tom@example.com",
        "boss@example.com",
    ]
    assert mail.message["From"] == "Mia <mia@northwind.example>"
    assert mail.message["To"] == '"Doe, Jonas" <jonas@example.com>, amelie@example.com'
    assert mail.message["Reply-To"] == "help@northwind.example"
    assert mail.subject == "Your order"
    assert mail.message["Message-ID"] == f"<{KEY}@northwind.example>"
    assert b"boss@" not in mail.raw
    assert mail.text.strip() == "Hi Jonas"
    assert output == {"message_id": f"<{KEY}@northwind.example>", "accepted": mail.recipients, "rejected": []}


@pytest.mark.parametrize(
    "text", ["Hi", "Grüße, 你好 🙂", "x" * 5000, "a\r\nb\rc\n.\n.\r\nd", "= =3D =\n" * 3]
)
def test_text_arrives_as_written_and_never_as_base64(text: str, smtp_sink: SmtpSink) -> None:
    perform(smtp_sink, text=text, html=f"<p>{text}</p>")

    mail = arrived(smtp_sink)
    plain, html = mail.message.iter_parts()
    wanted = "\n".join(text.splitlines())
    assert "\n".join(str(plain.get_content()).splitlines()) == wanted
    assert b"base64" not in mail.raw.lower()
    assert all(len(line) <= 998 for line in mail.raw.split(b"\r\n"))
    assert "<p>" in str(html.get_content())


def test_html_alone_is_one_part(smtp_sink: SmtpSink) -> None:
    perform(smtp_sink, text="", html="<b>Hi</b>")

    assert arrived(smtp_sink).message.get_content_type() == "text/html"


def test_every_attempt_is_the_same_message(smtp_sink: SmtpSink) -> None:
    perform(smtp_sink)
    perform(smtp_sink)

    first, second = smtp_sink.mails.expect(2)
    assert first.message["Message-ID"] == second.message["Message-ID"]


@pytest.mark.parametrize("injection", INJECTIONS)
@pytest.mark.parametrize("field", ["to", "cc", "bcc", "reply_to", "subject"])
def test_no_field_can_start_another_header(field: str, injection: str, smtp_sink: SmtpSink) -> None:
    value = f"Order{injection}" if field == "subject" else f"jonas@example.com{injection}"

    with pytest.raises(Misconfigured) as refused:
        perform(smtp_sink, **{field: value})

    assert refused.value.field == field
    assert len(smtp_sink.mails) == 0


@pytest.mark.parametrize(
    "injection", [*INJECTIONS, '"', "<evil@example.com>", "=?utf-8?q?=0D=0ABcc=3A_evil=40example.com?="]
)
def test_a_senders_name_cannot_start_another_header(injection: str, smtp_sink: SmtpSink) -> None:
    assert SEND.perform is not None
    given = inputs.typed(SEND.fields, {"to": "jonas@example.com", "subject": "x"})
    call = a_call(smtp_sink, **{"from": f"Mia{injection} <mia@northwind.example>"})
    try:
        SEND.perform(given, call)
    except Misconfigured:
        assert len(smtp_sink.mails) == 0
        return

    mail = arrived(smtp_sink)
    assert mail.recipients == ["jonas@example.com"]
    assert not message_from_bytes(mail.raw)["Bcc"]


@pytest.mark.parametrize(
    "to",
    [
        "jonas",
        "jonas@",
        "@example.com",
        "jonas@example.com evil@example.com",
        "jonas@example.com;evil@example.com",
        "<jonas@example.com> SIZE=1000",
        '"a b"@example.com',
        "jonas@[127.0.0.1]",
        "jonas@exa mple.com",
        "jonas@-example.com",
        "jonas@example.com, nonsense",
        "team: jonas@example.com, evil@example.com;",
        "x" * 300 + "@example.com",
        ["jonas@example.com, evil@example.com"],
        ["jonas@example.com", ""],
        {"a": 1},
    ],
)
def test_what_is_not_clearly_an_address_is_refused(to: JSON, smtp_sink: SmtpSink) -> None:
    with pytest.raises(Misconfigured) as refused:
        perform(smtp_sink, to=to)

    assert refused.value.field.startswith("to")
    assert len(smtp_sink.mails) == 0


def test_an_international_domain_is_written_in_ascii(smtp_sink: SmtpSink) -> None:
    perform(smtp_sink, to="jonas@bücher.example")

    assert arrived(smtp_sink).recipients == ["jonas@xn--bcher-kva.example"]


def test_at_most_fifty_people_get_one_mail(smtp_sink: SmtpSink) -> None:
    many: list[JSON] = [f"person{number}@example.com" for number in range(50)]
    perform(smtp_sink, to=many, cc=many[:10])
    with pytest.raises(Misconfigured, match="50"):
        perform(smtp_sink, to=many, cc="one.more@example.com")

    assert len(smtp_sink.mails) == 1


@pytest.mark.parametrize(
    "piece", ['"', "(", "\\", "a,", "a ", "<", "a@", "=?utf-8?q?a?= ", "()", "a@b.example "]
)
def test_a_text_made_to_be_slow_is_not(piece: str) -> None:
    began = time.process_time()
    with pytest.raises(Misconfigured):
        addresses.parse(piece * (19_000 // len(piece)), field="to")

    assert time.process_time() - began < 1


@pytest.mark.parametrize("field", ["text", "html"])
@pytest.mark.parametrize("sign", ["\x00", "\ud800"])
def test_text_that_cannot_be_sent_is_named(field: str, sign: str, smtp_sink: SmtpSink) -> None:
    with pytest.raises(Misconfigured) as refused:
        perform(smtp_sink, **{field: f"a{sign}b"})

    assert refused.value.field == field
