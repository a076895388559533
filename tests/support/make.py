"""Plain makers of the rows tests need; each takes what the test is about and fills in the rest."""

from itertools import count

from workspaces.models import ApiKey, Membership, Role, Secret, User, Workspace
from workspaces.services import api_keys, audit, secrets

_numbers = count(1)


def make_workspace(slug: str = "", **over: str) -> Workspace:
    slug = slug or f"workspace-{next(_numbers)}"
    return Workspace.objects.create(**{"slug": slug, "name": slug.capitalize(), **over})


def make_person(name: str = "Someone", *, email: str = "") -> User:
    """Somebody with no workspace; signs in by `client.force_login`, as a password costs time."""
    return User.objects.create_user(email or f"{name.lower()}-{next(_numbers)}@example.com", name=name)


def make_member(workspace: Workspace, role: Role) -> User:
    person = make_person(role.label)
    Membership.objects.create(workspace=workspace, user=person, role=role)
    return person


def make_secret(workspace: Workspace, key: str = "CRM_TOKEN", value: str = "value-of-the-secret") -> Secret:
    return secrets.add(workspace, key, value, "", by=audit.system("test"))


def make_api_key(workspace: Workspace, *scopes: str, name: str = "Shop backend") -> tuple[ApiKey, str]:
    """The row and the clear key; with every scope unless some are named."""
    by = audit.system("test")
    return api_keys.create(workspace, name, scopes or ApiKey.Scope.values, expires_at=None, by=by)
