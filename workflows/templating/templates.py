"""What does a text say? Its parts ready to be filled in, and every path that it refers to; read once."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from liquid.ast import Node
from liquid.builtin.content import ContentNode
from liquid.builtin.expressions import Path as LiquidPath
from liquid.builtin.expressions.arguments import PositionalArgument
from liquid.builtin.expressions.filtered import FilteredExpression
from liquid.builtin.expressions.primitive import Blank, Empty
from liquid.builtin.tags.for_tag import ForNode
from liquid.exceptions import LiquidError
from liquid.expression import Expression
from liquid.template import BoundTemplate
from liquid.token import TOKEN_WORD

from workflows.templating.errors import TokenSyntax
from workflows.templating.filters import FILTERS
from workflows.templating.language import LANGUAGE, Condition, OutputNode, Scope
from workflows.templating.paths import Path, Segment, as_written, read_simple

ROOTS = frozenset(
    (
        "variables",
        "action",
        "analysis",
        "secure",
        "secrets",
        "session",
        "steps",
        "loop",
        "conversation",
        "run",
        "now",
    )
)
NAMED_ONLY = frozenset(("secure", "secrets"))
"""Roots whose values are reached by a literal name only: not all at once, not by a name that data chooses."""

_SINGLE = re.compile(r"\{\{\s*([^\s{}]+)\s*\}\}")
_CACHED_LENGTH = 2_048


@dataclass(frozen=True, slots=True)
class Reference:
    """One path in a text."""

    path: Path
    start: int
    end: int
    filters: tuple[str, ...] = ()
    """The filters that its value goes through, when it is what a token begins with."""
    is_whole: bool = False
    """The text is this one token, so the value keeps its type."""
    is_optional: bool = False
    """It may be missing: a `default` follows, or it stands in a condition."""
    is_cut: bool = False
    """What follows `path` is chosen by data."""


@dataclass(frozen=True, slots=True)
class Template:
    parts: tuple[str | Path | FilteredExpression, ...]
    """Texts and tokens in turn; empty when there are tags."""
    liquid: BoundTemplate | None
    """None for the simplest and most frequent text: one plain path."""
    references: tuple[Reference, ...]


def read(text: str, *, long: bool) -> Template:
    """Raises TokenSyntax."""
    return _read_and_keep(text, long) if len(text) <= _CACHED_LENGTH else _read_long(text, long)


def forget() -> None:
    """Empties the caches, for those who measure."""
    _read_and_keep.cache_clear()
    _read_long.cache_clear()


@lru_cache(maxsize=2_048)
def _read_and_keep(text: str, long: bool) -> Template:
    match = _SINGLE.fullmatch(text)
    path = read_simple(match[1]) if match else None
    if match and path and path[0] not in NAMED_ONLY:
        return Template((path,), None, (Reference(path, match.start(1), match.end(1), is_whole=True),))
    return _read(text, long)


@lru_cache(maxsize=32)
def _read_long(text: str, long: bool) -> Template:
    return _read(text, long)


def _read(text: str, long: bool) -> Template:
    try:
        template = LANGUAGE.read(text, tags=long)
    except (LiquidError, RecursionError, ValueError) as error:
        token = error.token if isinstance(error, LiquidError) else None
        said = f" ({error.message})" if isinstance(error, LiquidError) else ""
        raise TokenSyntax(
            f"This token cannot be read{said}.", max(token.start_index, 0) if token else 0
        ) from error
    is_whole = len(template.nodes) == 1 and isinstance(template.nodes[0], OutputNode)
    references = tuple(_references(template.nodes, text, frozenset(), is_whole=is_whole))
    return Template(_parts(template.nodes), template, references)


def _parts(nodes: Iterable[Node]) -> tuple[str | Path | FilteredExpression, ...]:
    parts: list[str | Path | FilteredExpression] = []
    for node in nodes:
        if isinstance(node, ContentNode):
            parts.append(node.text)
        elif isinstance(node, OutputNode):
            parts.append(_fixed_path(node.expression) or node.expression)
        else:
            return ()
    return tuple(parts)


def _fixed_path(expression: FilteredExpression) -> Path | None:
    if expression.filters or not isinstance(expression.left, LiquidPath):
        return None
    segments: list[Segment] = []
    for segment in expression.left.path:
        if isinstance(segment, LiquidPath):
            return None
        segments.append(segment)
    return tuple(segments)


def _references(
    nodes: Iterable[Node], text: str, local: frozenset[str], *, is_whole: bool = False
) -> Iterator[Reference]:
    for node in nodes:
        inner = local
        for expression in node.expressions():
            if isinstance(expression, FilteredExpression):
                yield from _of_token(expression, text, local, is_whole=is_whole)
            else:
                is_condition = isinstance(expression, Condition)
                yield from _below(expression, text, local, is_optional=is_condition)
        if isinstance(node, ForNode):
            inner = local | {_loop_name(node), "forloop"}
        children = [child for child in node.children(_NOWHERE) if isinstance(child, Node)]
        yield from _references(children, text, inner)


def _loop_name(node: ForNode) -> str:
    name = str(node.expression.identifier)
    if name in ROOTS:
        raise TokenSyntax(
            f"“{name}” already means something; call the loop's item something else.", node.token.start_index
        )
    return name


def _of_token(
    expression: FilteredExpression, text: str, local: frozenset[str], *, is_whole: bool
) -> Iterator[Reference]:
    names = tuple(_checked_filters(expression))
    has_default = "default" in names
    left = expression.left
    if isinstance(left, Empty | Blank):
        raise TokenSyntax("A token names a value.", left.token.start_index)
    if isinstance(left, LiquidPath):
        yield from _of_path(left, text, local, filters=names, is_whole=is_whole, is_optional=has_default)
    for step in expression.filters or ():
        for argument in step.children():
            yield from _below(
                argument, text, local, is_optional=step.name == "default" and names.count("default") > 1
            )


def _checked_filters(expression: FilteredExpression) -> Iterator[str]:
    for step in expression.filters or ():
        known = FILTERS.get(step.name)
        if known is None:
            raise TokenSyntax(f"There is no filter “{step.name}”.", step.token.start_index)
        if not all(isinstance(argument, PositionalArgument) for argument in step.args):
            raise TokenSyntax(f"“{step.name}” takes values without names.", step.token.start_index)
        if not known.least <= len(step.args) <= known.most:
            raise TokenSyntax(
                f"“{step.name}” takes {_how_many(known.least, known.most)}.", step.token.start_index
            )
        yield step.name


def _how_many(least: int, most: int) -> str:
    if most == 0:
        return "no values"
    if least == most:
        return "one value" if most == 1 else f"{most} values"
    return f"{least} to {most} values"


def _below(
    expression: Expression, text: str, local: frozenset[str], *, is_optional: bool
) -> Iterator[Reference]:
    if isinstance(expression, LiquidPath):
        yield from _of_path(expression, text, local, is_optional=is_optional)
        return
    for child in expression.children():
        yield from _below(child, text, local, is_optional=is_optional)


def _of_path(
    path: LiquidPath,
    text: str,
    local: frozenset[str],
    *,
    filters: tuple[str, ...] = (),
    is_whole: bool = False,
    is_optional: bool = False,
) -> Iterator[Reference]:
    start = path.token.start_index
    root = path.path[0]
    if not isinstance(root, str) or path.token.kind != TOKEN_WORD:
        raise TokenSyntax("A token begins with a name.", start)
    fixed: list[Segment] = []
    for segment in path.path:
        if isinstance(segment, LiquidPath):
            break
        fixed.append(segment)
    if root in NAMED_ONLY and root not in local and not (len(fixed) > 1 and isinstance(fixed[1], str)):
        raise TokenSyntax(f"Name one value: {root}.NAME.", start)
    if root not in local:
        is_cut = len(fixed) < len(path.path)
        end = start + len(as_written(text, start))
        yield Reference(tuple(fixed), start, end, filters, is_whole, is_optional, is_cut)
    for child in path.children():
        if isinstance(child, LiquidPath) and child.path[0] in NAMED_ONLY:
            raise TokenSyntax(
                f"A value of {child.path[0]} cannot choose another one.", child.token.start_index
            )
        yield from _below(child, text, local, is_optional=is_optional)


_NOWHERE = Scope(BoundTemplate(LANGUAGE, []), {})
