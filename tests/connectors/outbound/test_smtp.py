"""Mail leaves only through the guard, within its deadline, and each way to fail is told apart."""

import asyncio
import socket
import threading
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from ssl import SSLContext
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from connectors.declare import Resolved
from connectors.errors import (
    Blocked,
    ConnectorError,
    Misconfigured,
    NeedsReconnect,
    Rejected,
    TimedOut,
    Unavailable,
)
from tests.connectors.certificates import server_context
from tests.connectors.outside import Script, connected, mail, names, serving
from tests.support.sink import SmtpSink
from workspaces.vault import Secret

ALL = "127.0.0.1"
MESSAGE = b"Subject: Hello\r\n\r\nHi.\r\n"
HERE = names(mail_example=["127.0.0.1"])


def server_at(port: int, *, host: str = ALL, password: str = "", **settings: Any) -> Resolved:
    return connected(
        "email",
        settings={
            "host": host,
            "port": port,
            "security": "none",
            "from": "Shop <shop@example.com>",
            **settings,
        },
        credentials={"password": Secret(password)} if password else {},
    )


def send(connection: Resolved, *allow: str, seconds: float = 5, **over: Any) -> Any:
    given = {"sender": "shop@example.com", "recipients": ["jonas@example.com"], **over}
    outbound = mail(*(allow or (ALL,)), connection=connection, resolver=HERE, seconds=seconds)
    return outbound.send(given.pop("message", MESSAGE), **given)


def test_a_mail_arrives_as_it_was_handed_over(smtp_sink: SmtpSink) -> None:
    refused = send(server_at(smtp_sink.port), recipients=["jonas@example.com", "amelie@example.com"])

    [arrived] = smtp_sink.mails.expect(1)
    assert refused == {}
    assert arrived.sender == "shop@example.com"
    assert arrived.recipients == ["jonas@example.com", "amelie@example.com"]
    assert arrived.raw.endswith(b"\r\n\r\nHi.\r\n")


def test_a_mail_server_inside_is_refused_unless_the_operator_opened_it(smtp_sink: SmtpSink) -> None:
    with pytest.raises(Blocked):
        send(server_at(smtp_sink.port), "127.0.0.9")

    assert len(smtp_sink.mails) == 0


@pytest.mark.parametrize("port", [22, 80, 443, 5432, 6379])
def test_a_port_that_is_not_for_mail_is_refused(port: int) -> None:
    with pytest.raises(Blocked):
        send(server_at(port, host="93.184.216.34"))


@pytest.mark.parametrize("ending", [b"\n.\r\n", b"\r\n.\n", b"\n.\n", b"\r.\r", b"\r\n.\r\n"])
def test_text_cannot_end_the_mail_and_start_another(ending: bytes, smtp_sink: SmtpSink) -> None:
    smuggled = b"Subject: Hello\r\n\r\nHi" + ending + b"MAIL FROM:<evil@example.com>\r\n"

    send(server_at(smtp_sink.port), message=smuggled)

    [arrived] = smtp_sink.mails.expect(1)
    assert "MAIL FROM:<evil@example.com>" in arrived.text


@pytest.mark.parametrize(
    "address",
    [
        "a@example.com\r\nRCPT TO:<b@example.com>",
        "a@example.com> SIZE=1",
        "<a@example.com>",
        "a b@example.com",
        "",
        "ü@x",
    ],
)
def test_an_address_cannot_leave_its_command(address: str, smtp_sink: SmtpSink) -> None:
    with pytest.raises(Misconfigured):
        send(server_at(smtp_sink.port), recipients=[address])
    with pytest.raises(Misconfigured):
        send(server_at(smtp_sink.port), sender=address)

    assert len(smtp_sink.mails) == 0


def test_a_mail_that_is_too_large_is_not_sent(smtp_sink: SmtpSink) -> None:
    with pytest.raises(Misconfigured, match="1 MB"):
        send(server_at(smtp_sink.port), message=b"x" * 1_000_001)


# --- Servers that say no -----------------------------------------------------------------------------------


def saying(**answers: bytes) -> Script:
    """A mail server in one function: each command's first word → its answer, 250 by default."""

    def script(visitor: socket.socket) -> None:
        visitor.sendall(answers.get("greeting", b"220 hello\r\n"))
        lines = visitor.makefile("rb")
        in_text = False
        for line in lines:
            word = line.split()[0].decode().lower() if line.split() else ""
            if in_text and line != b".\r\n":
                continue
            if in_text:
                in_text, word = False, "text"
            answer = answers.get(word, b"354 go on\r\n" if word == "data" else b"250 ok\r\n")
            in_text = word == "data" and answer.startswith(b"354")
            visitor.sendall(answer)
            if not answer:
                return

    return script


@pytest.mark.parametrize(
    ("answers", "error", "maybe_done"),
    [
        ({"greeting": b"554 no\r\n"}, Rejected, False),
        ({"greeting": b"421 later\r\n"}, Unavailable, False),
        ({"greeting": b"HTTP/1.1 400 Bad Request\r\n\r\n"}, Unavailable, False),
        ({"mail": b"450 later\r\n"}, Unavailable, False),
        ({"mail": b"550 not you\r\n"}, Rejected, False),
        ({"rcpt": b"450 greylisted\r\n"}, Unavailable, False),
        ({"rcpt": b"550 unknown\r\n"}, Rejected, False),
        ({"data": b"451 later\r\n"}, Unavailable, False),
        ({"text": b"452 full\r\n"}, Unavailable, False),
        ({"text": b"554 spam\r\n"}, Rejected, False),
        ({"text": b""}, Unavailable, True),
        ({"mail": b""}, Unavailable, False),
    ],
)
def test_each_way_to_fail_is_told_apart(
    answers: dict[str, bytes], error: type[ConnectorError], maybe_done: bool
) -> None:
    with serving(saying(**answers)) as server, pytest.raises(ConnectorError) as failed:
        send(server_at(server.port))

    assert type(failed.value) is error
    assert failed.value.maybe_done is maybe_done


def test_some_refused_recipients_do_not_stop_the_others() -> None:
    def script(visitor: socket.socket) -> None:
        visitor.sendall(b"220 hello\r\n")
        for line in visitor.makefile("rb"):
            refused = b"RCPT" in line.upper() and b"gone" in line
            visitor.sendall(
                b"550 no such person\r\n"
                if refused
                else b"354 go\r\n"
                if line == b"data\r\n"
                else b"250 ok\r\n"
            )

    with serving(script) as server:
        refused = send(server_at(server.port), recipients=["gone@example.com", "jonas@example.com"])

    assert refused == {"gone@example.com": "no such person"}


def test_security_that_is_not_offered_is_not_done_without() -> None:
    with serving(saying()) as server, pytest.raises(Misconfigured):
        send(server_at(server.port, security="starttls"))


@pytest.mark.parametrize("start", [b"", b"220 hello\r\n250-", b"220-"], ids=["silence", "ehlo", "greeting"])
def test_a_dripping_server_meets_the_deadline(start: bytes) -> None:
    def script(visitor: socket.socket) -> None:
        visitor.sendall(start)
        for _ in range(200):
            visitor.sendall(b"x")
            threading.Event().wait(0.02)

    began = time.monotonic()
    with serving(script) as server, pytest.raises(TimedOut):
        send(server_at(server.port), seconds=0.5)

    assert time.monotonic() - began < 2


def test_a_server_that_never_stops_talking_is_left() -> None:
    def script(visitor: socket.socket) -> None:
        while True:
            visitor.sendall(b"220-" + b"x" * 500 + b"\r\n")

    with serving(script) as server, pytest.raises(Unavailable):
        send(server_at(server.port))


# --- Signing in --------------------------------------------------------------------------------------------


async def _finished[T](coming: Coroutine[Any, Any, T]) -> T:
    return await coming


@contextmanager
def office(tls: SSLContext | None = None, *, whole: bool = False) -> Iterator[tuple[int, list[str]]]:
    """A real mail server that wants a password; `tls` by STARTTLS, or for the whole connection."""
    arrived: list[str] = []

    class Clerk:
        async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:
            arrived.append(envelope.content.decode())
            return "250 taken"

    def sign_in(_server: object, _session: object, _envelope: object, _how: str, given: Any) -> AuthResult:
        right = isinstance(given, LoginPassword) and given.password == b"canary-password"
        return AuthResult(success=right, handled=False)

    def protocol() -> SMTP:
        return SMTP(
            Clerk(),
            tls_context=None if whole else tls,
            authenticator=sign_in,
            auth_required=True,
            auth_require_tls=tls is not None and not whole,
            loop=loop,
        )

    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()  # first: this thread may have a loop of its own, of the browser
    serving = loop.create_server(protocol, ALL, 0, ssl=tls if whole else None)
    server = asyncio.run_coroutine_threadsafe(_finished(serving), loop).result(5)
    try:
        yield server.sockets[0].getsockname()[1], arrived
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        server.close()
        loop.close()


@pytest.mark.parametrize("security", ["starttls", "tls", "none"])
def test_it_signs_in_and_sends(security: str, tmp_path: Path) -> None:
    context = None if security == "none" else server_context(tmp_path, "mail.example")
    with office(context, whole=security == "tls") as (port, arrived):
        connection = server_at(
            port, host="mail.example", security=security, username="shop", password="canary-password"
        )
        mail(ALL, connection=connection, resolver=HERE).check()
        send(connection)

    assert len(arrived) == 1


def test_a_wrong_password_asks_to_reconnect_and_is_not_told() -> None:
    with office() as (port, _), pytest.raises(NeedsReconnect) as refused:
        send(server_at(port, username="shop", password="wrong-password"))

    assert "wrong-password" not in str(refused.value)


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_mail_server_with_a_wrong_certificate_gets_nothing(security: str, tmp_path: Path) -> None:
    context = server_context(tmp_path, "other.example")
    with office(context, whole=security == "tls") as (port, arrived):
        connection = server_at(port, host="mail.example", security=security)
        with pytest.raises(Unavailable, match="certificate"):
            send(connection)

    assert not arrived


def test_without_a_connection_there_is_no_mail() -> None:
    with pytest.raises(Misconfigured):
        mail(ALL, connection=None).send(MESSAGE, sender="a@example.com", recipients=["b@example.com"])


def test_a_sign_in_that_mail_cannot_carry_is_said() -> None:
    with office() as (port, _), pytest.raises(Misconfigured):
        send(server_at(port, username="müller", password="geheim-ü"))


def test_a_sender_of_an_international_domain_can_say_hello(smtp_sink: SmtpSink) -> None:
    mail(ALL, connection=server_at(smtp_sink.port, **{"from": "shop@bücher.example"})).check()
