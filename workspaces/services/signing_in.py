"""Who comes in? Checks e-mail and password, slows guessing down, and audits what happened."""

import structlog
from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest

from workspaces import throttle
from workspaces.errors import TooManyAttempts
from workspaces.models import User, Workspace
from workspaces.services import audit

log = structlog.get_logger()

DEMO_VISITOR = "visitor@demo.example"
DEMO_WORKSPACE = "demo"


def sign_in(request: HttpRequest, email: str, password: str) -> User | None:
    """The person, signed in; None if e-mail and password do not belong together."""
    ip = audit.ip_of(request)
    if not throttle.may_try(email, ip):
        log.warning("sign_in_throttled", ip=ip)
        raise TooManyAttempts
    user = authenticate(request, username=email, password=password)
    if not isinstance(user, User):
        log.info("sign_in_refused", ip=ip)
        _record(request, User.objects.filter(email=email.strip().lower()).first(), "sign_in.failed")
        return None
    throttle.succeeded(email, ip)
    _enter(request, user)
    return user


def sign_in_to_demo(request: HttpRequest) -> User | None:
    """The demo's visitor, signed in without a password; None while the demo workspace is not there."""
    visitor = User.objects.filter(email=DEMO_VISITOR, is_active=True, is_staff=False).first()
    if settings.DEMO and visitor:
        _enter(request, visitor)
        return visitor
    return None


def sign_out(request: HttpRequest) -> None:
    if isinstance(request.user, User):
        _record(request, request.user, "sign_in.ended")
    logout(request)


def _enter(request: HttpRequest, user: User) -> None:
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    _record(request, user, "sign_in.succeeded")


def _record(request: HttpRequest, user: User | None, verb: str) -> None:
    """In every workspace that the person could enter. Of an unknown address there is only the log line."""
    if user is None:
        return
    actor = audit.actor_of(request)
    for workspace in Workspace.objects.filter(memberships__user=user):
        audit.record(workspace, actor, verb, of=user)
