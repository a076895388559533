"""A small world for tests of workflow documents: two made-up apps, and documents that use them."""

from collections.abc import Mapping
from typing import Any

from connectors.apps.flow import APP as FLOW
from connectors.declare import (
    JSON,
    Action,
    App,
    Choice,
    ConnectionKind,
    Field,
    Kind,
    Output,
    Repeat,
)
from connectors.registry import Registry
from workflows.definition import document
from workflows.definition.check import Vocabulary
from workflows.definition.document import Definition
from workflows.definition.vocabulary import Neighbour

CONNECTION = "0190aaaa-0000-7000-8000-000000000001"
OWN = "0190aaaa-0000-7000-8000-000000000002"
"""The workflow that the documents are of."""

_FIND = Action(
    key="find",
    label="Find order",
    description="Looks an order up.",
    repeat=Repeat.SAFE,
    fields=(Field(name="order", kind=Kind.INTEGER, label="Order number", required=True),),
    outputs=(
        Output(name="total", type="number", label="Total", sample=20.5),
        Output(name="email", type="string", label="E-mail"),
        Output(name="paid", type="boolean", label="Paid"),
        Output(
            name="items",
            type="array",
            label="Items",
            fields=(Output(name="name", type="string", label="Name"),),
        ),
        Output(name="raw", type="any", label="As it came"),
    ),
)

_SEND = Action(
    key="send",
    label="Send",
    description="Sends something somewhere.",
    output_type="any",
    fields=(
        Field(name="subject", kind=Kind.TEXT, label="Subject", required=True, max_length=40),
        Field(name="text", kind=Kind.LONG_TEXT, label="Text"),
        Field(
            name="mode",
            kind=Kind.CHOICE,
            label="Mode",
            default="plain",
            tokens=False,
            choices=(Choice(value="plain", label="Plain"), Choice(value="fancy", label="Fancy")),
        ),
        Field(name="colour", kind=Kind.TEXT, label="Colour", required=True, shown_when={"mode": ("fancy",)}),
        Field(name="url", kind=Kind.TEXT, label="Address", required=True, when_connected=False),
        Field(name="path", kind=Kind.TEXT, label="Path", required=True, when_connected=True),
        Field(name="headers", kind=Kind.PAIRS, label="Headers", default=[], accepts_secure=True),
        Field(name="body", kind=Kind.BODY, label="Body", accepts_secure=True),
        Field(name="data", kind=Kind.JSON, label="Data"),
        Field(name="count", kind=Kind.NUMBER, label="Count", minimum=0, maximum=10),
        Field(name="at", kind=Kind.DATETIME, label="At"),
    ),
)

SHOP = App(
    slug="shop",
    name="Shop",
    description="Orders.",
    actions=(_FIND, _SEND),
    connection=ConnectionKind(fields=(), hosts=lambda settings: ()),
)


def make_registry() -> Registry:
    return Registry([SHOP, FLOW])


def make_vocabulary(**over: Any) -> Vocabulary:
    known: dict[str, Any] = {
        "variables": {"plan": "string", "visits": "integer", "address": "object"},
        "analysis": {"mood": "string"},
        "secure": {"card": "string"},
        "session": {"cart": "array"},
        "secrets": frozenset({"API_KEY"}),
        "connections": {CONNECTION: "shop"},
        "workflows": {OWN: Neighbour(name="refund_order", kind="action", is_live=True)},
        "workflow": OWN,
    }
    return Vocabulary(**{**known, **over})


def step_id(slug: str) -> str:
    """The id that `make_step` gives: made from the slug, so that tests can name it."""
    return f"s_{slug.replace('_', '')}00000000"


def make_step(slug: str, action: str = "shop.find@1", /, **over: Any) -> dict[str, JSON]:
    inputs: Mapping[str, JSON] = {"order": 1} if action == "shop.find@1" else {}
    return {
        "id": step_id(slug),
        "slug": slug,
        "label": slug,
        "action": action,
        "inputs": dict(inputs),
        **over,
    }


def make_branch(name: str, /, *steps: JSON, **over: Any) -> dict[str, JSON]:
    return {"id": f"b_{name}00000000", "label": name, "steps": list(steps), **over}


def make_rules(left: JSON = "{{ run.number }}", op: str = "gt", right: JSON = 0) -> dict[str, JSON]:
    return {"all": [{"left": left, "op": op, "right": right}]}


def make_document(*steps: JSON, **settings: Any) -> dict[str, JSON]:
    described = {"name": "refund_order", "description": "Refunds an order.", **settings}
    return {"schema": 1, "settings": described, "steps": list(steps)}


def make_definition(*steps: JSON, kind: str = "action", **settings: Any) -> Definition:
    return document.parse(make_document(*steps, **settings), kind=kind, registry=make_registry())
