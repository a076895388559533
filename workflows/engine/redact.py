"""How is a secret kept out of what is stored? The second net: values that were revealed in this run, found
and masked.

The first net is that stored renderings are made without the values at all (engine.data). This one catches a
service that answers with what it was sent, in the spellings that occur in practice. A value split or
transformed otherwise passes it.
"""

import base64
import html
import json
import re
from collections.abc import Iterator
from urllib.parse import quote, quote_plus

from connectors.declare import JSON
from workspaces.vault.secret import MASK

SHORTEST = 8
"""Shorter values would be found in texts that merely look like them; they are masked only where they are the
whole text.
"""
SHORTEST_WHOLE = 4


class Revealed:
    """The clear values one run has used so far."""

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None

    def remember(self, value: str) -> None:
        if value not in self._values:
            self._values.add(value)
            self._pattern = None

    def __len__(self) -> int:
        return len(self._values)

    def masked(self, value: JSON) -> JSON:
        if not self._values:
            return value
        match value:
            case str():
                return self.masked_text(value)
            case dict():
                return {self.masked_text(key): self.masked(item) for key, item in value.items()}
            case list():
                return [self.masked(item) for item in value]
            case bool() | None:
                return value
        text = json.dumps(value)
        return value if self.masked_text(text) == text else MASK

    def masked_text(self, text: str) -> str:
        if text in self._values and len(text) >= SHORTEST_WHOLE:
            return MASK
        if self._pattern is None:
            spelled = {form for value in self._values if len(value) >= SHORTEST for form in spellings(value)}
            longest_first = sorted(spelled, key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, longest_first)) if spelled else r"(?!)")
        return self._pattern.sub(MASK, text)


def spellings(value: str) -> Iterator[str]:
    yield value
    for quoted in (quote(value, safe=""), quote(value), quote_plus(value)):
        yield quoted
        yield re.sub("%[0-9A-F]{2}", lambda escape: escape[0].lower(), quoted)
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1].replace("/", "\\/")
    for quotes in ("&#x27;", "&#39;"):
        yield html.escape(value).replace("&#x27;", quotes)
    yield html.escape(value, quote=False)
    octets = value.encode(errors="surrogatepass")
    yield octets.hex()
    yield octets.hex().upper()
    for offset in range(3):
        yield from _base64(octets, offset)


def _base64(octets: bytes, offset: int) -> Iterator[str]:
    """The characters that depend on `octets` alone when they begin `offset` octets into a group of three."""
    encoded = base64.b64encode(bytes(offset) + octets).decode().rstrip("=")
    first = -(-offset * 8 // 6)
    last = (offset + len(octets)) * 8 // 6
    core = encoded[first:last]
    yield core
    yield core.replace("+", "-").replace("/", "_")
