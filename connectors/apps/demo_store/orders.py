"""The demo store's fixed stock of orders: one for every story a conversation can take."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Item:
    name: str
    quantity: int
    price: float


@dataclass(frozen=True, kw_only=True)
class Order:
    number: int
    status: str
    email: str
    items: tuple[Item, ...]
    eta: str | None = None

    @property
    def total(self) -> float:
        return round(sum(item.price * item.quantity for item in self.items), 2)

    @property
    def why_no_refund(self) -> str:
        """Empty when the order can be paid back."""
        return {
            "cancelled": "it was cancelled before it was paid",
            "refunded": "it has been paid back already",
        }.get(self.status, "")


LAMP = Item(name="Desk lamp Luna", quantity=1, price=64.90)
MUG = Item(name="Mug Fjord", quantity=2, price=12.50)
CHAIR = Item(name="Oak chair", quantity=1, price=189.00)
BLANKET = Item(name="Wool blanket", quantity=1, price=79.00)
POT = Item(name="Plant pot, large", quantity=3, price=18.00)

ORDERS = {
    order.number: order
    for order in (
        Order(number=1040, status="delivered", email="amelie@example.com", items=(MUG,)),
        Order(number=1041, status="processing", email="jonas@example.com", items=(CHAIR,), eta="2026-12-04"),
        Order(number=1042, status="in transit", email="jonas@example.com", items=(LAMP,), eta="2026-11-27"),
        Order(number=1043, status="delivered", email="priya@example.com", items=(BLANKET, MUG)),
        Order(number=1044, status="cancelled", email="tom@example.com", items=(CHAIR, CHAIR)),
        Order(number=1045, status="refunded", email="lena@example.com", items=(LAMP,)),
        Order(number=1046, status="delayed", email="marco@example.com", items=(POT,), eta="2026-12-11"),
        Order(number=1047, status="ready for pick-up", email="sofia@example.com", items=(MUG, POT)),
        Order(number=1048, status="delivered", email="noah@example.com", items=(CHAIR, LAMP)),
        Order(number=1049, status="returned", email="emma@example.com", items=(BLANKET,)),
    )
}
