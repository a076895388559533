"""Who is meant by the text in an address field? Strict, because it ends up in commands to a mail server."""

import re
from dataclasses import dataclass
from email import headerregistry

from connectors import errors
from connectors.declare import JSON

ADDRESS = re.compile(
    r"(?P<local>[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*)@(?P<domain>[^@\s<>,;]+)"
)
AddressHeader = headerregistry.HeaderRegistry()["to"]
LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
DOMAIN = re.compile(rf"{LABEL}(\.{LABEL})*")
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Control characters and line separators: nothing that could end a header or a command early."""


@dataclass(frozen=True)
class Mailbox:
    name: str
    local: str
    domain: str

    @property
    def address(self) -> str:
        return f"{self.local}@{self.domain}"


def parse(value: JSON, *, field: str) -> list[Mailbox]:
    """A text with commas, or a list whose items are one address each: data cannot smuggle in a second one."""
    if value is None or value == "":
        return []
    if isinstance(value, str):
        return _mailboxes(value, field=field)
    if not isinstance(value, list):
        raise errors.Misconfigured("Give addresses as text or as a list.", field=field)
    found = [_mailboxes(item, field=field) if isinstance(item, str) else [] for item in value]
    if any(len(mailboxes) != 1 for mailboxes in found):
        raise errors.Misconfigured("Each item of the list must be one address.", field=field)
    return [mailboxes[0] for mailboxes in found]


def safe_line(text: str, *, field: str) -> str:
    if UNSAFE.search(text):
        raise errors.Misconfigured("Line breaks and control characters are not allowed here.", field=field)
    return text


def _mailboxes(text: str, *, field: str) -> list[Mailbox]:
    if len(text) > 20_000:
        raise errors.Misconfigured("Too long for a list of addresses.", field=field)
    try:
        header = AddressHeader("to", safe_line(text.strip().strip(","), field=field))
        pairs = [(address.display_name, address.addr_spec) for address in header.addresses]  # type: ignore[attr-defined]
    except (ValueError, IndexError, AttributeError) as unreadable:
        raise errors.Misconfigured("This is not an e-mail address.", field=field) from unreadable
    if header.defects or not pairs:
        raise errors.Misconfigured("This is not an e-mail address.", field=field)
    return [_mailbox(name, spec, field=field) for name, spec in pairs]


def _mailbox(name: str, spec: str, *, field: str) -> Mailbox:
    parts = ADDRESS.fullmatch(spec)
    try:
        domain = parts["domain"].encode("idna").decode() if parts else ""
    except UnicodeError:
        domain = ""
    if not parts or not DOMAIN.fullmatch(domain) or len(spec) > 254:
        raise errors.Misconfigured("This is not an e-mail address.", field=field)
    return Mailbox(name, parts["local"], domain)
