"""How are settings read from the environment? A bad value stops the start with one clear line."""

import os
from urllib.parse import parse_qs

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def flag(name: str, *, default: bool = False) -> bool:
    value = os.environ.get(name)
    return default if value is None else value.strip().lower() in TRUE


def number(name: str, default: float) -> float:
    value = os.environ.get(name, "")
    try:
        return float(value) if value else default
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be a number, not {value!r}") from error


def words(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def required(name: str, *, development: str, debug: bool) -> str:
    """The value of a setting that must be set in production; `development` stands in only with DEBUG=1."""
    value = os.environ.get(name, "")
    if value or debug:
        return value or development
    raise ImproperlyConfigured(f"{name} is not set. With DEBUG=0 it must be (./run makes one for you).")


def celery_broker(redis_url: str) -> str:
    """Celery's spelling of a Redis address, where unix sockets are `redis+socket://`."""
    if not redis_url.startswith("unix://"):
        return redis_url
    path, _, query = redis_url.removeprefix("unix://").partition("?")
    virtual_host = parse_qs(query).get("db", ["0"])[0]
    return f"redis+socket://{path}?virtual_host={virtual_host}"
