"""How does a token field read with what the steps gave last, and what is wrong with it?"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from builder.forms import json_text, typed
from builder.forms.branch import RULES
from builder.forms.typed import PREFIX, NotReadable, Typed
from builder.presenters.opened import Opened
from connectors.declare import JSON, Field, Kind
from workflows.definition import check_settings, check_steps, check_tokens, sampled
from workflows.definition.check_tokens import Spot
from workflows.definition.names import Names, Viewpoint, viewpoint
from workflows.definition.outputs import ANY
from workflows.definition.problems import Problem
from workflows.definition.walk import Place
from workflows.services import testing
from workflows.templating import render
from workflows.templating.errors import TemplatingError
from workflows.templating.filters import as_text
from workflows.templating.tokens import has_tokens

MOST_SHOWN = 240
MOST_OF_A_VALUE = 80
_TOKEN = re.compile(r"\{\{.*?\}\}", re.DOTALL)
_PATH = re.compile(r"\{\{-?\s*([\w.\[\]-]+)")
_IN_JSON = (Kind.JSON, Kind.BODY, Kind.VALUE, Kind.LIST)
"""Kinds whose text may be JSON: quotes within their tokens are escaped."""


@dataclass(frozen=True)
class Asked:
    """One token field on the screen."""

    id: str
    name: str
    text: str
    is_typed: bool
    """Somebody types in it: what was said of the stored text no longer counts."""


@dataclass(frozen=True)
class Piece:
    text: str
    kind: str = ""
    """Of a token: value, or missing while nobody knows one. Empty for what was typed."""


@dataclass(frozen=True)
class Preview:
    id: str
    pieces: tuple[Piece, ...]
    problems: tuple[Problem, ...]
    unknown: tuple[str, ...]
    """The tokens, as they are written, that name nothing."""
    is_typed: bool

    @property
    def unknown_json(self) -> str:
        return json.dumps(self.unknown, ensure_ascii=False)


@dataclass
class Previews:
    """Of one panel: a step's, one of its branches', or, without a step, the settings'."""

    opened: Opened
    place: Place | None

    def of(self, asked: Asked) -> Preview:
        field = self._field(asked.name)
        spot = self._spot(asked.name, field)
        problems = tuple(self._problems(asked, field, spot)) if asked.is_typed else ()
        is_json = field is not None and field.kind in _IN_JSON
        pieces, unknown = self._read(asked.text, spot, is_json=is_json)
        return Preview(asked.id, pieces, problems, unknown, asked.is_typed)

    @cached_property
    def names(self) -> Names:
        return self.opened.names

    @cached_property
    def values(self) -> Mapping[str, Any]:
        opened = self.opened
        start = testing.preview_roots(opened.workflow, opened.draft)
        return sampled.values(self.names, self.place, opened.samples, start)

    # --- what kind of field it is ---
    def _field(self, name: str) -> Field | None:
        """Of an action; rules and response fields have none."""
        if self.place is None:
            return None
        first = name.removeprefix(PREFIX).removesuffix(".value")
        own = self.opened.known(self.place.step).action.fields
        return next((field for field in own if field.name == first), None)

    def _spot(self, name: str, field: Field | None) -> Spot:
        if field is not None and self.place is not None:
            return check_steps.spot_of(self.place, field, self._view(name))
        label = "Rule" if name.startswith(f"{PREFIX}{RULES}.") else "Value"
        return Spot(label=label, view=self._view(name))

    def _view(self, name: str) -> Viewpoint:
        if self.place is None:
            return check_settings.view_of(name.removeprefix(PREFIX), self.names)
        return viewpoint(self.names, self.place)

    # --- what is wrong ---
    def _problems(self, asked: Asked, field: Field | None, spot: Spot) -> Iterator[Problem]:
        is_whole = field is not None and asked.name == PREFIX + field.name
        if field is None or self.place is None or not is_whole or field.kind is Kind.BODY:
            is_body = field is not None and field.kind is Kind.BODY
            text = _body(asked.text) if is_body else asked.text
            yield from check_tokens.problems(text, "", _loose(spot), self.names)
            return
        try:
            value = typed.read(field, Typed(text=asked.text), {}).get(field.name)
        except NotReadable as wrong:
            yield spot.problem("", "not_readable", str(wrong))
        else:
            yield from check_steps.of_field(self.place, field, value, self.names)

    # --- how it reads ---
    def _read(self, text: str, spot: Spot, *, is_json: bool) -> tuple[tuple[Piece, ...], tuple[str, ...]]:
        if not has_tokens(text):
            return (), ()
        if "{%" in text:
            return self._as_a_whole(text), ()
        pieces, unknown, end = list[Piece](), list[str](), 0
        for match in _TOKEN.finditer(text):
            token = match[0].replace('\\"', '"') if is_json else match[0]
            pieces += [Piece(text[end : match.start()]), self._token(token)]
            end = match.end()
            if any(
                problem.is_error for problem in check_tokens.problems(token, "", _loose(spot), self.names)
            ):
                unknown.append(match[0])
        return tuple(_shortened([*pieces, Piece(text[end:])])), tuple(dict.fromkeys(unknown))

    def _token(self, token: str) -> Piece:
        try:
            value = render.resolve(token, self.values)
        except TemplatingError:
            value = None
        if value is None:
            path = _PATH.match(token)
            return Piece(path[1] if path else token, "missing")
        return Piece(_clipped(as_text(value), MOST_OF_A_VALUE), "value")

    def _as_a_whole(self, text: str) -> tuple[Piece, ...]:
        try:
            value = render.resolve(text, self.values, long=True)
        except TemplatingError:
            return ()
        return tuple(_shortened([Piece(as_text(value))]))


def _body(text: str) -> JSON:
    try:
        return json_text.read(text)
    except json_text.NotJson:
        return text


def _loose(spot: Spot) -> Spot:
    """For a part of a field, a row or one token: what the whole must be is another question."""
    return replace(spot, expects=ANY, keeps_type=False, allows_tags=True)


def _shortened(pieces: Sequence[Piece]) -> Iterator[Piece]:
    """On one line, as much as one reads at a glance."""
    left = MOST_SHOWN
    for piece in pieces:
        text = re.sub(r"\s+", " ", piece.text)
        if text and left > 0:
            yield Piece(_clipped(text, left), piece.kind)
        left -= len(text)


def _clipped(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"
