"""How programs sign in: keys of which only a hash is kept, and the answers kept for their repeated writes."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from workspaces.models.tenancy import Tenant, TenantQuerySet
from workspaces.models.user import User


class ApiKey(Tenant):
    class Scope(models.TextChoices):
        RUN = "run"
        READ = "read"
        WRITE = "write"

    name = models.CharField(max_length=120)
    public_id = models.CharField(max_length=16, unique=True)
    """The `<id>` in `pk_<id>_<random>`: finds the row; says nothing about the random part."""
    random_sha256 = models.CharField(max_length=64)
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope))
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = TenantQuerySet["ApiKey"].as_manager()

    def __str__(self) -> str:
        return self.name


class IdempotentAnswer(Tenant):
    """The answer to a write that carried an Idempotency-Key; `status` is null until it is known."""

    api_key = models.ForeignKey(ApiKey, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    request_sha256 = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects = TenantQuerySet["IdempotentAnswer"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "key"], name="idempotent_answer_once")]

    def __str__(self) -> str:
        return self.key
