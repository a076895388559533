"""What does a field hold when its step runs? The same JSON with every token filled in."""

import re
from collections.abc import Mapping
from io import StringIO
from typing import Any

from liquid.builtin.expressions.filtered import FilteredExpression
from liquid.exceptions import LiquidError
from liquid.template import BoundTemplate

from connectors.declare import JSON
from workflows.templating import templates
from workflows.templating.errors import NotRendered, TemplatingError
from workflows.templating.filters import MAX_VALUE, as_text, plain
from workflows.templating.language import Scope, evaluate
from workflows.templating.lexing import has_tokens
from workflows.templating.paths import Path, lookup

MAX_TEXT = 65_536
MAX_DEPTH = 20
_TOKENS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)

type Values = Mapping[str, Any]
"""Roots by name. A root may be any Mapping that finds its values when asked; what it gives is plain JSON.

`secrets` and `secure` are the caller's choice: clear for the call itself, masked for what is stored.
A value `{"$secure": name}` directly below `action` is replaced by `secure.<name>`.
"""


def resolve(value: JSON, values: Values, *, long: bool = False) -> JSON:
    """`value` with its tokens filled in; a string that is exactly one token becomes the value itself.

    Raises TemplatingError. What a token gives is never read for tokens again; it is shared with
    `values`, so do not change it. `long` allows `{% if %}` and `{% for %}`.
    """
    return _resolved(value, values, long, MAX_DEPTH)


def leniently(text: str, values: Values) -> str:
    """As `resolve` for a text that must be said whatever is missing: a token without a value is left out."""
    if not has_tokens(text):
        return text
    try:
        template = templates.read(text, long=True)
    except TemplatingError:
        return _TOKENS.sub("", text)
    if not template.parts:
        try:
            return as_text(_with_tags(template.liquid, values)) if template.liquid else ""
        except TemplatingError:
            return _TOKENS.sub("", text)
    return "".join(_piece(part, values, template.liquid) for part in template.parts)[:MAX_TEXT]


def _piece(part: str | Path | FilteredExpression, values: Values, template: BoundTemplate | None) -> str:
    if isinstance(part, str):
        return part
    try:
        return as_text(_value(part, values, template))
    except TemplatingError:
        return ""


def _resolved(value: JSON, values: Values, long: bool, depth: int) -> JSON:
    if isinstance(value, str):
        return _text(value, values, long) if has_tokens(value) else value
    if isinstance(value, dict | list):
        if depth == 0:
            raise NotRendered(f"A value is nested more than {MAX_DEPTH} levels deep.")
        if isinstance(value, list):
            return [_resolved(item, values, long, depth - 1) for item in value]
        return {key: _resolved(item, values, long, depth - 1) for key, item in value.items()}
    return value


def _text(text: str, values: Values, long: bool) -> JSON:
    template = templates.read(text, long=long)
    parts = template.parts
    if not parts:
        assert template.liquid is not None
        return _with_tags(template.liquid, values)
    if len(parts) == 1 and not isinstance(parts[0], str):
        return _whole(_value(parts[0], values, template.liquid))
    written, size = [], 0
    for part in parts:
        piece = part if isinstance(part, str) else as_text(_value(part, values, template.liquid))
        size += len(piece)
        _check_size(size)
        written.append(piece)
    return "".join(written)


def _value(part: Path | FilteredExpression, values: Values, template: BoundTemplate | None) -> Any:
    if isinstance(part, tuple):
        return lookup(values, part)
    assert template is not None
    return evaluate(part, Scope(template, values))


def _whole(value: Any) -> JSON:
    if isinstance(value, str) and len(value) > MAX_VALUE:
        raise NotRendered(f"A value is longer than {MAX_VALUE:,} characters.")
    plain_value: JSON = plain(value)
    return plain_value


def _with_tags(template: BoundTemplate, values: Values) -> str:
    scope, buffer = Scope(template, values), _Bounded()
    try:
        for node in template.nodes:
            node.render(scope, buffer)
    except LiquidError as error:
        raise NotRendered(f"The text could not be filled in: {error.message}.") from error
    return buffer.getvalue()


class _Bounded(StringIO):
    def write(self, text: str) -> int:
        _check_size(self.tell() + len(text))
        return super().write(text)


def _check_size(size: int) -> None:
    if size > MAX_TEXT:
        raise NotRendered(f"The text would be longer than {MAX_TEXT // 1024} KB.")
