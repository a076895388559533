"""The second net, value by value."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflows.engine.redact import Revealed


def revealed(*values: str) -> Revealed:
    found = Revealed()
    for value in values:
        found.remember(value)
    return found


@given(secret=st.text(min_size=8, max_size=40), before=st.binary(max_size=5), after=st.binary(max_size=5))
def test_base64_is_found_wherever_the_value_stands_in_it(secret: str, before: bytes, after: bytes) -> None:
    encoded = base64.b64encode(before + secret.encode() + after).decode()

    assert "•••" in revealed(secret).masked_text(encoded)


def test_a_short_value_is_masked_only_where_it_is_the_whole_text() -> None:
    found = revealed("4711")

    masked = found.masked({"pin": "4711", "text": "Order 4711-1"})

    assert masked == {"pin": "•••", "text": "Order 4711-1"}


def test_a_number_that_spells_a_value_is_masked() -> None:
    assert revealed("123456789").masked([123456789, 12, True, None, 1.5]) == ["•••", 12, True, None, 1.5]


def test_of_two_values_the_longer_is_masked_whole() -> None:
    assert revealed("password", "password-and-more").masked_text("password-and-more") == "•••"


@pytest.mark.parametrize("value", ["", "abc"])
def test_next_to_nothing_is_not_looked_for(value: str) -> None:
    assert revealed(value).masked_text("abc and more") == "abc and more"
