"""The REST step: one request, its answer, and what an unwelcome status means."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

from connectors import errors
from connectors.declare import JSON, Action, Call, Choice, Field, Inputs, Kind, Output, Outputs, Repeat, Reply

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
REPEATABLE = ("GET", "HEAD", "PUT", "DELETE", "OPTIONS")
TRY_AGAIN = (408, 425, 429)
LONGEST_WAIT_S = 86_400.0
PRIVATE_HEADERS = ("set-cookie", "authorization", "proxy-authenticate", "www-authenticate")


def _repeats(inputs: Mapping[str, JSON]) -> Repeat:
    return Repeat.SAFE if inputs.get("method", "GET") in REPEATABLE else Repeat.NEVER


def _summary(inputs: Mapping[str, JSON], connection: str = "") -> str:
    return (
        f"**{inputs.get('method') or 'GET'}** to {connection or _host(str(inputs.get('url') or '')) or '…'}"
    )


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""


def _perform(inputs: Inputs, call: Call) -> Outputs:
    content, media_type = _body(inputs.get("body"))
    headers = _pairs(inputs.get("headers"))
    given = {name.lower() for name, _ in headers}
    if "idempotency-key" not in given:
        headers.append(("Idempotency-Key", call.idempotency_key))
    if media_type and "content-type" not in given:
        headers.append(("Content-Type", media_type))
    reply = call.http.request(
        str(inputs.get("method") or "GET"),
        _address(inputs, call),
        headers=headers,
        query=_pairs(inputs.get("query")),
        content=content,
    )
    threshold = inputs.get("fail_on_status")
    if reply.status >= (threshold if isinstance(threshold, int) else 400):
        raise _refusal(reply)
    return {
        "status": reply.status,
        "headers": {name: value for name, value in reply.headers.items() if name not in PRIVATE_HEADERS},
        "body": _answer(reply),
    }


def _address(inputs: Inputs, call: Call) -> str:
    connected = bool(call.settings)
    wanted, other = ("path", "url") if connected else ("url", "path")
    if inputs.get(other):
        raise errors.Misconfigured(
            "With a connection a step has a path under its address, not an address of its own."
            if connected
            else "A path needs a connection; without one give the whole address.",
            field=other,
        )
    address = str(inputs.get(wanted) or "")
    if not address and not connected:
        raise errors.Misconfigured("The address is missing.", field="url")
    return "/" + address.lstrip("/") if connected and address else address


def _pairs(value: JSON) -> list[tuple[str, str]]:
    if not isinstance(value, list):
        return []
    return [
        (str(pair["name"]), "" if pair.get("value") is None else str(pair["value"]))
        for pair in value
        if isinstance(pair, dict)
    ]


def _body(body: JSON) -> tuple[bytes | None, str]:
    if not isinstance(body, dict):
        return None, ""
    value = body.get("value")
    try:
        match body.get("kind"):
            case "json":
                return json.dumps(value, ensure_ascii=False, allow_nan=False).encode(), "application/json"
            case "form":
                return urlencode(_pairs(value)).encode(), "application/x-www-form-urlencoded"
            case _:
                return str(value if value is not None else "").encode(), "text/plain; charset=utf-8"
    except ValueError as unsendable:
        raise errors.Misconfigured(
            "The body holds something that cannot be sent.", field="body"
        ) from unsendable


def _answer(reply: Reply) -> JSON:
    if "json" not in reply.headers.get("content-type", "json"):
        return reply.text
    try:
        return reply.json
    except errors.Rejected:
        return reply.text


def _refusal(reply: Reply) -> errors.ConnectorError:
    told = f"The service answered {reply.status} {_phrase(reply.status)}".rstrip()
    said = " ".join(reply.text.split())[:200] if "html" not in reply.headers.get("content-type", "") else ""
    message = f"{told}: {said}" if said else f"{told}."
    if reply.status >= 500 or reply.status in TRY_AGAIN:
        return errors.Unavailable(
            message,
            http_status=reply.status,
            retry_after_s=_retry_after_s(reply.headers.get("retry-after", "")),
        )
    return errors.Rejected(message, http_status=reply.status)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def _retry_after_s(text: str) -> float | None:
    """Seconds or an HTTP date, as RFC 9110 has it; anything else counts as not given."""
    if text.strip().isdecimal():
        return min(float(text), LONGEST_WAIT_S)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max((moment - datetime.now(UTC)).total_seconds(), 0), LONGEST_WAIT_S)


REQUEST = Action(
    key="request",
    label="Send a request",
    description="Call an address with any method, headers and body, and use the answer in later steps.",
    synonyms=("http", "call", "webhook", "get", "post", "put", "patch", "delete", "fetch"),
    repeats=_repeats,
    summary=_summary,
    perform=_perform,
    fields=(
        Field(
            name="method",
            kind=Kind.CHOICE,
            label="Method",
            default="GET",
            tokens=False,
            choices=tuple(Choice(value=method, label=method) for method in METHODS),
        ),
        Field(
            name="url",
            kind=Kind.TEXT,
            label="Address",
            placeholder="https://api.example.com/orders",
            required=True,
            when_connected=False,
            max_length=8000,
        ),
        Field(
            name="path",
            kind=Kind.TEXT,
            label="Path",
            help="Comes after the connection's address.",
            placeholder="/orders/{{ action.order_number }}",
            when_connected=True,
            max_length=8000,
        ),
        Field(name="query", kind=Kind.PAIRS, label="Query parameters", default=[], accepts_secure=True),
        Field(name="headers", kind=Kind.PAIRS, label="Headers", default=[], accepts_secure=True),
        Field(name="body", kind=Kind.BODY, label="Body", accepts_secure=True),
        Field(
            name="fail_on_status",
            kind=Kind.INTEGER,
            label="Fail from status",
            help="Answers with this status or above fail the step; 600 accepts every answer.",
            default=400,
            minimum=200,
            maximum=600,
            advanced=True,
        ),
    ),
    outputs=(
        Output(name="status", type="integer", label="Status", sample=200),
        Output(name="headers", type="object", label="Headers", sample={"content-type": "application/json"}),
        Output(name="body", type="any", label="Body", sample={"id": "4711", "status": "open"}),
    ),
)
