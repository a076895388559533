"""What can go wrong in a connector, split by what the caller does next.

ConnectorError
├── Unavailable       try again later (time-out, 429, 5xx, connection lost)
├── Rejected          never try again; the other side said why
├── NeedsReconnect    the credentials are dead: pause and tell the owner
├── Misconfigured     our user's settings; names the field
└── Blocked           the outbound guard refused the address
ConnectionInvalid      a connection cannot be saved as it is; lists every problem
"""

from collections.abc import Sequence
from dataclasses import dataclass


class ConnectorError(Exception):
    """`str()` is for the person who built the workflow: what happened, where, what to do."""

    code = "failed"

    def __init__(self, message: str, *, http_status: int | None = None, maybe_done: bool = False) -> None:
        super().__init__(message)
        self.http_status = http_status
        self.maybe_done = maybe_done
        """True when the request had left and no answer came: the effect may or may not have taken place."""


class Unavailable(ConnectorError):
    code = "unavailable"

    def __init__(
        self,
        message: str,
        *,
        http_status: int | None = None,
        maybe_done: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message, http_status=http_status, maybe_done=maybe_done)
        self.retry_after_s = retry_after_s


class TimedOut(Unavailable):
    code = "timed_out"


class Rejected(ConnectorError):
    code = "rejected"


class NeedsReconnect(ConnectorError):
    code = "needs_reconnect"


class Misconfigured(ConnectorError):
    code = "misconfigured"

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class Blocked(ConnectorError):
    code = "blocked"


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with a connection as it was given."""

    path: str
    """Its place in the API's body, such as `settings.auth.token`."""
    code: str
    message: str
    field: str = ""
    """The declared field, for a form."""


class ConnectionInvalid(Exception):
    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("The connection cannot be saved as it is.")
        self.problems = tuple(problems)
