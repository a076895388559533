"""Which paths does a text refer to, and how is it rewritten when a step's name changes?"""

from collections.abc import Iterator, Mapping
from itertools import pairwise

from workflows.templating import templates
from workflows.templating.errors import MissingValue, NotRendered, TemplatingError, TokenSyntax
from workflows.templating.lexing import LEXEME, OPENING, has_tokens
from workflows.templating.templates import ROOTS, Reference

__all__ = [
    "ROOTS",
    "MissingValue",
    "NotRendered",
    "Reference",
    "TemplatingError",
    "TokenSyntax",
    "has_tokens",
    "references",
    "rewrite",
]


def references(text: str, *, long: bool = False) -> list[Reference]:
    """Every path that the text refers to, the loop names of `for` left out. Raises TokenSyntax."""
    return list(templates.read(text, long=long).references) if has_tokens(text) else []


def rewrite(text: str, slugs: Mapping[str, str]) -> str:
    """The text with `steps.<old>` written as `steps.<new>`; works on a text that cannot be read, too."""
    if not slugs or not has_tokens(text) or "steps" not in text:
        return text
    pieces, position = [], 0
    for start, end, slug in _slugs(text):
        if slug in slugs:
            pieces += [text[position:start], slugs[slug]]
            position = end
    return "".join([*pieces, text[position:]])


def _slugs(text: str) -> Iterator[tuple[int, int, str]]:
    """Where slugs stand: after `steps` at the beginning of a path, as `.slug` or `["slug"]`."""
    position = 0
    while opening := OPENING.search(text, position):
        closing = text.find("}}" if opening[0] == "{{" else "%}", opening.end())
        position = len(text) if closing < 0 else closing + 2
        lexemes = [("", 0, "")]
        lexemes += [
            (kind, match.start(), match[0])
            for match in LEXEME.finditer(text, opening.end(), position)
            if (kind := match.lastgroup or "") != "space"
        ]
        for index, ((_, _, before), (kind, _, word)) in enumerate(pairwise(lexemes), start=1):
            if kind == "word" and word == "steps" and before != "." and len(lexemes) > index + 2:
                sign, (kind, start, name) = lexemes[index + 1][2], lexemes[index + 2]
                if sign == "." and kind == "word":
                    yield start, start + len(name), name
                elif sign == "[" and kind == "string":
                    yield start + 1, start + len(name) - 1, name[1:-1]
