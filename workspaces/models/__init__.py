from workspaces.models.api_key import ApiKey, IdempotentAnswer
from workspaces.models.audit import AuditEntry
from workspaces.models.secret import Secret
from workspaces.models.tenancy import Tenant, TenantQuerySet
from workspaces.models.user import User
from workspaces.models.workspace import Membership, Role, Workspace

__all__ = [
    "ApiKey",
    "AuditEntry",
    "IdempotentAnswer",
    "Membership",
    "Role",
    "Secret",
    "Tenant",
    "TenantQuerySet",
    "User",
    "Workspace",
]
