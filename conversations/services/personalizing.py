"""What is known of somebody before the conversation begins? What was pushed for that number's next call."""

import re
from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

import phonenumbers
from django.utils import timezone

from connectors.declare import JSON
from conversations.models import PushedVariables
from workflows.definition.problems import Problem
from workflows.errors import InputInvalid
from workspaces.models import Workspace

KEPT_FOR = timedelta(days=30)
"""Who has not called until then is not met with what was known a month ago."""


def push(workspace: Workspace, phone_number: str, variables: Mapping[str, JSON]) -> str:
    """For the next call of that number, if it comes within KEPT_FOR; the latest wins. Gives the number in
    E.164. Raises InputInvalid.
    """
    number = normal(phone_number)
    if number is None:
        message = "Use an international number, as in +49 151 12345678."
        raise InputInvalid([Problem("phone_number", "malformed", message)])
    PushedVariables.objects.update_or_create(
        workspace=workspace,
        phone_number=number,
        defaults={"variables": dict(variables), "pushed_at": timezone.now()},
    )
    return number


def taken(workspace_id: UUID, phone_number: object) -> dict[str, JSON]:
    """What was pushed for this number, and is used up with it. In the caller's transaction."""
    number = normal(phone_number) if isinstance(phone_number, str) else None
    if number is None:
        return {}
    rows = PushedVariables.objects.select_for_update().filter(workspace_id=workspace_id, phone_number=number)
    found = rows.first()
    if found is None:
        return {}
    found.delete()
    return {} if found.pushed_at < timezone.now() - KEPT_FOR else dict(found.variables)


def forget_the_old(*, at_most: int) -> None:
    old = PushedVariables.objects.filter(pushed_at__lt=timezone.now() - KEPT_FOR).order_by("pushed_at")
    PushedVariables.objects.filter(pk__in=old.values("pk")[:at_most]).delete()


def forget(workspace: Workspace, phone_number: str) -> None:
    """However the number is written."""
    digits = re.sub(r"\D", "", phone_number).lstrip("0")
    PushedVariables.objects.in_workspace(workspace).filter(phone_number=f"+{digits}").delete()


def normal(phone_number: str) -> str | None:
    """In E.164; None for what is no number that can be called from anywhere."""
    try:
        parsed = phonenumbers.parse(phone_number, None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return str(phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164))
