"""What does Parley know of a REST service? Its address, and how to prove who is asking."""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import urlsplit

from connectors import errors
from connectors.declare import JSON, Auth, Call, Choice, ConnectionKind, Field, Http, Kind, Resolved

FIELDS = (
    Field(
        name="base_url",
        kind=Kind.TEXT,
        label="Base address",
        help="Steps add their path to it; requests never leave its host.",
        placeholder="https://api.example.com/v1",
        required=True,
        tokens=False,
        max_length=2000,
        pattern=r"https?://[^\s/@?#\\]+(/[^\s?#\\]*)?",
    ),
    Field(
        name="auth_kind",
        kind=Kind.CHOICE,
        label="Sign in with",
        default="none",
        tokens=False,
        choices=(
            Choice(value="none", label="Nothing"),
            Choice(value="api_key", label="API key"),
            Choice(value="bearer", label="Bearer token"),
            Choice(value="basic", label="User name and password"),
            Choice(value="oauth2_client", label="OAuth 2 client credentials"),
        ),
    ),
    Field(
        name="header",
        kind=Kind.TEXT,
        label="Header",
        default="X-API-Key",
        tokens=False,
        pattern=r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}",
        shown_when={"auth_kind": ("api_key",)},
    ),
    Field(
        name="key",
        kind=Kind.SECRET,
        label="API key",
        required=True,
        tokens=False,
        shown_when={"auth_kind": ("api_key",)},
    ),
    Field(
        name="token",
        kind=Kind.SECRET,
        label="Token",
        required=True,
        tokens=False,
        shown_when={"auth_kind": ("bearer",)},
    ),
    Field(
        name="username",
        kind=Kind.TEXT,
        label="User name",
        required=True,
        tokens=False,
        max_length=500,
        pattern=r"[^:\x00-\x1f]*",
        shown_when={"auth_kind": ("basic",)},
    ),
    Field(
        name="password",
        kind=Kind.SECRET,
        label="Password",
        tokens=False,
        shown_when={"auth_kind": ("basic",)},
    ),
    Field(
        name="token_url",
        kind=Kind.TEXT,
        label="Token address",
        placeholder="https://login.example.com/oauth/token",
        required=True,
        tokens=False,
        max_length=2000,
        pattern=r"https?://[^\s/@?#\\]+(/[^\s#\\]*)?",
        shown_when={"auth_kind": ("oauth2_client",)},
    ),
    Field(
        name="client_id",
        kind=Kind.TEXT,
        label="Client id",
        required=True,
        tokens=False,
        max_length=500,
        shown_when={"auth_kind": ("oauth2_client",)},
    ),
    Field(
        name="client_secret",
        kind=Kind.SECRET,
        label="Client secret",
        required=True,
        tokens=False,
        shown_when={"auth_kind": ("oauth2_client",)},
    ),
    Field(
        name="scope",
        kind=Kind.TEXT,
        label="Scope",
        tokens=False,
        max_length=1000,
        shown_when={"auth_kind": ("oauth2_client",)},
    ),
    Field(
        name="allowed_hosts",
        kind=Kind.TEXT,
        label="More hosts",
        help="Other hosts that this connection's credentials may be sent to, separated by commas.",
        tokens=False,
        advanced=True,
        many=True,
        max_length=253,
        pattern=r"[A-Za-z0-9.-]+(\s*,\s*[A-Za-z0-9.-]+)*",
    ),
)


def _hosts(settings: Mapping[str, JSON]) -> Sequence[str]:
    more = settings.get("allowed_hosts") or ""
    names = more if isinstance(more, list) else str(more).split(",")
    addresses = [_base_url(settings), str(settings.get("token_url") or "")]
    hosts = [urlsplit(address).hostname or "" for address in addresses]
    return [host for host in (*hosts, *(str(name).strip() for name in names)) if host]


def _base_url(settings: Mapping[str, JSON]) -> str:
    return str(settings.get("base_url") or "")


def _authorize(connection: Resolved, http: Http) -> Auth:
    return AUTHS[str(connection.settings.get("auth_kind") or "none")](connection, http)


def _no_auth(connection: Resolved, http: Http) -> Auth:
    return Auth()


def _api_key(connection: Resolved, http: Http) -> Auth:
    header = str(connection.settings.get("header") or "X-API-Key")
    return Auth(headers=((header, _credential(connection, "key")),))


def _bearer(connection: Resolved, http: Http) -> Auth:
    return Auth(headers=(("Authorization", f"Bearer {_credential(connection, 'token')}"),))


def _basic(connection: Resolved, http: Http) -> Auth:
    password = connection.credentials.get("password")
    pair = f"{connection.settings.get('username', '')}:{password.reveal() if password else ''}"
    return Auth(headers=(("Authorization", f"Basic {b64encode(pair.encode()).decode()}"),))


def _oauth2_client(connection: Resolved, http: Http) -> Auth:
    form = [
        ("grant_type", "client_credentials"),
        ("client_id", str(connection.settings.get("client_id", ""))),
        ("client_secret", _credential(connection, "client_secret")),
    ]
    if scope := connection.settings.get("scope"):
        form.append(("scope", str(scope)))
    answer = http.request("POST", str(connection.settings.get("token_url", "")), form=form)
    if answer.status >= 500 or answer.status == 429:
        raise errors.Unavailable("The token address cannot answer at the moment.", http_status=answer.status)
    granted = answer.json if answer.status < 300 else None
    if not isinstance(granted, dict) or not isinstance(granted.get("access_token"), str):
        raise errors.NeedsReconnect(
            f"The token address of {connection.name} gave no token (it answered {answer.status}). "
            "Check the client id and secret.",
            http_status=answer.status,
        )
    lifetime = granted.get("expires_in")
    return Auth(
        headers=(("Authorization", f"Bearer {granted['access_token']}"),),
        expires_in_s=max(float(lifetime) - 30, 0) if isinstance(lifetime, int | float) else 300,
    )


AUTHS: Mapping[str, Callable[[Resolved, Http], Auth]] = {
    "none": _no_auth,
    "api_key": _api_key,
    "bearer": _bearer,
    "basic": _basic,
    "oauth2_client": _oauth2_client,
}


def _credential(connection: Resolved, name: str) -> str:
    if credential := connection.credentials.get(name):
        return credential.reveal()
    raise errors.NeedsReconnect(
        f"{connection.name} has no {name.replace('_', ' ')}. Enter it in the connection."
    )


def _check(call: Call) -> None:
    """Reachable, and not turned away: what the base address itself answers is up to the service."""
    answer = call.http.request("GET", "")
    if answer.status in (401, 403):
        raise errors.NeedsReconnect(
            f"The service refused the credentials (it answered {answer.status}).", http_status=answer.status
        )
    if answer.status >= 500:
        raise errors.Unavailable(f"The service answered {answer.status}.", http_status=answer.status)


CONNECTION = ConnectionKind(
    fields=FIELDS,
    hosts=_hosts,
    check=_check,
    base_url=_base_url,
    authorize=_authorize,
    paths={"auth_kind": "auth.kind"}
    | {
        name: f"auth.{name}"
        for name in (
            "header",
            "key",
            "token",
            "username",
            "password",
            "token_url",
            "client_id",
            "client_secret",
            "scope",
        )
    },
)
