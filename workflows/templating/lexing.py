"""Where are the tokens in a text? One linear pass, with the limits that keep the parser behind it fast.

python-liquid's own lexer takes 600 ms for 4 KB of `{{{{…`; this one stands in its place.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from liquid.token import TOKEN_CONTENT, TOKEN_EXPRESSION, TOKEN_OUTPUT, TOKEN_TAG, TOKEN_WORD, Token

from workflows.templating.errors import TokenSyntax
from workflows.templating.paths import read_simple

MAX_TEXT = 65_536
MAX_TOKENS = 300
_MAX_EXPRESSION = 1_000
_MAX_LEXEMES = 150
_MAX_WORK = 1_000
"""Lexemes in all tokens of a text, and some for each token; plain paths are free. Bounds the time."""
_WORK_OF_TOKEN = 7
_MAX_BRACKETS = 20
_MAX_LOGIC = 20
_TAGS = ("if", "elsif", "else", "endif", "for", "endfor")

OPENING = re.compile(r"\{\{|\{%")
_TAG = re.compile(r"\s*(\w+)\s*", re.ASCII)
LEXEME = re.compile(
    r"""(?P<space>[ \t\r\n]+)|(?P<string>"[^"]*"|'[^']*')|(?P<number>-?[0-9]+(?:\.[0-9]+)?)"""
    r"""|(?P<word>[^\W\d][\w-]*)|(?P<dot>\.)|(?P<sign>[\[\]:,|]|[!=<>]=|<>|[<>])"""
)


def has_tokens(text: str) -> bool:
    return "{{" in text or "{%" in text


def lex(source: str, *, tags: bool) -> Iterator[Token]:
    """python-liquid's tokens of a text. Raises TokenSyntax."""
    if len(source) > MAX_TEXT:
        raise TokenSyntax(f"A field holds at most {MAX_TEXT // 1024} KB of text.")
    if source.count("{{") + source.count("{%") > MAX_TOKENS:
        raise TokenSyntax(f"A field holds at most {MAX_TOKENS} tokens.")
    position, strip_next, work = 0, False, 0
    for start, end, is_tag in _spans(source):
        inner, inner_start = source[start + 2 : end - 2], start + 2
        strip_this, inner, inner_start = inner.startswith("-"), *_without_dashes(inner, inner_start)
        content = _trimmed(source[position:start], left=strip_next, right=strip_this)
        if content:
            yield Token(TOKEN_CONTENT, content, position, source)
        if is_tag:
            yield from _tag(inner, inner_start, source, allowed=tags)
        else:
            yield Token(TOKEN_OUTPUT, source[start:end], start, source)
            yield _expression(inner, inner_start, source)
        work += _work(inner)
        if work > _MAX_WORK:
            raise TokenSyntax("This text has too many tokens with filters or conditions.", start)
        position, strip_next = end, source[end - 3] == "-"
    content = _trimmed(source[position:], left=strip_next, right=False)
    if content:
        yield Token(TOKEN_CONTENT, content, position, source)


def _spans(source: str) -> Iterator[tuple[int, int, bool]]:
    position = 0
    while opening := OPENING.search(source, position):
        is_tag = opening[0] == "{%"
        closing = source.find("%}" if is_tag else "}}", opening.end())
        if closing < 0:
            raise TokenSyntax(f"“{opening[0]}” is never closed.", opening.start())
        position = closing + 2
        yield opening.start(), position, is_tag


def _without_dashes(inner: str, start: int) -> tuple[str, int]:
    if inner.startswith("-"):
        inner, start = inner[1:], start + 1
    return inner.removesuffix("-"), start


def _trimmed(text: str, *, left: bool, right: bool) -> str:
    text = text.lstrip() if left else text
    return text.rstrip() if right else text


def _tag(inner: str, start: int, source: str, *, allowed: bool) -> Iterator[Token]:
    match = _TAG.match(inner)
    name = match[1] if match else ""
    if not allowed:
        raise TokenSyntax("“{% … %}” can be used in long texts only; a token is written {{ … }}.", start)
    if match is None or name not in _TAGS:
        raise TokenSyntax(f"“{{% {inner.strip()[:40]} %}}” is not known here: only if and for are.", start)
    yield Token(TOKEN_TAG, name, start + match.start(1), source)
    if match.end() < len(inner):
        yield _expression(inner[match.end() :], start + match.end(), source)


def _expression(inner: str, start: int, source: str) -> Token:
    body = inner.strip()
    start += len(inner) - len(inner.lstrip())
    if not body:
        raise TokenSyntax("A token names a value: {{ steps.look_up.output.email }}.", start)
    if len(body) > _MAX_EXPRESSION:
        raise TokenSyntax(f"A token has at most {_MAX_EXPRESSION:,} characters.", start)
    if read_simple(body) is None:
        _check(list(_lexemes(body, start)), start)
    return Token(TOKEN_EXPRESSION, body, start, source)


def _work(inner: str) -> int:
    if read_simple(inner.strip()):
        return 0
    return _WORK_OF_TOKEN + sum(match.lastgroup != "space" for match in LEXEME.finditer(inner))


def _check(lexemes: Sequence[re.Match[str]], start: int) -> None:
    if sum(match.lastgroup != "space" for match in lexemes) > _MAX_LEXEMES:
        raise TokenSyntax("A token has too many parts.", start)
    for before, after in pairwise(lexemes):
        if before.lastgroup == "number" and after.lastgroup == "word" and before.end() == after.start():
            raise TokenSyntax(
                f"“{before[0]}{after[0]}” is neither a number nor a name.", start + before.start()
            )
    if sum(match[0] == "[" for match in lexemes) > _MAX_BRACKETS:
        raise TokenSyntax("A token has too many brackets.", start)
    if sum(match[0] in ("and", "or") for match in lexemes) > _MAX_LOGIC:
        raise TokenSyntax("A condition has too many parts.", start)


def _lexemes(body: str, start: int) -> Iterator[re.Match[str]]:
    position = 0
    while position < len(body):
        match = LEXEME.match(body, position)
        if match is None:
            raise TokenSyntax(f"“{body[position]}” cannot stand in a token.", start + position)
        yield match
        position = match.end()


def keys_as_words(tokens: Iterator[Token]) -> Iterator[Token]:
    """A key may be called like a keyword (`output.limit`): after a dot every word is a name."""
    after_dot = False
    for token in tokens:
        yield token._replace(kind=TOKEN_WORD) if after_dot and token.value.isidentifier() else token
        after_dot = token.value == "."
