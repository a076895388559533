"""What does Parley know of a model provider? Its address, its key, and the model that is meant."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from connectors import errors
from connectors.declare import JSON, Auth, Call, ConnectionKind, Field, Http, Kind, Resolved

FIELDS = (
    Field(
        name="base_url",
        kind=Kind.TEXT,
        label="Base address",
        help="Up to and with the version, without /chat/completions.",
        placeholder="https://api.openai.com/v1",
        default="https://api.openai.com/v1",
        tokens=False,
        max_length=2000,
        pattern=r"https?://[^\s/@?#\\]+(/[^\s?#\\]*)?",
    ),
    Field(
        name="api_key",
        kind=Kind.SECRET,
        label="API key",
        help="Leave it empty if your own server asks for none.",
        tokens=False,
    ),
    Field(
        name="model",
        kind=Kind.TEXT,
        label="Model",
        help="The one that is asked where an agent or a step names no other.",
        placeholder="gpt-5.5",
        required=True,
        tokens=False,
        max_length=120,
    ),
)


def _base_url(settings: Mapping[str, JSON]) -> str:
    return str(settings.get("base_url") or "")


def _hosts(settings: Mapping[str, JSON]) -> Sequence[str]:
    host = urlsplit(_base_url(settings)).hostname
    return [host] if host else []


def _authorize(connection: Resolved, http: Http) -> Auth:
    key = connection.credentials.get("api_key")
    return Auth(headers=(("Authorization", f"Bearer {key.reveal()}"),)) if key else Auth()


def _check(call: Call) -> None:
    """Whether the key is taken; a server without a list of models is fine too."""
    answer = call.http.request("GET", "models")
    if answer.status in (401, 403):
        raise errors.NeedsReconnect(
            f"The provider refused the key (it answered {answer.status}).", http_status=answer.status
        )
    if answer.status >= 500:
        raise errors.Unavailable(f"The provider answered {answer.status}.", http_status=answer.status)


CONNECTION = ConnectionKind(
    fields=FIELDS, hosts=_hosts, check=_check, base_url=_base_url, authorize=_authorize
)
