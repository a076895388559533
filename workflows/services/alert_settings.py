"""Whom does a workspace tell of failed runs, and with which secret are its webhooks signed?"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone

from connectors import webhooks
from connectors.apps.email import addresses
from connectors.errors import Misconfigured
from connectors.outbound import address
from workflows.models import AlertSettings
from workspaces import vault
from workspaces.errors import Invalid, Problem
from workspaces.models import Workspace
from workspaces.services import audit
from workspaces.services.audit import Actor

MOST_EMAILS = 10
WINDOWS = {15: "15 minutes", 60: "1 hour", 240: "4 hours", 1440: "1 day"}
FORMER_IS_VALID = timedelta(hours=24)


@dataclass(frozen=True)
class Saved:
    settings: AlertSettings
    new_secret: str = ""
    """Shown this once; empty when there was one already."""


def of(workspace: Workspace) -> AlertSettings:
    """What is stored, or the defaults, unsaved."""
    found = AlertSettings.objects.in_workspace(workspace).select_related("workspace").first()
    return found or AlertSettings(workspace=workspace)


def save(
    workspace: Workspace, *, is_on: bool, emails: str, webhook_url: str, window_minutes: int, by: Actor
) -> Saved:
    """`emails` as typed, with commas or in lines. Raises Invalid."""
    problems: list[Problem] = []
    people = _emails(emails, problems)
    url = _url(webhook_url.strip(), problems)
    if is_on and not people and not url and not problems:
        message = "Name at least one e-mail address or a webhook, or turn alerts off."
        problems.append(Problem("emails", "nobody", message))
    if window_minutes not in WINDOWS:
        problems.append(Problem("window_minutes", "unknown", "Choose one of the times."))
    if problems:
        raise Invalid(problems)
    with transaction.atomic():
        settings = _locked(workspace)
        settings.is_on, settings.emails, settings.webhook_url = is_on, people, url
        settings.window_minutes = window_minutes
        new_secret = _renew(settings) if url and not settings.secret else ""
        settings.save()
        audit.record(
            workspace,
            by,
            "alerts.changed",
            of=settings,
            name="Alerts",
            is_on=is_on,
            emails=len(people),
            webhook=bool(url),
            window_minutes=window_minutes,
        )
    return Saved(settings, new_secret)


@transaction.atomic
def replace_secret(workspace: Workspace, *, by: Actor) -> Saved:
    """The former one goes on signing beside the new one for a day. Raises Invalid."""
    settings = _locked(workspace)
    if not settings.secret:
        raise Invalid([Problem("webhook_url", "missing", "There is no secret yet: save a webhook first.")])
    settings.former_secret = _sealed(settings, _opened(settings), place="former")
    settings.former_until = timezone.now() + FORMER_IS_VALID
    new_secret = _renew(settings)
    settings.save()
    audit.record(workspace, by, "alerts.secret_replaced", of=settings, name="Alerts")
    return Saved(settings, new_secret)


def signing_keys(settings: AlertSettings, now: datetime) -> list[str]:
    """The newest first; two while one is being replaced."""
    keys = [_opened(settings)] if settings.secret else []
    if settings.former_secret and settings.former_until and settings.former_until > now:
        former = vault.decrypt(
            settings.workspace, settings.former_secret, bound_to=_place(settings, "former")
        )
        keys.append(former.reveal())
    return keys


def _locked(workspace: Workspace) -> AlertSettings:
    AlertSettings.objects.bulk_create([AlertSettings(workspace=workspace)], ignore_conflicts=True)
    rows = AlertSettings.objects.select_for_update(of=("self",)).select_related("workspace")
    return rows.get(workspace=workspace)


def _renew(settings: AlertSettings) -> str:
    clear = webhooks.new_secret()
    settings.secret_version += 1
    settings.secret = _sealed(settings, clear, place="current")
    return clear


def _opened(settings: AlertSettings) -> str:
    return vault.decrypt(settings.workspace, settings.secret, bound_to=_place(settings, "current")).reveal()


def _sealed(settings: AlertSettings, clear: str, *, place: str) -> str:
    return vault.encrypt(settings.workspace, clear, bound_to=_place(settings, place))


def _place(settings: AlertSettings, which: str) -> str:
    version = f":{settings.secret_version}" if which == "current" else ""
    return f"alert_secret:{settings.pk}:{which}{version}"


def _emails(typed: str, problems: list[Problem]) -> list[str]:
    try:
        found = addresses.parse(", ".join(typed.split("\n")).replace("\r", ""), field="emails")
    except Misconfigured:
        message = "One of these is not an e-mail address. Put each on a line of its own."
        problems.append(Problem("emails", "form", message))
        return []
    people = list(dict.fromkeys(mailbox.address for mailbox in found))
    if len(people) > MOST_EMAILS:
        problems.append(Problem("emails", "too_many", f"At most {MOST_EMAILS} addresses can be told."))
    if any(len(person) > 254 for person in people):
        problems.append(Problem("emails", "form", "One of these addresses is too long."))
    return people


def _url(typed: str, problems: list[Problem]) -> str:
    """Where it leads is asked each time it is called (connectors.outbound.guard)."""
    if not typed:
        return ""
    try:
        return str(address.build(typed, (), None))
    except Misconfigured as wrong:
        problems.append(Problem("webhook_url", "form", str(wrong)))
        return ""
