"""Tokens as a customer's server makes them, written apart from the code that reads them."""

import base64
import hashlib
import hmac
import json
import time
from typing import Any


def customer_token(secret: str, *, alg: str = "HS256", **claims: Any) -> str:
    """Good for five minutes unless `exp` says otherwise."""
    whole = {"exp": int(time.time()) + 300, **claims}
    signed = f"{_encoded({'alg': alg, 'typ': 'JWT'})}.{_encoded(whole)}"
    mac = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{_text(mac)}"


def _encoded(value: Any) -> str:
    return _text(json.dumps(value).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
