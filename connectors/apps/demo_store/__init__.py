"""Demo store: a small shop inside Parley, so that everything can be tried without an account or a network."""

from collections.abc import Mapping

from connectors import errors
from connectors.apps.demo_store.orders import ORDERS, Order
from connectors.declare import JSON, Action, App, Call, Field, Inputs, Kind, Output, Outputs, Repeat

ORDER_NUMBER = Field(
    name="order_number",
    kind=Kind.INTEGER,
    label="Order number",
    help="The demo store knows the orders 1040 to 1049.",
    placeholder="1042",
    required=True,
)


def _find(inputs: Inputs, call: Call) -> Outputs:
    number = inputs["order_number"]
    order = ORDERS.get(number) if isinstance(number, int) else None
    return {
        "found": order is not None,
        "number": number,
        "status": order.status if order else None,
        "eta": order.eta if order else None,
        "total": order.total if order else None,
        "items": _items(order) if order else [],
        "email": order.email if order else None,
    }


def _items(order: Order) -> list[JSON]:
    return [{"name": item.name, "quantity": item.quantity, "price": item.price} for item in order.items]


def _refund(inputs: Inputs, call: Call) -> Outputs:
    """The refund's number comes from the idempotency key: asking twice is the same refund."""
    number = inputs["order_number"]
    order = ORDERS.get(number) if isinstance(number, int) else None
    if order is None:
        raise errors.Rejected(f"The demo store has no order {number}.")
    if order.why_no_refund:
        raise errors.Rejected(f"Order {number} cannot be refunded: {order.why_no_refund}.")
    return {
        "refund_id": f"re_{call.idempotency_key[:12]}",
        "order_number": order.number,
        "amount": order.total,
        "currency": "EUR",
        "status": "refunded",
    }


def _order_in_words(inputs: Mapping[str, JSON]) -> str:
    return f"**{inputs.get('order_number') or '…'}**"


def _find_summary(inputs: Mapping[str, JSON], connection: str = "") -> str:
    return f"Look up order {_order_in_words(inputs)}"


def _refund_summary(inputs: Mapping[str, JSON], connection: str = "") -> str:
    return f"Refund order {_order_in_words(inputs)}"


ITEM = (
    Output(name="name", type="string", label="Name", sample="Desk lamp Luna"),
    Output(name="quantity", type="integer", label="Quantity", sample=1),
    Output(name="price", type="number", label="Price", sample=64.9),
)

FIND_ORDER = Action(
    key="find_order",
    label="Find order",
    description="Look up an order by its number: where it is, what is in it, what it cost.",
    synonyms=("look up", "search", "status", "tracking", "shipment"),
    fields=(ORDER_NUMBER,),
    outputs=(
        Output(name="found", type="boolean", label="Found", sample=True),
        Output(name="number", type="integer", label="Order number", sample=1042),
        Output(name="status", type="string", label="Status", sample="in transit"),
        Output(name="eta", type="string", label="Arrives on", sample="2026-11-27"),
        Output(name="total", type="number", label="Total", sample=64.9),
        Output(
            name="items",
            type="array",
            label="Items",
            fields=ITEM,
            sample=[{"name": "Desk lamp Luna", "quantity": 1, "price": 64.9}],
        ),
        Output(name="email", type="string", label="Customer's e-mail", sample="jonas@example.com"),
    ),
    repeat=Repeat.SAFE,
    summary=_find_summary,
    perform=_find,
)

REFUND_ORDER = Action(
    key="refund_order",
    label="Refund order",
    description="Pay an order back. Asking again for the same step is the same refund.",
    synonyms=("money back", "return", "reimburse", "pay back"),
    fields=(
        ORDER_NUMBER,
        Field(name="reason", kind=Kind.TEXT, label="Reason", placeholder="Arrived broken", max_length=200),
    ),
    outputs=(
        Output(name="refund_id", type="string", label="Refund number", sample="re_k3v9x2m4q7ab"),
        Output(name="order_number", type="integer", label="Order number", sample=1042),
        Output(name="amount", type="number", label="Amount", sample=64.9),
        Output(name="currency", type="string", label="Currency", sample="EUR"),
        Output(name="status", type="string", label="Status", sample="refunded"),
    ),
    repeat=Repeat.WITH_KEY,
    summary=_refund_summary,
    perform=_refund,
)

APP = App(
    slug="demo_store",
    name="Demo store",
    description="A small shop with ten orders, to try things out.",
    icon="i-store",
    tone="h3",
    synonyms=("northwind", "shop", "orders", "sample"),
    actions=(FIND_ORDER, REFUND_ORDER),
)
