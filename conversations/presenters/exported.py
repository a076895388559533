"""How do many conversations leave as one file? As lines of JSON, or as a table; a portion at a time.

Both are given as they are made: nothing holds all of it at once, and no query stays open meanwhile.
"""

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from conversations import shown
from conversations.models import Conversation, Message
from conversations.presenters.listed import worst_runs
from conversations.transcripts import spoken
from workflows.engine import effects
from workspaces.api.shapes import instant

AT_ONCE = 100
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What begins so is calculated by spreadsheets: a quote in front keeps it a text."""


COLUMNS = (
    "id",
    "external_id",
    "agent",
    "agent_version",
    "channel",
    "direction",
    "status",
    "customer_name",
    "customer_email",
    "customer_phone",
    "customer_id",
    "started_at",
    "ended_at",
    "ended_by",
    "ended_reason",
    "runs",
    "transcript",
)

type Portions = Iterator[Sequence[Conversation]]


def parts(name: str, found: Any, properties: Mapping[str, str]) -> Iterator[str]:
    """Of a file in that format; `found` newest first. What begins meanwhile is not in it."""
    for part in FORMATS[name].write(_portions(found), properties):
        effects.give_back_connection()  # the next part may be made by another thread
        yield part


def _portions(found: Any) -> Portions:
    joined = found.select_related("workspace", "agent__live_version", "agent_version")
    portion = list(joined[:AT_ONCE])
    while portion:
        yield portion
        portion = list(joined.filter(pk__lt=portion[-1].pk)[:AT_ONCE])


def _lines(portions: Portions, properties: Mapping[str, str]) -> Iterator[str]:
    """Each as the API gives it."""
    for portion in portions:
        yield "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in shown.conversations(portion))


def _table(portions: Portions, properties: Mapping[str, str]) -> Iterator[str]:
    """A row each, with a column for every property that the agents analyse."""
    yield "\ufeff" + _written([[*COLUMNS, *(f"analysis: {name}" for name in properties.values())]])
    for portion in portions:
        yield _written(_rows(portion, list(properties)))


@dataclass(frozen=True)
class Format:
    content_type: str
    write: Callable[[Portions, Mapping[str, str]], Iterator[str]]


FORMATS: Mapping[str, Format] = {
    "csv": Format("text/csv; charset=utf-8", _table),
    "jsonl": Format("application/jsonl; charset=utf-8", _lines),
}


def _rows(portion: Sequence[Conversation], properties: Sequence[str]) -> Iterator[list[object]]:
    ids = [one.pk for one in portion]
    said: dict[object, list[Message]] = {id_: [] for id_ in ids}
    for message in Message.objects.filter(conversation_id__in=ids).order_by("seq"):
        said[message.conversation_id].append(message)
    states = worst_runs(ids)
    for one in portion:
        yield [
            str(one.pk),
            one.external_id,
            one.agent.name,
            one.agent_version.number if one.agent_version else None,
            one.channel,
            one.direction,
            one.status,
            *(one.customer.get(key) for key in ("name", "email", "phone", "id")),
            instant(one.started_at),
            instant(one.ended_at),
            one.ended_by,
            one.ended_reason,
            states.get(one.pk),
            spoken(said[one.pk]),
            *(one.analysis.get(key) for key in properties),
        ]


def _written(rows: Iterable[Sequence[object]]) -> str:
    table = StringIO()
    csv.writer(table).writerows([_cell(value) for value in row] for row in rows)
    return table.getvalue()


def _cell(value: object) -> object:
    match value:
        case bool():
            return "yes" if value else "no"
        case dict() | list():
            return json.dumps(value, ensure_ascii=False)
        case str() if value.startswith(FORMULAS):
            return f"'{value}"
    return value
