"""What does an action's function work with? A Call: guarded HTTP and mail, its key and its deadline."""

from collections.abc import Callable
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings

from connectors.declare import Call, Resolved
from connectors.outbound import allowances, guard, http
from connectors.outbound.guard import Guard, Resolver
from connectors.outbound.http import GuardedHttp
from connectors.outbound.smtp import GuardedMail


def make_call(
    *,
    workspace_slug: str,
    workspace_id: UUID,
    resolved: Resolved | None,
    idempotency_key: str,
    attempt: int,
    deadline: float,
    credential_sent: Callable[[str], None] = http.nobody_asks,
    resolver: Resolver = guard.system_resolver,
) -> Call:
    """Costs nothing until the action uses it: no connection is opened and no token fetched before."""
    return Call(
        http=GuardedHttp(
            guard=guard_of(guard.HTTP_PORTS, resolver),
            workspace_id=workspace_id,
            connection=resolved,
            deadline=deadline,
            credential_sent=credential_sent,
        ),
        mail=GuardedMail(guard=guard_of(guard.MAIL_PORTS, resolver), connection=resolved, deadline=deadline),
        settings=resolved.settings if resolved else {},
        idempotency_key=idempotency_key,
        attempt=attempt,
        deadline=deadline,
        workspace=workspace_slug,
    )


def guard_of(ports: frozenset[int], resolver: Resolver = guard.system_resolver) -> Guard:
    return Guard(
        ports=ports,
        allow=allowances.parse(settings.OUTBOUND_ALLOW),
        own_hosts=frozenset({urlsplit(settings.BASE_URL).hostname or ""}),
        resolve=resolver,
    )
