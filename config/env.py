"""How are settings read from the environment? A bad value stops the start with one clear line."""

import os
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

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


def database(url: str, *, pool_size: int) -> dict[str, Any]:
    """Django's DATABASES entry for a `postgresql://user:password@host:port/name?host=/socket/dir` address."""
    parts = urlsplit(url)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    options: dict[str, Any] = {
        "pool": {"min_size": 1, "max_size": pool_size, "timeout": 10},
        # Compiling a statement takes longer than all of ours, and is chosen by estimates, which are high.
        # What is prepared (workspaces.sql) is planned once: planning takes longer than running, and plans for
        # the values at hand go by figures that a burst makes wrong: a claim then read half a million runs.
        "options": "-c jit=off -c plan_cache_mode=force_generic_plan",
        "prepare_threshold": 5,  # any number; without one Django lets nothing be prepared
    }
    if "sslmode" in query:
        options["sslmode"] = query["sslmode"]
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host") or parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 0,
        "OPTIONS": options,
    }


def celery_broker(redis_url: str) -> str:
    """Celery's spelling of a Redis address, where unix sockets are `redis+socket://`."""
    if not redis_url.startswith("unix://"):
        return redis_url
    path, _, query = redis_url.removeprefix("unix://").partition("?")
    virtual_host = parse_qs(query).get("db", ["0"])[0]
    return f"redis+socket://{path}?virtual_host={virtual_host}"
