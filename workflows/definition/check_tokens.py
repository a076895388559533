"""Do the tokens of a text name something that is there, may be used there, and fits?"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from connectors.declare import JSON
from workflows.definition import texts
from workflows.definition.names import Names, Viewpoint, named
from workflows.definition.outputs import ANY
from workflows.definition.problems import Problem, Severity
from workflows.templating import tokens
from workflows.templating.paths import written
from workflows.templating.tokens import Reference, TokenSyntax

WORDS: Mapping[str, str] = {
    "string": "a text",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "object": "an object",
    "array": "a list",
    "datetime": "a date and time",
}
_NOT_FOR: Mapping[str, frozenset[str]] = {
    "string": frozenset(("array", "object")),
    "number": frozenset(("boolean", "array", "object")),
    "integer": frozenset(("boolean", "array", "object")),
    "boolean": frozenset(("number", "integer", "array", "object")),
    "datetime": frozenset(("number", "integer", "boolean", "array", "object")),
    "array": frozenset(("string", "number", "integer", "boolean", "object")),
    "object": frozenset(("string", "number", "integer", "boolean", "array")),
}
"""Expected type → types that can never become it. A text may hold a number."""


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A field that may hold tokens, and what it allows."""

    label: str
    view: Viewpoint
    step_id: str = ""
    field: str = ""
    expects: str = ANY
    keeps_type: bool = False
    """What comes out is used as it is: a text is not read as a number."""
    accepts_secure: bool = False
    accepts_tokens: bool = True
    allows_tags: bool = False

    def problem(self, path: str, code: str, message: str, severity: Severity = "error") -> Problem:
        return Problem(path, code, message, severity, self.step_id, self.field)


def problems(value: JSON, path: str, spot: Spot, names: Names) -> Iterator[Problem]:
    """Of every text within a field's value."""
    for at, text in texts.strings(value, path):
        if not tokens.has_tokens(text):
            continue
        if not spot.accepts_tokens:
            yield spot.problem(at, "no_tokens_here", f"“{spot.label}” cannot hold tokens.")
            continue
        try:
            references = tokens.references(text, long=spot.allows_tags)
        except TokenSyntax as error:
            yield spot.problem(at, "token_syntax", error.message)
            continue
        expects = spot.expects if at == path else ANY
        for reference in references:
            yield from _of_reference(reference, at, expects, spot, names)


def _of_reference(reference: Reference, at: str, expects: str, spot: Spot, names: Names) -> Iterator[Problem]:
    found = named(reference, names, spot.view)
    if found.code:
        yield spot.problem(at, found.code, found.message, found.severity)
    if found.is_secure and not spot.accepts_secure:
        message = f"“{written(reference.path)}” is secure and cannot be used in “{spot.label}”."
        yield spot.problem(at, "secure_not_accepted", message)
    elif reference.is_whole and not found.code and clashes(expects, found.type, keeps_type=spot.keeps_type):
        message = (
            f"“{spot.label}” needs {WORDS[expects]}, but {written(reference.path)} is {WORDS[found.type]}."
        )
        yield spot.problem(at, "type_mismatch", message)


def clashes(expected: str, actual: str, *, keeps_type: bool = False) -> bool:
    """Whether a value of one type can certainly not be used for the other."""
    if actual in never_fit(expected):
        return True
    return keeps_type and actual == "string" and expected in ("number", "integer", "boolean")


def never_fit(expected: str) -> frozenset[str]:
    """The types whose values can never become one of the expected type."""
    return _NOT_FOR.get(expected, frozenset())
