"""Who vouches for a visitor? Two tokens: ours names a chat of the widget, the customer's says who it is.

Ours is the only way back into a chat; it is good for a day and renewed while it is used. The customer's is a
JWT (HS256) that its server signs with the widget's secret; what it says is trusted, what a page says is not.
"""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.core import signing
from pydantic import Field, JsonValue, ValidationError

from conversations.shapes import Customer
from workflows.definition import wording
from workspaces.api import strict_json
from workspaces.api.refused import Refused
from workspaces.api.shapes import Body
from workspaces.vault import Secret

SESSION_S = 24 * 3600
LIFE_S = 24 * 3600
"""For so long at most a customer's token may be good."""
LARGEST = 16_000
SALT = "parley.widget.session"


class TokenRefused(Exception):
    """What is wrong, in words for the customer's developer."""


# --- Ours --------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Session:
    widget_id: UUID
    conversation_id: UUID


def session(widget_id: UUID, conversation_id: UUID) -> str:
    return signing.dumps([widget_id.hex, conversation_id.hex], salt=SALT)


def opened(token: str) -> Session | None:
    """None when it is not ours, was changed, or is too old."""
    try:
        widget_id, conversation_id = signing.loads(token, salt=SALT, max_age=SESSION_S)
        return Session(UUID(widget_id), UUID(conversation_id))
    except (signing.BadSignature, ValueError, TypeError):
        return None


# --- The customer's ----------------------------------------------------------------------------------------
class Vouched(Body):
    """The claims; the registered ones besides `exp` and `nbf` are allowed and not looked at."""

    exp: int | float
    nbf: int | float = 0
    iat: int | float = 0
    iss: str = ""
    sub: str = ""
    aud: str | list[str] = ""
    jti: str = ""
    customer: Customer = Customer()
    variables: dict[str, JsonValue] = Field(default={})
    metadata: dict[str, JsonValue] = Field(default={})
    secure_metadata: dict[str, str] = Field(default={})


def vouched(token: str, secrets: Iterable[Secret], *, now: float) -> Vouched:
    """Raises TokenRefused. Nothing is read before the signature fits."""
    head, _, rest = token.partition(".")
    body, _, signature = rest.partition(".")
    if len(token) > LARGEST or not (head and body and signature):
        raise TokenRefused("The token is not a JWT.")
    signed, given = f"{head}.{body}".encode(), _decoded(signature)
    if not any(hmac.compare_digest(given, _signature(one, signed)) for one in secrets):
        raise TokenRefused("The token is not signed with the widget's secret.")
    if _header(head).get("alg") != "HS256":
        raise TokenRefused("Sign the token with HS256.")
    claims = _claims(_decoded(body))
    if claims.exp <= now or claims.nbf > now + 60:
        raise TokenRefused("The token has expired, or is not good yet.")
    if claims.exp > now + LIFE_S + 60:
        raise TokenRefused("A token may be good for a day at most: set an earlier exp.")
    return claims


def _signature(secret: Secret, signed: bytes) -> bytes:
    return hmac.new(secret.reveal().encode(), signed, hashlib.sha256).digest()


def _header(head: str) -> dict[str, object]:
    try:
        found = json.loads(_decoded(head))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _claims(body: bytes) -> Vouched:
    try:
        return Vouched.model_validate(strict_json.loads(body))
    except Refused as refused:
        raise TokenRefused(f"The token's claims cannot be read: {refused.message}") from refused
    except ValidationError as error:
        first = wording.problems_of(error.errors())[0]
        raise TokenRefused(f"The token's claims are wrong at {first.path}: {first.message}") from error


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
