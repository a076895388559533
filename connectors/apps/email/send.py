"""The e-mail step: builds one message, hands it over, and says who was accepted."""

from collections.abc import Mapping
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate

from connectors import errors
from connectors.apps.email import addresses
from connectors.apps.email.addresses import Mailbox
from connectors.declare import JSON, Action, Call, Field, Inputs, Kind, Output, Outputs, Repeat

MOST_RECIPIENTS = 50
LONGEST_LINE = 900
"""SMTP allows 998 characters in a line; longer ones are sent as quoted-printable, which folds them."""


def _summary(inputs: Mapping[str, JSON], connection: str = "") -> str:
    to = inputs.get("to")
    who = ", ".join(str(item) for item in to) if isinstance(to, list) else str(to or "…")
    return f"**{inputs.get('subject') or 'No subject yet'}** to {who}"


def _perform(inputs: Inputs, call: Call) -> Outputs:
    sender = _one(call.settings.get("from"), field="from")
    to, cc, bcc = (addresses.parse(inputs.get(name), field=name) for name in ("to", "cc", "bcc"))
    recipients = list(dict.fromkeys(mailbox.address for mailbox in (*to, *cc, *bcc)))
    if not recipients:
        raise errors.Misconfigured("There is nobody to send it to.", field="to")
    if len(recipients) > MOST_RECIPIENTS:
        raise errors.Misconfigured(f"A mail goes to {MOST_RECIPIENTS} recipients at most.", field="to")
    message = EmailMessage(policy=SMTP)
    message["From"] = _header(sender)
    if to:
        message["To"] = [_header(mailbox) for mailbox in to]
    if cc:
        message["Cc"] = [_header(mailbox) for mailbox in cc]
    if inputs.get("reply_to"):
        message["Reply-To"] = _header(_one(inputs["reply_to"], field="reply_to"))
    message["Subject"] = addresses.safe_line(str(inputs.get("subject") or ""), field="subject")
    message["Date"] = formatdate()
    message["Message-ID"] = f"<{call.idempotency_key}@{sender.domain}>"
    _set_text(message, inputs)
    refused = call.mail.send(message.as_bytes(), sender=sender.address, recipients=recipients)
    return {
        "message_id": str(message["Message-ID"]),
        "accepted": [address for address in recipients if address not in refused],
        "rejected": [{"address": address, "reason": reason} for address, reason in refused.items()],
    }


def _one(value: JSON, *, field: str) -> Mailbox:
    mailboxes = addresses.parse(value, field=field)
    if len(mailboxes) != 1:
        raise errors.Misconfigured("Exactly one address is needed here.", field=field)
    return mailboxes[0]


def _header(mailbox: Mailbox) -> Address:
    return Address(display_name=mailbox.name, username=mailbox.local, domain=mailbox.domain)


def _set_text(message: EmailMessage, inputs: Inputs) -> None:
    text, html = _sendable(inputs, "text"), _sendable(inputs, "html")
    if text or not html:
        message.set_content(text, cte=_encoding(text))
    if html and text:
        message.add_alternative(html, subtype="html", cte=_encoding(html))
    elif html:
        message.set_content(html, subtype="html", cte=_encoding(html))


def _sendable(inputs: Inputs, field: str) -> str:
    text = str(inputs.get(field) or "")
    if "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise errors.Misconfigured("The text holds characters that cannot be sent.", field=field)
    return text


def _encoding(text: str) -> str:
    """Readable on the wire and in any mail log: never base64."""
    plain = text.isascii() and all(len(line) <= LONGEST_LINE for line in text.splitlines())
    return "7bit" if plain else "quoted-printable"


SEND = Action(
    key="send",
    label="Send an e-mail",
    description="Send a mail to one or more people.",
    synonyms=("mail", "message", "notify", "write"),
    needs_connection=True,
    repeat=Repeat.NEVER,
    default_on_unknown="retry",
    summary=_summary,
    perform=_perform,
    fields=(
        Field(
            name="to",
            kind=Kind.TEXT,
            label="To",
            help="Several addresses with commas between them.",
            placeholder="name@example.com",
            required=True,
            many=True,
        ),
        Field(name="cc", kind=Kind.TEXT, label="Cc", many=True, advanced=True),
        Field(name="bcc", kind=Kind.TEXT, label="Bcc", many=True, advanced=True),
        Field(name="reply_to", kind=Kind.TEXT, label="Reply to", advanced=True),
        Field(name="subject", kind=Kind.TEXT, label="Subject", required=True, max_length=500),
        Field(name="text", kind=Kind.LONG_TEXT, label="Text"),
        Field(
            name="html",
            kind=Kind.LONG_TEXT,
            label="HTML",
            help="Shown instead of the text where the reader's mail program can.",
            advanced=True,
        ),
    ),
    outputs=(
        Output(
            name="message_id",
            type="string",
            label="Message id",
            sample="<k3v9x2m4q7abcdefghijklmn@example.com>",
        ),
        Output(name="accepted", type="array", label="Accepted", sample=["jonas@example.com"]),
        Output(name="rejected", type="array", label="Refused", sample=[]),
    ),
)
