"""Who is meant by the text in an address field? Strict, because it ends up in commands to a mail server.

Not by the standard library's parser: a text made for it takes seconds, and it accepts forms nobody types.
"""

import re
from dataclasses import dataclass

from connectors import errors
from connectors.declare import JSON

ITEM = re.compile(
    r"""(?: (?: "(?P<quoted>[^"\\]{0,100})" | (?P<plain>[^",;:<>@()\[\]\\]{0,100}?) )
            [ ]{0,10} < (?P<angled> [^<>\s,;"]{1,254} ) >
          | (?P<bare> [^<>\s,;:"]{1,254} )
        ) (?= [ ]{0,10} (?: , | $ ) )""",
    re.VERBOSE,
)
ADDRESS = re.compile(
    r"(?P<local>[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*)@(?P<domain>[^@\s<>,;]+)"
)
LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
DOMAIN = re.compile(rf"{LABEL}(\.{LABEL})*")
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Control characters and line separators: nothing that could end a header or a command early."""
LONGEST = 20_000


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
        return _mailboxes(value, field)
    if not isinstance(value, list):
        raise errors.Misconfigured("Give addresses as text or as a list.", field=field)
    found = [_mailboxes(item, field) if isinstance(item, str) else [] for item in value]
    if any(len(mailboxes) != 1 for mailboxes in found):
        raise errors.Misconfigured("Each item of the list must be one address.", field=field)
    return [mailboxes[0] for mailboxes in found]


def safe_line(text: str, *, field: str) -> str:
    if UNSAFE.search(text):
        raise errors.Misconfigured("Line breaks and control characters are not allowed here.", field=field)
    return text


def _mailboxes(text: str, field: str) -> list[Mailbox]:
    if len(text) > LONGEST:
        raise errors.Misconfigured("Too long for a list of addresses.", field=field)
    safe_line(text, field=field)
    mailboxes: list[Mailbox] = []
    position = 0
    while position < len(text):
        if text[position] in " ,":  # an empty place in the list is nobody
            position += 1
            continue
        item = ITEM.match(text, position)
        mailbox = item and _mailbox(item)
        if not item or not mailbox:
            raise errors.Misconfigured("This is not an e-mail address.", field=field)
        mailboxes.append(mailbox)
        position = item.end()
    return mailboxes


def _mailbox(item: re.Match[str]) -> Mailbox | None:
    parts = ADDRESS.fullmatch(item["angled"] or item["bare"])
    try:
        domain = parts["domain"].encode("idna").decode() if parts else ""
    except UnicodeError:
        return None
    if not parts or not DOMAIN.fullmatch(domain):
        return None
    return Mailbox((item["quoted"] or item["plain"] or "").strip(), parts["local"], domain)
