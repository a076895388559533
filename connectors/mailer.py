"""How does Parley itself send a mail? Through the server that the operator named in EMAIL_URL.

    smtp://user:password@mail.example.com:587/?tls=starttls&from=Parley <parley@example.com>

`tls` is starttls, tls or none: without it tls on port 465, none where no user name is given, else starttls.
The server is the operator's own choice, so it may be in a private network; to whom a mail goes is not asked
of the guard, which looks at addresses of machines.
"""

from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate
from urllib.parse import parse_qs, unquote, urlsplit
from uuid import UUID

from django.conf import settings

from connectors import errors
from connectors.apps.email import addresses
from connectors.apps.email.addresses import Mailbox
from connectors.declare import Credential, Resolved
from connectors.outbound import allowances
from connectors.outbound.guard import Guard
from connectors.outbound.smtp import GuardedMail
from workspaces.vault import Secret

SECURITIES = ("starttls", "tls", "none")
ANYWHERE = allowances.parse(("0.0.0.0/0", "::/0"))
NOBODY = UUID(int=0)
LONGEST_LINE = 900


@dataclass(frozen=True)
class Server:
    host: str
    port: int
    security: str
    username: str
    password: Credential
    sender: Mailbox


def is_set_up() -> bool:
    return bool(settings.EMAIL_URL)


def send(to: str, *, subject: str, text: str, key: str, deadline: float) -> None:
    """`key` makes the Message-ID, the same for each attempt. Raises ConnectorError."""
    if not is_set_up():
        raise errors.Misconfigured(
            "This Parley has no mail server of its own. Its operator sets one with EMAIL_URL."
        )
    try:
        server = read(settings.EMAIL_URL)
    except ValueError as wrong:
        raise errors.Misconfigured("EMAIL_URL is not set right. Its operator can mend it.") from wrong
    [recipient] = addresses.parse([to], field="to")
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(server.sender.name, server.sender.local, server.sender.domain)
    message["To"] = Address(recipient.name, recipient.local, recipient.domain)
    message["Subject"] = " ".join(subject.split())
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{key}@{server.sender.domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text, cte=_encoding(text))
    _office(server, deadline).send(
        message.as_bytes(), sender=server.sender.address, recipients=[recipient.address]
    )


def read(url: str) -> Server:
    """Raises ValueError for what is no address of a mail server."""
    parts = urlsplit(url)
    asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    if parts.scheme != "smtp" or not parts.hostname or set(asked) - {"tls", "from"}:
        raise ValueError("use smtp://user:password@host:port/?tls=starttls&from=name@host")
    security = asked.get("tls") or _usual_security(parts.port, parts.username)
    if security not in SECURITIES:
        raise ValueError(f"tls is one of {', '.join(SECURITIES)}")
    return Server(
        host=parts.hostname,
        port=parts.port or (465 if security == "tls" else 587 if security == "starttls" else 25),
        security=security,
        username=unquote(parts.username or ""),
        password=Secret(unquote(parts.password or "")),
        sender=_sender(asked.get("from", "")),
    )


def _usual_security(port: int | None, username: str | None) -> str:
    if port == 465:
        return "tls"
    return "starttls" if username else "none"


def _sender(given: str) -> Mailbox:
    if not given:
        return Mailbox("Parley", "parley", _own_domain())
    try:
        [sender] = addresses.parse(given, field="from")
    except errors.Misconfigured as wrong:
        raise ValueError("from is one e-mail address") from wrong
    return sender


def _own_domain() -> str:
    host = urlsplit(settings.BASE_URL).hostname or ""
    is_name = "." in host and not host.replace(".", "").isdigit() and ":" not in host
    return host if is_name else "parley.invalid"


def _office(server: Server, deadline: float) -> GuardedMail:
    connection = Resolved(
        id=NOBODY,
        app="email",
        name="EMAIL_URL",
        version=1,
        settings={
            "host": server.host,
            "port": server.port,
            "security": server.security,
            "username": server.username,
            "from": server.sender.address,
        },
        credentials={"password": server.password},
    )
    guard = Guard(ports=frozenset({server.port}), allow=ANYWHERE)
    return GuardedMail(guard=guard, connection=connection, deadline=deadline)


def _encoding(text: str) -> str:
    plain = text.isascii() and all(len(line) <= LONGEST_LINE for line in text.splitlines())
    return "7bit" if plain else "quoted-printable"
