"""The sample conversations of the demo: what was said, which tools were called, what came of them."""

from dataclasses import dataclass, field

from connectors.declare import JSON


@dataclass(frozen=True, kw_only=True)
class Sample:
    external_id: str
    channel: str
    customer: dict[str, JSON]
    first_name: str
    calls: tuple[tuple[str, dict[str, JSON]], ...]
    """(action workflow, arguments), in order."""
    said: tuple[tuple[str, str], ...]
    """(user | agent, text)."""
    analysis: dict[str, JSON] = field(default_factory=dict)


SAMPLES = (
    Sample(
        external_id="sample-where-is-my-order",
        channel="chat",
        customer={"name": "Jonas Weber", "email": "jonas.weber@mail.example"},
        first_name="Jonas",
        calls=(("look_up_order", {"order_number": 1042}),),
        said=(
            ("agent", "Hi, this is Mia from Northwind. How can I help?"),
            ("user", "Where is my order 1042?"),
            ("agent", "One moment, I am looking that up."),
            ("agent", "Order 1042 is on its way to you."),
            ("user", "Great, thank you."),
        ),
        analysis={"intent": "order_status", "order_number": 1042, "resolved": True},
    ),
    Sample(
        external_id="sample-broken-lamp",
        channel="call",
        customer={"name": "Lena Fischer", "email": "lena.fischer@mail.example", "phone": "+4930901820"},
        first_name="Lena",
        calls=(
            ("look_up_order", {"order_number": 1048}),
            ("refund_order", {"order_number": 1048}),
        ),
        said=(
            ("agent", "Hi, this is Mia from Northwind. How can I help?"),
            ("user", "My lamp arrived broken, I would like my money back. The order is 1048."),
            ("agent", "I am starting the refund now."),
            ("agent", "I am sorry about the lamp. The money is on its way back to you."),
        ),
        analysis={"intent": "refund", "order_number": 1048, "resolved": True},
    ),
    Sample(
        external_id="sample-no-address",
        channel="call",
        customer={"name": "Marta Silva", "phone": "+351210000000"},
        first_name="Marta",
        calls=(("look_up_order", {"order_number": 1040}),),
        said=(
            ("agent", "Hi, this is Mia from Northwind. How can I help?"),
            ("user", "I only want to know whether 1040 was delivered."),
            ("agent", "Yes, order 1040 was delivered."),
        ),
        analysis={"intent": "order_status", "order_number": 1040, "resolved": True},
    ),
)
