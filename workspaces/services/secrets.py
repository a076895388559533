"""How is a secret kept, changed and used? Its value goes in and comes out only for a step's call."""

import re
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from workspaces import vault
from workspaces.errors import Invalid, Problem
from workspaces.models import Secret, Workspace
from workspaces.services import audit
from workspaces.services.audit import Actor

KEY = re.compile(r"[A-Z][A-Z0-9_]{0,63}")
SHORTEST_VALUE = 8
"""A shorter value would be found, and blotted out, in texts that merely look like it."""
LONGEST_VALUE = 10_000
USE_NOTED_EVERY = timedelta(minutes=1)


def names(workspace: Workspace) -> list[Secret]:
    return list(Secret.objects.in_workspace(workspace).select_related("changed_by").order_by("key"))


def known_keys(workspace: Workspace) -> frozenset[str]:
    return frozenset(Secret.objects.in_workspace(workspace).values_list("key", flat=True))


def put(workspace: Workspace, key: str, value: str, description: str, *, by: Actor) -> Secret:
    """Adds the secret, or gives the one of that key a new value."""
    present = Secret.objects.in_workspace(workspace).filter(key=key).first()
    if present is None:
        return add(workspace, key, value, description, by=by)
    return change(present, value, description, by=by)


def add(workspace: Workspace, key: str, value: str, description: str, *, by: Actor) -> Secret:
    _refuse([*_problems_of_key(key), *_problems_of_value(value), *_problems_of_description(description)])
    secret = Secret(workspace=workspace, key=key, description=description)
    _seal(secret, value, by)
    try:
        with transaction.atomic():
            secret.save(force_insert=True)
            audit.record(workspace, by, "secret.added", of=secret)
    except IntegrityError as error:
        raise Invalid([Problem("key", "taken", f"There is already a secret {key}.")]) from error
    return secret


def change(secret: Secret, value: str, description: str, *, by: Actor) -> Secret:
    """An empty value keeps the present one."""
    _refuse([*(_problems_of_value(value) if value else ()), *_problems_of_description(description)])
    with transaction.atomic():
        secret = Secret.objects.select_for_update(of=("self",)).select_related("workspace").get(pk=secret.pk)
        secret.description = description
        if value:
            secret.version += 1
            _seal(secret, value, by)
        secret.save(update_fields=["description", "version", "ciphertext", "changed_by", "changed_at"])
        audit.record(secret.workspace, by, "secret.changed", of=secret, new_value=bool(value))
    return secret


def remove(secret: Secret, *, by: Actor) -> None:
    with transaction.atomic():
        audit.record(secret.workspace, by, "secret.removed", of=secret)
        secret.delete()


def reveal(workspace_id: UUID, key: str, *, by: Actor | None = None) -> vault.Secret:
    """The clear value for a call. KeyError if there is no such secret.

    `last_used_at` moves at most once a minute; the first use on a day is audited.
    """
    secret = Secret.objects.select_related("workspace").filter(workspace_id=workspace_id, key=key).first()
    if secret is None:
        raise KeyError(key)
    _note_use(secret, by or audit.system("A run"))
    return vault.decrypt(secret.workspace, secret.ciphertext, bound_to=_place(secret))


def _note_use(secret: Secret, by: Actor) -> None:
    now, before = timezone.now(), secret.last_used_at
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_NOTED_EVERY)
    is_noted = Secret.objects.filter(stale, pk=secret.pk).update(last_used_at=now)
    if is_noted and (before is None or before.date() < now.date()):
        audit.record(secret.workspace, by, "secret.used", of=secret)


def _seal(secret: Secret, value: str, by: Actor) -> None:
    secret.ciphertext = vault.encrypt(secret.workspace, value, bound_to=_place(secret))
    secret.changed_by = by.user
    secret.changed_at = timezone.now()


def _place(secret: Secret) -> str:
    return f"secret:{secret.id}:{secret.version}"


def _refuse(problems: list[Problem]) -> None:
    if problems:
        raise Invalid(problems)


def _problems_of_key(key: str) -> list[Problem]:
    if KEY.fullmatch(key):
        return []
    return [
        Problem(
            "key",
            "form",
            "Use capital letters, digits and _, a letter first, at most 64: for example STRIPE_KEY.",
        )
    ]


def _problems_of_value(value: str) -> list[Problem]:
    if "\0" in value:
        return [Problem("value", "form", "The value holds a character that cannot be stored (NUL).")]
    if len(value) < SHORTEST_VALUE:
        message = f"A secret has at least {SHORTEST_VALUE} characters; this one has {len(value)}."
        return [Problem("value", "too_short", message)]
    if len(value) > LONGEST_VALUE:
        message = f"A secret has at most {LONGEST_VALUE:,} characters; this one has {len(value):,}."
        return [Problem("value", "too_long", message)]
    return []


def _problems_of_description(description: str) -> list[Problem]:
    longest = Secret._meta.get_field("description").max_length or 0
    if "\0" in description or len(description) > longest:
        return [Problem("description", "form", f"The description has at most {longest} characters.")]
    return []
