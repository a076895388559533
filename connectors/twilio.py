"""Does a request come from Twilio? Its signature over the address and the fields says so.

As Twilio documents it: HMAC-SHA1, with the account's auth token, of the whole address followed by each
field's name and value in the order of the names; of a websocket the address alone, with its wss scheme.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable
from urllib.parse import urlsplit, urlunsplit

from workspaces.vault import Secret

STANDARD_PORTS = {"https": 443, "wss": 443, "http": 80, "ws": 80}


def is_signed(url: str, fields: Iterable[tuple[str, str]], signature: str, token: Secret) -> bool:
    """Twilio may or may not write the standard port."""
    values = "".join(name + value for name, value in sorted(set(fields)))
    known = (sign(one + values, token) for one in (url, _with_port(url)))
    return any(hmac.compare_digest(one.encode(), signature.encode()) for one in known)


def sign(text: str, token: Secret) -> str:
    return base64.b64encode(hmac.new(token.reveal().encode(), text.encode(), hashlib.sha1).digest()).decode()


def _with_port(url: str) -> str:
    parts = urlsplit(url)
    if parts.port is not None or parts.scheme not in STANDARD_PORTS:
        return url
    return urlunsplit(parts._replace(netloc=f"{parts.netloc}:{STANDARD_PORTS[parts.scheme]}"))
