"""Who did what to which object? Appends to the audit log; a secret's value never comes here."""

import ipaddress
from dataclasses import dataclass

from django.db.models import Model
from django.http import HttpRequest

from workspaces.models import ApiKey, AuditEntry, User, Workspace


@dataclass(frozen=True)
class Actor:
    """Who is behind a change: a person, a program with an API key, or Parley itself."""

    name: str
    user: User | None = None
    api_key: ApiKey | None = None
    ip: str | None = None
    request_id: str = ""
    tab: str = ""
    """Which browser tab sent it, so that the sender is not told of its own change."""


def actor_of(request: HttpRequest) -> Actor:
    person, key = getattr(request, "user", None), getattr(request, "auth", None)
    user = person if isinstance(person, User) else None
    api_key = key if isinstance(key, ApiKey) else None
    return Actor(
        name=f"API key {api_key.name}" if api_key else str(user or "someone not signed in"),
        user=None if api_key else user,
        api_key=api_key,
        ip=ip_of(request),
        request_id=getattr(request, "id", ""),
        tab=request.headers.get("X-Tab-Id", "")[:64],
    )


def system(name: str) -> Actor:
    """Parley itself, by the name of the part that acts."""
    return Actor(name=name)


def ip_of(request: HttpRequest) -> str | None:
    """The peer's address; the web server fills it in from the proxy's header when it trusts that proxy."""
    try:
        return str(ipaddress.ip_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return None


def record(
    workspace: Workspace,
    actor: Actor,
    verb: str,
    *,
    of: Model | None = None,
    name: str = "",
    object_type: str = "",
    object_id: str = "",
    **details: object,
) -> AuditEntry:
    """`verb` is `<object>.<what happened>`. What is not given of the object is taken from `of`."""
    return AuditEntry.objects.create(
        workspace=workspace,
        user=actor.user,
        api_key=actor.api_key,
        actor=actor.name[:254],
        verb=verb,
        object_type=object_type or (of._meta.model_name or "" if of else ""),
        object_id=object_id or (str(of.pk) if of else ""),
        object_name=(name or (str(of) if of else ""))[:200],
        details=details,
        ip=actor.ip,
        request_id=actor.request_id,
    )
