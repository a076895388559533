"""How does a step hand over a mail? Over SMTP to an address the guard let through, within its deadline."""

import re
import smtplib
import ssl
import time
from collections.abc import Buffer, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from socket import socket

from connectors import errors
from connectors.declare import Resolved
from connectors.outbound.guard import CONNECT_S, Guard
from connectors.outbound.transport import tls

type SmtpReply = tuple[int, bytes]

ADDRESS = re.compile(r"[!-;=?-~]{1,254}")
"""An envelope address: printable ASCII, no spaces or angle brackets, so it cannot leave its command."""
LARGEST_MAIL = 1_000_000
MOST_REPLY_BYTES = 100_000


@dataclass(frozen=True, kw_only=True)
class GuardedMail:
    """The `Mail` of a call."""

    guard: Guard
    connection: Resolved | None
    deadline: float

    def check(self) -> None:
        with self._signed_in() as server:
            server.noop()

    def send(self, message: bytes, *, sender: str, recipients: Sequence[str]) -> Mapping[str, str]:
        if not all(ADDRESS.fullmatch(address) for address in (sender, *recipients)):
            raise errors.Misconfigured("This is not an e-mail address.", field="to")
        if len(message) > LARGEST_MAIL:
            raise errors.Misconfigured("The mail is larger than 1 MB.")
        whole_lines = re.sub(rb"\r\n|\r|\n", b"\r\n", message)
        with self._signed_in() as server:
            _expect_ok(server.mail(sender))
            refused = {address: reply for address in recipients if (reply := server.rcpt(address))[0] >= 300}
            if len(refused) == len(recipients):
                _expect_ok(min(refused.values()))
            server.has_left = True
            _expect_ok(server.data(whole_lines))
        return {address: _readable(said) for address, (_, said) in refused.items()}

    @contextmanager
    def _signed_in(self) -> Iterator["_Server"]:
        if self.connection is None:
            raise errors.Misconfigured("Choose a mail server to send with.", field="connection")
        settings = self.connection.settings
        password = self.connection.credentials.get("password")
        server = _Server(self.guard, self.deadline, our_name=str(settings.get("from", "")).rpartition("@")[2])
        security = settings.get("security") or "starttls"
        try:
            server.open(
                str(settings["host"]), int(str(settings.get("port") or 587)), with_tls=security == "tls"
            )
            if security == "starttls":
                server.starttls(context=tls())
            if settings.get("username"):
                server.login(str(settings["username"]), password.reveal() if password else "")
            yield server
            with suppress(smtplib.SMTPException, OSError):
                server.quit()
        except UnicodeError as unsendable:
            raise errors.Misconfigured(
                "Only plain ASCII letters can be used to sign in to a mail server.", field="username"
            ) from unsendable
        except (smtplib.SMTPException, OSError) as failure:
            raise _translated(failure, server, f"The mail server {settings['host']}") from failure
        finally:
            server.close()


class _Server(smtplib.SMTP):
    """smtplib that dials through the guard; every wait gets only what is left until the deadline."""

    def __init__(self, guard: Guard, deadline: float, *, our_name: str) -> None:
        name = our_name.strip("> ")
        super().__init__(local_hostname=name if name and name.isascii() else "localhost")
        self.has_left = False
        """The mail's text is on its way: without an answer nobody knows whether it was accepted."""
        self._guard = guard
        self.deadline = deadline
        self._with_tls = False

    def open(self, host: str, port: int, *, with_tls: bool) -> None:
        self._with_tls = with_tls
        self._host = (
            host  # the name that the certificate must be for; smtplib sets it in its constructor only
        )
        greeting = self.connect(host, port)
        if greeting[0] != 220:
            raise smtplib.SMTPConnectError(*greeting)
        self.ehlo_or_helo_if_needed()

    def left_s(self) -> float:
        left_s = self.deadline - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("out of time")
        return left_s

    def _get_socket(self, host: str, port: int, timeout: float) -> socket:
        dialled = self._guard.dial(host, port, timeout_s=min(CONNECT_S, self.left_s()))
        dialled.settimeout(self.left_s())
        return tls().wrap_socket(dialled, server_hostname=host) if self._with_tls else dialled

    def send(self, s: Buffer | str) -> None:
        if self.sock:
            self.sock.settimeout(self.left_s())
        super().send(s)

    def getreply(self) -> SmtpReply:
        if self.file is None and self.sock:
            self.file = _Lines(self.sock, self.left_s)
        reply = super().getreply()
        if self.sock:
            self.sock.settimeout(self.left_s())  # for a TLS handshake that may come next
        return reply


class _Lines:
    """Reads a server's replies; smtplib's own reader starts its time-out anew with each byte."""

    def __init__(self, source: socket, left_s: Callable[[], float]) -> None:
        self._source = source
        self._left_s = left_s
        self._unread = bytearray()
        self._received = 0

    def readline(self, limit: int) -> bytes:
        while b"\n" not in self._unread and len(self._unread) < limit:
            self._source.settimeout(self._left_s())
            received = self._source.recv(4096)
            self._received += len(received)
            if self._received > MOST_REPLY_BYTES:
                raise OSError("the server never stops talking")
            if not received:
                break
            self._unread += received
        end = self._unread.find(b"\n") + 1 or len(self._unread)
        line = bytes(self._unread[: min(end, limit)])
        del self._unread[: len(line)]
        return line

    def close(self) -> None:
        """The socket belongs to the server object, which closes it."""


def _translated(failure: Exception, server: _Server, who: str) -> errors.ConnectorError:
    match failure:
        case smtplib.SMTPAuthenticationError() if failure.smtp_code >= 500:
            return errors.NeedsReconnect(f"{who} refused the user name or password.")
        case smtplib.SMTPResponseException():
            said = f"{who} answered {failure.smtp_code}: {_readable(failure.smtp_error)}"
            return errors.Rejected(said) if failure.smtp_code >= 500 else errors.Unavailable(said)
        case smtplib.SMTPNotSupportedError():
            return errors.Misconfigured(
                f"{who} does not offer this kind of sign-in or security.", field="security"
            )
        case ssl.SSLCertVerificationError():
            return errors.Unavailable(f"The certificate of the mail server is not valid for {who[16:]}.")
    if time.monotonic() >= server.deadline:
        return errors.TimedOut(f"{who} did not answer in time.", maybe_done=server.has_left)
    return errors.Unavailable(f"{who} closed the connection.", maybe_done=server.has_left)


def _expect_ok(reply: SmtpReply) -> None:
    if reply[0] >= 300 or reply[0] < 200:
        raise smtplib.SMTPResponseException(*reply)


def _readable(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())[:200]
