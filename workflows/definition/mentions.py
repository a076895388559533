"""Which action workflows does a text mention? `@look_up_order`, where a word may begin, never inside one."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MENTION = re.compile(
    r"""(?:(?<=[\s(\["'“„«,;:>*])|^)@([A-Za-z0-9_-]{0,63}[A-Za-z0-9_])(?![\w@])""", re.MULTILINE
)
"""The name is that of an action workflow. `mia@shop.example` mentions nothing."""


@dataclass(frozen=True)
class Mention:
    name: str
    start: int
    end: int
    """Of the name with its `@`."""


def mentions(text: str) -> Iterator[Mention]:
    for found in MENTION.finditer(text):
        yield Mention(found[1], found.start(1) - 1, found.end(1))


def renamed(text: str, names: Mapping[str, str]) -> str:
    """The text with `@<old>` written as `@<new>`."""
    if "@" not in text or not names:
        return text
    return MENTION.sub(lambda found: f"@{names.get(found[1], found[1])}", text)
