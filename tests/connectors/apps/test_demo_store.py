"""The demo store answers the same for ever, and a refund is the same refund however often it is asked for."""

import time
from typing import Any

import pytest

from connectors import calls, inputs, registry
from connectors.declare import JSON
from connectors.errors import Rejected
from tests.connectors.outside import WORKSPACE


def perform(ref: str, key: str = "k3v9x2m4q7abcdefghijklmnopqrstuv", **given: JSON) -> Any:
    action = registry.default().actions[f"demo_store.{ref}@1"].action
    assert action.perform is not None
    call = calls.make_call(
        workspace_slug="demo",
        workspace_id=WORKSPACE,
        resolved=None,
        idempotency_key=key,
        attempt=1,
        deadline=time.monotonic() + 1,
    )
    return action.perform(inputs.typed(action.fields, given), call)


def test_mia_can_say_where_order_1042_is() -> None:
    order = perform("find_order", order_number="1042")

    assert order["found"] is True
    assert (order["status"], order["eta"], order["total"]) == ("in transit", "2026-11-27", 64.9)
    assert order["items"] == [{"name": "Desk lamp Luna", "quantity": 1, "price": 64.9}]


@pytest.mark.parametrize("number", range(1040, 1050))
def test_each_order_has_every_value_of_the_declaration(number: int) -> None:
    declared = registry.default().actions["demo_store.find_order@1"].action.outputs

    assert list(perform("find_order", order_number=number)) == [output.name for output in declared]


def test_an_unknown_order_is_not_found() -> None:
    order = perform("find_order", order_number=9999)

    assert order == {
        "found": False,
        "number": 9999,
        "status": None,
        "eta": None,
        "total": None,
        "items": [],
        "email": None,
    }


def test_asking_again_is_the_same_refund_and_another_step_is_another() -> None:
    first = perform("refund_order", order_number=1042, reason="Arrived broken")

    assert first["amount"] == 64.9
    assert perform("refund_order", order_number=1042) == first
    assert perform("refund_order", key="another-step-of-another-run-0000", order_number=1042) != first


@pytest.mark.parametrize(("number", "why"), [(9999, "no order"), (1044, "cancelled"), (1045, "already")])
def test_what_cannot_be_refunded_says_why(number: int, why: str) -> None:
    with pytest.raises(Rejected, match=why):
        perform("refund_order", order_number=number)
