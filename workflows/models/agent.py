"""An agent: a draft that people edit and immutable versions that conversations use."""

from django.db import models

from workspaces.models import Tenant, TenantQuerySet, User


class Agent(Tenant):
    name = models.CharField(max_length=120)
    """Copied from the draft for lists; the draft is the truth."""
    draft = models.JSONField()
    draft_revision = models.PositiveIntegerField(default=1)
    live_version = models.ForeignKey(
        "AgentVersion", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = TenantQuerySet["Agent"].as_manager()

    def __str__(self) -> str:
        return self.name


class AgentVersion(Tenant):
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    sha256 = models.CharField(max_length=64)
    note = models.CharField(max_length=500, blank=True)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = TenantQuerySet["AgentVersion"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agent", "number"], name="agent_version_once")]

    def __str__(self) -> str:
        return f"{self.agent} v{self.number}"
