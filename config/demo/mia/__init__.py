"""The demo agent *Mia, store support* and her workflows: the documents beside this, as exported.

What only a workspace knows stands in them as `$name`: the ids of her workflows and of the demo's connections.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from connectors.declare import JSON

type Document = dict[str, JSON]


def _read(name: str) -> Document:
    document: Document = json.loads((Path(__file__).parent / f"{name}.json").read_text())
    return document


AGENT = _read("agent")
LOOK_UP_ORDER = _read("look_up_order")
REFUND_ORDER = _read("refund_order")


def flow(*, look_up: str, refund: str) -> Document:
    """Her conversation flow; `look_up` and `refund` are the ids of her action workflows."""
    return _with(_read("flow"), {"$look_up_order": look_up, "$refund_order": refund})


def after_the_conversation(tickets: str, mail: str) -> Document:
    """The post-conversation workflow; `tickets` and `mail` are the ids of the demo's connections."""
    return _with(_read("after_the_conversation"), {"$tickets": tickets, "$mail": mail})


def _with(document: Document, ids: Mapping[str, str]) -> Document:
    return {key: _replaced(value, ids) for key, value in document.items()}


def _replaced(value: JSON, ids: Mapping[str, str]) -> JSON:
    if isinstance(value, str):
        return ids.get(value, value)
    if isinstance(value, list):
        return [_replaced(item, ids) for item in value]
    return _with(value, ids) if isinstance(value, dict) else value
