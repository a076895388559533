"""How does a person type JSON that holds tokens?

Stored is plain JSON in which a token stands inside a string; a string that is exactly one token keeps the
value's type. People may also type the token bare (`"number": {{ analysis.x }}`) and may use quotes inside a
token; both are read as the same value.
"""

import json
import math
import re

from connectors.declare import JSON

_TOKEN = re.compile(r"\{\{[^{}]*\}\}")
# Possessive, so that an unclosed string costs one pass and not many.
_STRING_OR_BARE_TOKEN = re.compile(r'"(?:\{\{[^{}]*\}\}|\\.|[^"\\])*+"|' + _TOKEN.pattern, re.DOTALL)
_QUOTE_OR_ESCAPE = re.compile(r'\\["\\]|["\\\n\t]')


class NotJson(ValueError):
    """`str()` says what is wrong and in which line."""


def show(value: JSON) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)


def read(text: str) -> JSON:
    quoted = _STRING_OR_BARE_TOKEN.sub(_quoted, text)
    try:
        value: JSON = json.loads(quoted, parse_constant=_refuse_constant, parse_float=_finite)
    except json.JSONDecodeError as error:
        raise NotJson(
            f"Not valid JSON in line {error.lineno}: {error.msg[:1].lower()}{error.msg[1:]}."
        ) from error
    except (RecursionError, ValueError) as error:
        raise NotJson(
            str(error) if isinstance(error, NotJson) else "This JSON is too deep or too large."
        ) from error
    return value


def _quoted(piece: re.Match[str]) -> str:
    if piece[0].startswith("{{"):
        return f'"{_escaped(piece)}"'
    return _TOKEN.sub(_escaped, piece[0])


def _escaped(token: re.Match[str]) -> str:
    """The token as the inside of a JSON string; what is escaped already stays."""
    return _QUOTE_OR_ESCAPE.sub(
        lambda found: found[0] if len(found[0]) == 2 else _ESCAPES[found[0]], token[0]
    )


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": " ", "\t": " "}


def _refuse_constant(name: str) -> JSON:
    raise NotJson(f"{name} is not a JSON value.")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise NotJson(f"The number {text} is too large.")
    return number
