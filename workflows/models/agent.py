"""An agent: its draft, its immutable published versions, and the changes that led to the draft."""

from django.db import models

from workspaces.models import Tenant, TenantQuerySet, User


class Agent(Tenant):
    name = models.CharField(max_length=120)
    """Copied from the draft for lists; the draft is the truth."""
    draft = models.JSONField()
    draft_revision = models.PositiveIntegerField(default=1)
    references = models.JSONField(default=dict)
    """Name → id of every action workflow that the draft's texts mention, as it was when it was saved."""
    live_version = models.ForeignKey(
        "AgentVersion", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True, blank=True)
    is_sample = models.BooleanField(default=False, editable=False)
    """It came with the demo."""

    objects = TenantQuerySet["Agent"].as_manager()

    def __str__(self) -> str:
        return self.name


class AgentVersion(Tenant):
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    definition = models.JSONField()
    sha256 = models.CharField(max_length=64)
    references = models.JSONField(default=dict)
    note = models.CharField(max_length=500, blank=True)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = TenantQuerySet["AgentVersion"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["agent", "number"], name="agent_version_once")]

    def __str__(self) -> str:
        return f"{self.agent} v{self.number}"


class AgentChange(Tenant):
    """One write to a draft, in the same transaction: feeds conflicts, undo, authors and kept drafts."""

    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="changes")
    revision = models.PositiveIntegerField()
    """The draft's revision after this change."""
    place = models.CharField(max_length=44, blank=True)
    """A section of the document, or the id of a node; empty when all of it may have changed."""
    operation = models.CharField(max_length=30)
    before = models.JSONField(null=True)
    """The whole document."""
    details = models.JSONField(null=True)
    """What was taken out, or which workflow was renamed."""
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=254)
    tab = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField(auto_now_add=True)

    objects = TenantQuerySet["AgentChange"].as_manager()

    class Meta:
        db_table = "agent_change"
        constraints = [models.UniqueConstraint(fields=["agent", "revision"], name="agent_change_once")]

    def __str__(self) -> str:
        return f"{self.agent} r{self.revision}: {self.operation}"
