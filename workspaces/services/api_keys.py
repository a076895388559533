"""How does a program sign in? With `pk_<id>_<random>`: shown once, kept as the SHA-256 of the random part."""

import hashlib
import re
import secrets
import string
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from workspaces import sql
from workspaces.errors import Invalid, Problem
from workspaces.models import ApiKey, Workspace
from workspaces.services import audit
from workspaces.services.audit import Actor

ID_ALPHABET = string.ascii_lowercase + string.digits
RANDOM_ALPHABET = string.ascii_letters + string.digits
ID_LENGTH = 12
RANDOM_LENGTH = 43
"""43 letters and digits are 256 bits: enough that a fast hash is safe."""
FORM = re.compile(rf"pk_([a-z0-9]{{{ID_LENGTH}}})_([A-Za-z0-9]{{{RANDOM_LENGTH}}})")
USE_NOTED_EVERY = timedelta(minutes=1)


def listed(workspace: Workspace) -> list[ApiKey]:
    return list(ApiKey.objects.in_workspace(workspace).select_related("created_by").order_by("-created_at"))


def create(
    workspace: Workspace, name: str, scopes: Collection[str], *, expires_at: datetime | None, by: Actor
) -> tuple[ApiKey, str]:
    """The row, and the clear key, which nobody can see again."""
    name = name.strip()
    if problems := _problems(name, scopes, expires_at):
        raise Invalid(problems)
    public_id = _pick(ID_ALPHABET, ID_LENGTH)
    random = _pick(RANDOM_ALPHABET, RANDOM_LENGTH)
    with transaction.atomic():
        key = ApiKey.objects.create(
            workspace=workspace,
            name=name,
            public_id=public_id,
            random_sha256=_digest(random),
            scopes=[scope for scope in ApiKey.Scope.values if scope in scopes],
            expires_at=expires_at,
            created_by=by.user,
        )
        audit.record(workspace, by, "api_key.created", of=key, scopes=key.scopes)
    return key, f"pk_{public_id}_{random}"


def authenticate(bearer: str) -> ApiKey | None:
    """The key with its workspace, or None if it is malformed, unknown, wrong or expired."""
    form = FORM.fullmatch(bearer)
    if form is None:
        return None
    public_id, random = form.groups()
    key = _of(public_id)
    is_right = secrets.compare_digest(_digest(random), key.random_sha256 if key else "")
    now = timezone.now()
    if key is None or not is_right or (key.expires_at and key.expires_at <= now):
        return None
    if key.last_used_at is None or key.last_used_at < now - USE_NOTED_EVERY:
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_NOTED_EVERY)
        ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
    return key


_KEY, _WORKSPACE = sql.Columns(ApiKey, "k"), sql.Columns(Workspace, "w")
_OF = f"""
SELECT {_KEY.sql}, {_WORKSPACE.sql}
FROM workspaces_apikey k JOIN workspaces_workspace w ON w.id = k.workspace_id
WHERE k.public_id = %(public_id)s"""  # noqa: S608 - made of constants


def _of(public_id: str) -> ApiKey | None:
    """Read for each call, never remembered: a key that was removed opens nothing from then on."""
    found = sql.one(_OF, {"public_id": public_id})
    if found is None:
        return None
    key = _KEY.instance(found[: len(_KEY)])
    key.workspace = _WORKSPACE.instance(found[len(_KEY) :])
    return key


def remove(key: ApiKey, *, by: Actor) -> None:
    with transaction.atomic():
        audit.record(key.workspace, by, "api_key.removed", of=key)
        key.delete()


def _pick(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))


def _digest(random: str) -> str:
    return hashlib.sha256(random.encode()).hexdigest()


def _problems(name: str, scopes: Collection[str], expires_at: datetime | None) -> list[Problem]:
    problems = []
    longest = ApiKey._meta.get_field("name").max_length or 0
    if not name:
        problems.append(Problem("name", "required", "Give the key a name, so that people know what uses it."))
    elif len(name) > longest or "\0" in name:
        problems.append(Problem("name", "form", f"The name has at most {longest} characters."))
    if not scopes:
        problems.append(Problem("scopes", "required", "Choose at least one thing that the key may do."))
    elif unknown := sorted(set(scopes) - set(ApiKey.Scope.values)):
        problems.append(Problem("scopes", "unknown", f"There is no scope {unknown[0]}."))
    if expires_at and expires_at <= timezone.now():
        problems.append(
            Problem("expires_at", "past", "The key would have expired already. Choose a later day.")
        )
    return problems
