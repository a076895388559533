"""Which pages may show the widget? An origin is `https://shop.example`, or one with `*.` before the host."""

import re
from collections.abc import Iterable

ORIGIN = re.compile(
    r"(?P<scheme>https?)://(?P<any>\*\.)?(?P<host>[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*"
    r"|\[[0-9a-f:]+\])(?P<port>:\d{1,5})?"
)
LONGEST = 262
DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def normal(typed: str) -> str | None:
    """One spelling for each, as browsers send it; None for what is no origin."""
    found = ORIGIN.fullmatch(typed.strip().lower().rstrip("/"))
    if found is None or len(typed) > LONGEST or (found["any"] and "." not in found["host"]):
        return None
    port = "" if found["port"] == DEFAULT_PORTS[found["scheme"]] else found["port"] or ""
    return f"{found['scheme']}://{found['any'] or ''}{found['host']}{port}"


def covers(allowed: Iterable[str], origin: str) -> bool:
    """`origin` as a browser sends it."""
    return any(_is_one(one, origin) for one in allowed)


def _is_one(allowed: str, origin: str) -> bool:
    """`*.` stands for one name or more before the host, as in a content security policy."""
    scheme, star, rest = allowed.partition("://*.")
    if not star:
        return allowed == origin
    before, _, host = origin.partition("://")
    return before == scheme and host.endswith("." + rest)
