"""What may a rule ask? The operators by the type of value they are for, and what stands to their right."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import re2

type For = Literal["text", "number", "boolean", "date", "list", "any"]
type Right = Literal["nothing", "text", "texts", "pattern", "number", "range", "date", "span"]

UNITS = ("seconds", "minutes", "hours", "days", "weeks")
MAX_PATTERN = 1_000


@dataclass(frozen=True)
class Operator:
    label: str
    """Between the two sides: “total *is less than* 100”."""
    of: For
    right: Right = "nothing"
    """text: one value · texts: a list of them · range: `[low, high]` · span: `{"amount", "unit"}`"""


OPERATORS: Mapping[str, Operator] = {
    "is": Operator("is", "text", "text"),
    "is_not": Operator("is not", "text", "text"),
    "contains": Operator("contains", "text", "text"),
    "not_contains": Operator("does not contain", "text", "text"),
    "starts_with": Operator("starts with", "text", "text"),
    "ends_with": Operator("ends with", "text", "text"),
    "matches": Operator("matches pattern", "text", "pattern"),
    "one_of": Operator("is one of", "text", "texts"),
    "is_empty": Operator("is empty", "text"),
    "is_not_empty": Operator("is not empty", "text"),
    "eq": Operator("equals", "number", "number"),
    "ne": Operator("does not equal", "number", "number"),
    "gt": Operator("is more than", "number", "number"),
    "gte": Operator("is at least", "number", "number"),
    "lt": Operator("is less than", "number", "number"),
    "lte": Operator("is at most", "number", "number"),
    "between": Operator("is between", "number", "range"),
    "is_true": Operator("is true", "boolean"),
    "is_false": Operator("is false", "boolean"),
    "before": Operator("is before", "date", "date"),
    "after": Operator("is after", "date", "date"),
    "on": Operator("is on", "date", "date"),
    "in_last": Operator("is in the last", "date", "span"),
    "in_next": Operator("is in the next", "date", "span"),
    "size_eq": Operator("has exactly", "list", "number"),
    "size_ne": Operator("has not exactly", "list", "number"),
    "size_gt": Operator("has more than", "list", "number"),
    "size_gte": Operator("has at least", "list", "number"),
    "size_lt": Operator("has fewer than", "list", "number"),
    "size_lte": Operator("has at most", "list", "number"),
    "exists": Operator("exists", "any"),
    "not_exists": Operator("does not exist", "any"),
}
"""`contains`, `not_contains`, `is_empty` and `is_not_empty` are for lists too."""

PRESENCE = frozenset(("exists", "not_exists", "is_empty", "is_not_empty"))
"""A value that is missing is an answer to these; to all others it is an error."""


class BadPattern(ValueError):
    """`str()` says what is wrong with it, without quoting it."""


@lru_cache(maxsize=256)
def pattern(text: str) -> Any:
    """An RE2 pattern, ready for `search`: linear in the text, whatever people write. Raises BadPattern."""
    if len(text) > MAX_PATTERN:
        raise BadPattern(f"A pattern has at most {MAX_PATTERN:,} characters.")
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(text, options)
    except UnicodeEncodeError as error:
        raise BadPattern("The pattern has characters that no text can have.") from error
    except re2.error as error:
        said = error.args[0].decode(errors="replace") if error.args else ""
        raise BadPattern(f"The pattern cannot be read: {said.partition(':')[0]}.") from error
