"""With which arguments does a model call a tool? As it wrote them, when that is a JSON object we can keep."""

import json

from connectors.declare import JSON


def read(arguments: str) -> dict[str, JSON] | None:
    """None: they cannot be used."""
    if not arguments.strip():
        return {}
    try:
        value = json.loads(arguments, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None
    if not isinstance(value, dict) or "\\u0000" in arguments:
        return None
    return value if _is_storable(value) else None


def _refuse(constant: str) -> JSON:
    raise ValueError(constant)


def _is_storable(value: dict[str, JSON]) -> bool:
    """PostgreSQL takes no lone surrogate and no endless number."""
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return False
    return True
