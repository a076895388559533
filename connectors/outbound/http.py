"""How does a step speak HTTP? Behind the guard, within its deadline, over connections kept for it."""

import json as jsonlib
import os
import re
import ssl
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import urlencode
from uuid import UUID

import httpcore
import httpx

from connectors import errors
from connectors.declare import JSON, Auth, Resolved
from connectors.outbound import address, answer, transport
from connectors.outbound.answer import Answer
from connectors.outbound.guard import Guard, unreachable
from connectors.outbound.transport import GuardedTransport

HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}")
HEADER_VALUE = re.compile(r"[\t\x20-\x7e]{0,8000}")
FRAMING = frozenset(
    """host content-length transfer-encoding connection keep-alive upgrade te trailer expect
    accept-encoding""".split()  # noqa: SIM905
)
"""Headers that frame the message or name its target; a step that set them could speak for another."""
OUR_LINES = (("Accept-Encoding", "gzip"), ("User-Agent", "Parley"))
JSON_TYPE = ("Content-Type", "application/json")
FORM_TYPE = ("Content-Type", "application/x-www-form-urlencoded")
MOST_KEPT = 256


def nobody_asks(_credential: str) -> None:
    """For calls whose outputs are not kept."""


@dataclass(frozen=True, kw_only=True)
class GuardedHttp:
    """The `Http` of a call."""

    guard: Guard
    workspace_id: UUID
    connection: Resolved | None
    deadline: float
    credential_sent: Callable[[str], None] = nobody_asks
    """Told each value that proves who is asking, a granted token too, so that no output shows it."""

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Sequence[tuple[str, str]] = (),
        query: Sequence[tuple[str, str]] = (),
        json: JSON = None,
        form: Sequence[tuple[str, str]] | None = None,
        content: bytes | None = None,
    ) -> Answer:
        target = address.build(url, query, self.connection)  # first: a refused address fetches no token
        auth = self._auth()
        for _, value in (*auth.headers, *auth.query):
            self.credential_sent(value.rpartition(" ")[2])
        if auth.query:
            target = address.build(url, [*query, *auth.query], self.connection)
        if json is not None:
            content, headers = jsonlib.dumps(json, allow_nan=False).encode(), [*headers, JSON_TYPE]
        elif form is not None:
            content, headers = urlencode(form).encode(), [*headers, FORM_TYPE]
        lines = [*OUR_LINES, *_checked(headers, auth), *auth.headers]
        replied = self._send(httpx.Request(method, target, headers=lines, content=content))
        if replied.status == 401 and self.connection:
            _granted.pop((self.connection.id, self.connection.version), None)
        return replied

    def _auth(self) -> Auth:
        if self.connection is None or self.connection.authorize is None:
            return Auth()
        key = (self.connection.id, self.connection.version)
        auth, good_until = _granted.get(key, (Auth(), 0.0))
        if good_until > time.monotonic():
            return auth
        try:
            auth = self.connection.authorize(self.connection, replace(self, connection=None))
        except errors.ConnectorError as not_granted:
            not_granted.maybe_done = False  # only the token request may have left, not the step's own
            raise
        if not all(HEADER_VALUE.fullmatch(value) for _, value in auth.headers):
            raise errors.NeedsReconnect(
                f"The credentials of {self.connection.name} hold characters that cannot be sent. "
                "Enter them again."
            )
        if auth.expires_in_s:
            _granted[key] = (auth, time.monotonic() + auth.expires_in_s)
        return auth

    def _send(self, request: httpx.Request) -> Answer:
        kept = _kept_connections(self.guard, self.workspace_id, self.connection and self.connection.id)
        host, port = request.url.host, request.url.port or (443 if request.url.scheme == "https" else 80)
        try:
            with transport.until(self.deadline), closing(kept.handle_request(request)) as response:
                return answer.read(response)
        except (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout) as unsent:
            raise self._not_sent(unsent, host, port) from unsent
        except httpcore.TimeoutException as late:
            raise errors.TimedOut(f"{host} did not answer in time.", maybe_done=True) from late
        except (httpcore.LocalProtocolError, httpcore.UnsupportedProtocol) as ours:
            raise errors.Misconfigured("This request cannot be sent as it is.") from ours
        except (httpcore.NetworkError, httpcore.ProtocolError) as lost:
            raise errors.Unavailable(
                f"{host} closed the connection without an answer.", maybe_done=True
            ) from lost

    def _not_sent(self, unsent: Exception, host: str, port: int) -> errors.ConnectorError:
        if time.monotonic() >= self.deadline:
            return errors.TimedOut("The step ran out of time before its request was sent.")
        if isinstance(unsent.__context__, ssl.SSLCertVerificationError):
            return errors.Unavailable(f"The certificate of {host} is not valid for it.")
        return errors.Unavailable(unreachable(host, port))


def _checked(headers: Sequence[tuple[str, str]], auth: Auth) -> list[tuple[str, str]]:
    taken = {name.lower() for name, _ in auth.headers}
    for name, value in headers:
        if not HEADER_NAME.fullmatch(name) or not HEADER_VALUE.fullmatch(value):
            raise errors.Misconfigured("Header names and values are plain text in one line.", field="headers")
        if name.lower() in FRAMING or name.lower().startswith("proxy-"):
            raise errors.Misconfigured(f"The header {name} is set by Parley itself.", field="headers")
        if name.lower() in taken:
            raise errors.Misconfigured(f"The header {name} is set by the connection.", field="headers")
    return list(headers)


_granted: dict[tuple[UUID, int], tuple[Auth, float]] = {}
"""Tokens that a service gave out for a while, by connection and its version, until `time.monotonic()`."""


@lru_cache(maxsize=MOST_KEPT)
def _kept_connections(guard: Guard, workspace_id: UUID, connection_id: UUID | None) -> GuardedTransport:
    """Connections kept alive, apart for each connection of a workspace: nobody shares another's.

    What falls out of the cache is not closed, a thread may be using it; it goes when the last one lets go.
    """
    return GuardedTransport(guard)


os.register_at_fork(after_in_child=_kept_connections.cache_clear)
