"""What does Parley know of a mail server? Where it is, how to sign in, and whom mails come from."""

from collections.abc import Mapping, Sequence

from connectors import errors
from connectors.apps.email import addresses
from connectors.declare import JSON, Call, Choice, ConnectionKind, Field, Kind

FIELDS = (
    Field(
        name="host",
        kind=Kind.TEXT,
        label="Mail server",
        placeholder="smtp.example.com",
        required=True,
        tokens=False,
        max_length=253,
        pattern=r"[A-Za-z0-9.:-]+",
    ),
    Field(
        name="port",
        kind=Kind.INTEGER,
        label="Port",
        default=587,
        tokens=False,
        minimum=1,
        maximum=65535,
    ),
    Field(
        name="security",
        kind=Kind.CHOICE,
        label="Security",
        default="starttls",
        tokens=False,
        choices=(
            Choice(value="starttls", label="STARTTLS (port 587)"),
            Choice(value="tls", label="TLS (port 465)"),
            Choice(value="none", label="None: only inside your own network"),
        ),
    ),
    Field(
        name="username",
        kind=Kind.TEXT,
        label="User name",
        help="Leave it empty if the server asks for none.",
        tokens=False,
        max_length=500,
    ),
    Field(name="password", kind=Kind.SECRET, label="Password", tokens=False),
    Field(
        name="from",
        kind=Kind.TEXT,
        label="From",
        placeholder="Northwind store <hello@example.com>",
        required=True,
        tokens=False,
        max_length=320,
        pattern=r"[^\x00-\x1f]*[^\s@<>]+@[^\s@<>]+>?",
    ),
)


def _hosts(settings: Mapping[str, JSON]) -> Sequence[str]:
    return [str(settings.get("host") or "")]


def _check(call: Call) -> None:
    sender = addresses.parse(call.settings.get("from"), field="from")
    if len(sender) != 1:
        raise errors.Misconfigured("Mails come from exactly one address.", field="from")
    call.mail.check()


CONNECTION = ConnectionKind(fields=FIELDS, hosts=_hosts, check=_check)
