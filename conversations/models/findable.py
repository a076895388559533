"""What can a text be found by? Its words and their beginnings, by an index that PostgreSQL has built in.

The same expression stands in the index and in the question: only then does the index answer it.
"""

from collections.abc import Iterable
from typing import ClassVar

from django.contrib.postgres.search import SearchQuery, SearchVectorExact, SearchVectorField
from django.db.models import F, Func, Q

BETWEEN = "-._/@:~<>&+"
"""Parts of addresses, numbers and compounds are words of their own: PostgreSQL would keep some together."""
MOST_PENDING_KB = 256
"""New words go into the index in portions; whoever brings the last of one pays for it, so they are small."""
MOST_WORDS, LONGEST_WORD = 12, 100
SHORTEST_END = 3
_VECTOR = "to_tsvector('simple', translate(left(%s, 100000), '{between}', '{spaces}'))".format(
    between=BETWEEN, spaces=" " * len(BETWEEN)
)
_NO_WORD = str.maketrans(dict.fromkeys(f"{BETWEEN}'\\", " "))
_CALLED = " || ' ' || ".join(
    f"coalesce(%(expressions)s ->> '{key}', '')" for key in ("name", "email", "phone", "id")
)
_DIGITS = "translate(coalesce(%(expressions)s ->> 'phone', ''), '+-()./ ', '')"
_NUMBER = f"' ' || {_DIGITS} || ' r' || reverse({_DIGITS})"
"""A telephone number is known however it is written, and by its end: `r` keeps that apart from others."""


class SaidWords(Func):
    """Of a text."""

    template = _VECTOR % "%(expressions)s"
    arity = 1
    output_field: ClassVar = SearchVectorField()


class CustomerWords(Func):
    """Of what a customer is called by."""

    template = _VECTOR % f"{_CALLED} || {_NUMBER}"
    arity = 1
    output_field: ClassVar = SearchVectorField()


def said(text: str) -> Q:
    """Messages with each of these words, or with one that begins so."""
    return _matching(SaidWords(F("text")), (f"'{word}':*" for word in _words(text)))


def named(text: str) -> Q:
    """Conversations whose customer is called so, or has a telephone number that ends so."""
    return _matching(CustomerWords(F("customer")), map(_name, _words(text)))


def _words(text: str) -> list[str]:
    return [word[:LONGEST_WORD] for word in text.translate(_NO_WORD).split()[:MOST_WORDS]]


def _name(word: str) -> str:
    is_an_end = word.isascii() and word.isdigit() and len(word) >= SHORTEST_END
    return f"('{word}':* | 'r{word[::-1]}':*)" if is_an_end else f"'{word}':*"


def _matching(words: Func, terms: Iterable[str]) -> Q:
    query = " & ".join(terms)
    if not query:
        return Q(pk__in=())
    return Q(SearchVectorExact(words, SearchQuery(query, config="simple", search_type="raw")))
