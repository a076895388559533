"""Which mails has the demo's mail catcher taken? Read straight from its Maildir, newest first."""

import mailbox
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from pathlib import Path

from django.conf import settings

SHOWN = 100


@dataclass(frozen=True)
class Mail:
    id: str
    received_at: datetime
    sender: str
    recipients: str
    """Those of the envelope, so blind copies are here too."""
    subject: str
    text: str


def mails(folder: Path | None = None, *, limit: int = SHOWN) -> list[Mail]:
    caught = mailbox.Maildir(folder or settings.VAR_DIR / "mail", create=True)
    found = [(_received_at(caught, key), key) for key in caught.iterkeys()]
    return [_mail(caught, key, at) for at, key in sorted(found, reverse=True)[:limit]]


def _received_at(caught: mailbox.Maildir, key: str) -> float:
    """Seconds since 1970: a Maildir's names begin with them, parts of a second included."""
    seconds, _, rest = key.partition(".")
    micros = rest.partition("M")[2].partition("P")[0]
    return float(f"{seconds}.{micros.zfill(6) if micros.isdecimal() else 0}")


def _mail(caught: mailbox.Maildir, key: str, at: float) -> Mail:
    message = BytesParser(policy=default).parsebytes(caught.get_bytes(key))
    assert isinstance(message, EmailMessage)
    body = message.get_body(preferencelist=("plain", "html"))
    return Mail(
        id=key,
        received_at=datetime.fromtimestamp(at, UTC),
        sender=str(message.get("From") or message.get("X-MailFrom", "")),
        recipients=str(message.get("X-RcptTo", "")),
        subject=str(message.get("Subject", "")),
        text=body.get_content() if body else "",
    )
