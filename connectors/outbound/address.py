"""Where does a request go? What a step says becomes one checked address; nothing ambiguous passes."""

import re
from collections.abc import Sequence
from urllib.parse import unquote, urlencode

import httpx

from connectors import errors
from connectors.declare import Resolved

LONGEST = 8_000
UNSAFE = re.compile(r"[\x00-\x1f\x7f-\xa0\u2028\u2029\\]")
"""Control characters and backslashes: each parser reads them in its own way."""


def build(text: str, query: Sequence[tuple[str, str]], connection: Resolved | None) -> httpx.URL:
    """An absolute address, or with a connection a path under its base address or on one of its hosts."""
    is_absolute = re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", text) is not None
    is_under = connection is not None and bool(connection.base_url) and not is_absolute
    field = "path" if is_under else "url"
    base = connection.base_url if connection is not None and is_under else ""
    url = _parse(_join(base, text), field)
    if connection is not None and connection.base_url:
        _keep_to_hosts(url, connection, field)
    if query:
        url = _with_query(url, query)
    return url


def normal_host(name: str) -> str:
    """One spelling for each host, in ASCII: how connections list theirs and how an address is compared."""
    try:
        return httpx.URL(host=name.strip("[]"), scheme="http").raw_host.decode().rstrip(".").lower()
    except (httpx.InvalidURL, UnicodeError):
        return ""


def _with_query(url: httpx.URL, query: Sequence[tuple[str, str]]) -> httpx.URL:
    try:
        encoded = urlencode(query, errors="strict").encode()
        return url.copy_with(query=url.query + b"&" + encoded if url.query else encoded)
    except (httpx.InvalidURL, UnicodeError) as unsendable:
        message = "The query holds characters that cannot be sent, or is too long."
        raise errors.Misconfigured(message, field="query") from unsendable


def _join(base: str, path: str) -> str:
    if not base or not path:
        return base or path
    return base.rstrip("/") + (path if path.startswith("?") else "/" + path.lstrip("/"))


def _parse(text: str, field: str) -> httpx.URL:
    if len(text) > LONGEST or UNSAFE.search(text):
        raise errors.Misconfigured("The address holds characters that do not belong in one.", field=field)
    path = re.split(r"[?#]", text, maxsplit=1)[0]
    if any(unquote(segment) in (".", "..") for segment in path.split("/")):
        raise errors.Misconfigured("The address must not hold `.` or `..` between slashes.", field=field)
    try:
        url = httpx.URL(text)
        is_complete = url.scheme in ("http", "https") and bool(url.host) and (url.port or 1) < 65536
    except (httpx.InvalidURL, UnicodeError, ValueError) as unreadable:
        raise errors.Misconfigured("This is not a web address.", field=field) from unreadable
    if not is_complete:
        raise errors.Misconfigured("An address starts with http:// or https:// and a host.", field=field)
    if url.userinfo:
        raise errors.Misconfigured(
            "Put user name and password in a connection, not the address.", field=field
        )
    return url


def _keep_to_hosts(url: httpx.URL, connection: Resolved, field: str) -> None:
    base = httpx.URL(connection.base_url)
    if normal_host(url.host) not in connection.hosts or (base.scheme == "https" and url.scheme != "https"):
        raise errors.Misconfigured(f"{connection.name} is not allowed to call this host.", field=field)
