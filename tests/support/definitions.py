"""A small world for tests of workflow documents: two made-up apps, and documents that use them."""

from collections.abc import Mapping
from typing import Any

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

CONNECTION = "0190aaaa-0000-7000-8000-000000000001"

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

FLOW = App(
    slug="flow",
    name="Flow control",
    description="What happens next.",
    actions=(
        Action(key="split", label="Split", description="", output_type="any"),
        Action(
            key="loop",
            label="Loop",
            description="",
            output_type="any",
            fields=(Field(name="items", kind=Kind.JSON, label="Items", required=True),),
        ),
        Action(
            key="delay",
            label="Delay",
            description="",
            kinds=("post_conversation",),
            fields=(Field(name="amount", kind=Kind.NUMBER, label="How long", required=True),),
        ),
        Action(
            key="set_values",
            label="Set values",
            description="",
            output_type="any",
            fields=(Field(name="values", kind=Kind.VALUES, label="Values", required=True),),
        ),
    ),
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


def make_document(*steps: JSON, **settings: Any) -> dict[str, JSON]:
    described = {"name": "refund_order", "description": "Refunds an order.", **settings}
    return {"schema": 1, "settings": described, "steps": list(steps)}


def make_definition(*steps: JSON, kind: str = "action", **settings: Any) -> Definition:
    return document.parse(make_document(*steps, **settings), kind=kind, registry=make_registry())
