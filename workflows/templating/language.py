"""Which language are tokens written in? Liquid, restricted: output tags, our filters, `if` and `for`.

python-liquid reads the text. What a token evaluates to is decided here: keys and items only, and a missing
value is an error.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO

from liquid import Environment, RenderContext
from liquid.ast import Node
from liquid.builtin.content import Literal as ContentTag
from liquid.builtin.expressions import Path as LiquidPath
from liquid.builtin.expressions import tokenize
from liquid.builtin.expressions.filtered import FilteredExpression
from liquid.builtin.illegal import Illegal
from liquid.builtin.tags.for_tag import ForTag
from liquid.builtin.tags.if_tag import IfNode, IfTag
from liquid.expression import Expression
from liquid.parser import get_parser
from liquid.stream import TokenStream
from liquid.tag import Tag
from liquid.template import BoundTemplate
from liquid.token import TOKEN_EXPRESSION, TOKEN_OUTPUT, TOKEN_WORD, Token
from liquid.utils import ReadOnlyChainMap

from workflows.templating.errors import MissingValue, NotRendered, TokenSyntax
from workflows.templating.filters import FILTERS, as_text
from workflows.templating.lexing import keys_as_words, lex
from workflows.templating.paths import as_written, lookup, read_simple

MAX_SECONDS = 1.0
_MAX_ITERATIONS = 10_000
_MAX_BLOCKS = 20


class Scope(RenderContext):
    """What tokens are evaluated in: the roots, and inside `for` the loop's names before them."""

    def __init__(self, template: BoundTemplate, values: Mapping[str, Any]) -> None:
        super().__init__(template, globals=values)
        self.scope = ReadOnlyChainMap(self.locals, values)
        self.give_up_at = time.monotonic() + MAX_SECONDS
        self.in_condition = False

    def get(self, path: list[object], *, token: Token | None, default: object = None) -> object:
        try:
            return lookup(self.scope, path)
        except MissingValue:
            if self.in_condition:
                return None
            fixed = as_written(token.source, token.start_index) if token else ""
            if token and token.source[token.start_index + len(fixed) :].lstrip().startswith("["):
                # What the brackets gave is data, perhaps a secret one: the message keeps to what is written.
                raise MissingValue(f"{fixed}[…]", fixed, "…") from None
            raise

    @contextmanager
    def loop(self, namespace: Mapping[str, object], forloop: Any) -> Iterator[RenderContext]:
        forloop.it = self._while_there_is_time(forloop.it)
        with super().loop(namespace, forloop) as context:
            yield context

    def check_time(self) -> None:
        if time.monotonic() > self.give_up_at:
            raise NotRendered(f"The text took longer than {MAX_SECONDS:.0f} second to fill in.")

    def _while_there_is_time(self, items: Iterator[Any]) -> Iterator[Any]:
        for item in items:
            self.check_time()
            yield item


class OutputNode(Node):
    """`{{ … }}`"""

    __slots__ = ("expression",)

    def __init__(self, token: Token, expression: FilteredExpression) -> None:
        super().__init__(token)
        self.expression = expression
        self.blank = False

    def render_to_output(self, context: RenderContext, buffer: TextIO) -> int:
        assert isinstance(context, Scope)
        return buffer.write(as_text(evaluate(self.expression, context)))

    def expressions(self) -> Iterable[Expression]:
        yield self.expression


def evaluate(expression: FilteredExpression, scope: Scope) -> Any:
    """The value of a token. Null and missing pass through the filters until a `default` replaces them."""
    missing: MissingValue | None = None
    value: Any = None
    try:
        value = expression.left.evaluate(scope)
    except MissingValue as error:
        missing = error
    for step in expression.filters or ():
        known = FILTERS[step.name]
        if step.name == "default":
            if value is None:
                value, missing = _instead(step.args[0].value, scope)
        elif missing is None and (value is not None or known.takes_null):
            scope.check_time()
            value = known.function(value, *[argument.value.evaluate(scope) for argument in step.args])
    if missing is not None:
        raise missing
    return value


def _instead(argument: Expression, scope: Scope) -> tuple[Any, MissingValue | None]:
    try:
        return argument.evaluate(scope), None
    except MissingValue as error:
        return None, error


class _Output(Tag):
    name = TOKEN_OUTPUT
    block = False

    def parse(self, stream: TokenStream) -> OutputNode:
        token = stream.eat(TOKEN_OUTPUT)
        stream.expect(TOKEN_EXPRESSION)
        if path := read_simple(stream.current.value):
            root = stream.current._replace(kind=TOKEN_WORD, value=str(path[0]))
            return OutputNode(token, FilteredExpression(root, LiquidPath(root, list(path)), []))
        expression = FilteredExpression.parse(self.env, stream.into_inner(eat=False))
        if not isinstance(expression, FilteredExpression):
            raise TokenSyntax("A token cannot hold a condition.", token.start_index)
        return OutputNode(token, expression)


class Condition(Expression):
    """In a condition a value that does not exist counts as null: `{% if order.note %}`."""

    __slots__ = ("inner",)

    def __init__(self, inner: Expression) -> None:
        super().__init__(inner.token)
        self.inner = inner

    def evaluate(self, context: RenderContext) -> object:
        assert isinstance(context, Scope)
        context.in_condition = True
        try:
            return self.inner.evaluate(context)
        finally:
            context.in_condition = False

    def children(self) -> list[Expression]:
        return [self.inner]


class _If(IfTag):
    def parse(self, stream: TokenStream) -> Node:
        node = super().parse(stream)
        if isinstance(node, IfNode):
            node.condition = Condition(node.condition)
            for alternative in node.alternatives:
                alternative.expression = Condition(alternative.expression)
        return node


class _Stream(TokenStream):
    def into_inner(self, *, tag: Token | None = None, eat: bool = True) -> TokenStream:
        token = self.current
        if token.kind != TOKEN_EXPRESSION:
            raise TokenSyntax("A tag needs a condition or a list.", (tag or token).start_index)
        if eat:
            next(self)
        return TokenStream(keys_as_words(tokenize(token.value, parent_token=token)))


class _Language(Environment):
    block_nesting_limit = _MAX_BLOCKS
    loop_iteration_limit = _MAX_ITERATIONS

    def setup_tags_and_filters(self, *, extra: bool = False) -> None:
        for tag in (ContentTag, _Output, Illegal, _If, ForTag):
            self.add_tag(tag)

    def read(self, source: str, *, tags: bool) -> BoundTemplate:
        nodes = get_parser(self).parse(_Stream(lex(source, tags=tags)))
        return BoundTemplate(self, nodes)


LANGUAGE = _Language()
