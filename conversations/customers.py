"""Who is it that talks? What to call a customer, and how one is looked for."""

from collections.abc import Mapping

from django.db.models import Q


def called(customer: Mapping[str, object], channel: str) -> str:
    for key in ("name", "email", "phone", "id"):
        if value := customer.get(key):
            return str(value)
    return f"someone by {channel}"


def named(text: str) -> Q:
    """Conversations whose customer is called so."""
    found = Q()
    for key in ("name", "email", "phone", "id"):
        found |= Q(**{f"customer__{key}__icontains": text[:200]})
    return found
