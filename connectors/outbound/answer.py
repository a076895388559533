"""What did the other side answer? Read whole, decoded, at most 1 MB, and fit to be stored."""

import json
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import httpx

from connectors import errors
from connectors.declare import JSON

LIMIT = 1_000_000
CHARSETS = frozenset(
    "utf-8 ascii iso-8859-1 iso-8859-15 windows-1252 utf-16 shift_jis euc-jp gbk big5 euc-kr".split()  # noqa: SIM905
)
"""The other side names its charset, and Python knows codecs that are none; all else is read as UTF-8."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    content: bytes

    @cached_property
    def text(self) -> str:
        declared = self.headers.get("content-type", "").lower().partition("charset=")[2]
        charset = declared.partition(";")[0].strip("\"' ")
        return storable(self.content.decode(charset if charset in CHARSETS else "utf-8", errors="replace"))

    @cached_property
    def json(self) -> JSON:
        """Raises Rejected for what is not JSON, or cannot be kept as such (deep nesting, endless numbers)."""
        try:
            value = json.loads(self.text, parse_constant=_refuse, parse_float=_finite)
            return _storable_json(value) if "\\u" in self.text else value
        except (ValueError, RecursionError) as unreadable:
            raise errors.Rejected(
                "The service answered with something that is not JSON.", http_status=self.status
            ) from unreadable


def read(response: httpx.Response) -> Answer:
    """Stops at the limit of *decoded* bytes: a small answer that unpacks to a huge one costs no more."""
    unpack = _unpacker(response)
    content = bytearray()
    try:
        for chunk in response.iter_raw():
            content += unpack(chunk, LIMIT + 1 - len(content))
            if len(content) > LIMIT:
                raise errors.Rejected("The answer is larger than 1 MB.", http_status=response.status_code)
    except zlib.error as broken:
        raise errors.Rejected("The answer cannot be unpacked.", http_status=response.status_code) from broken
    headers: dict[str, str] = {}
    for name, value in response.headers.multi_items():
        headers[name] = f"{headers[name]}, {storable(value)}" if name in headers else storable(value)
    return Answer(response.status_code, headers, bytes(content))


def storable(text: str) -> str:
    """PostgreSQL keeps neither NUL nor half a surrogate pair."""
    return text.replace("\x00", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unpacker(response: httpx.Response) -> Callable[[bytes, int], bytes]:
    match response.headers.get("content-encoding", "").strip().lower():
        case "" | "identity":
            return lambda chunk, limit: chunk[:limit]
        case "gzip" | "x-gzip":
            return zlib.decompressobj(wbits=31).decompress
    raise errors.Rejected(
        "The answer is packed in a way that was not asked for.", http_status=response.status_code
    )


def _refuse(constant: str) -> JSON:
    raise ValueError(constant)


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ValueError(digits)
    return number


def _storable_json(value: JSON) -> JSON:
    match value:
        case str():
            return storable(value)
        case list():
            return [_storable_json(item) for item in value]
        case dict():
            return {storable(key): _storable_json(item) for key, item in value.items()}
    return value
