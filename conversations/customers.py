"""Who is it that talks? What to call a customer."""

from collections.abc import Mapping


def called(customer: Mapping[str, object], channel: str) -> str:
    for key in ("name", "email", "phone", "id"):
        if value := customer.get(key):
            return str(value)
    return f"someone by {channel}"
