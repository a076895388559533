"""A workflow: its draft, its immutable published versions, and the changes that led to the draft."""

from django.db import models

from workflows.models.agent import Agent
from workspaces.models import Tenant, TenantQuerySet, User


class WorkflowKind(models.TextChoices):
    ACTION = "action", "Action workflow"
    POST_CONVERSATION = "post_conversation", "Post-conversation workflow"


class Workflow(Tenant):
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="workflows")
    kind = models.CharField(max_length=20, choices=WorkflowKind)
    name = models.CharField(max_length=120)
    """Copied from the draft's settings, for lists and because an action's name is unique in its agent."""
    draft = models.JSONField()
    draft_sha256 = models.CharField(max_length=64)
    draft_revision = models.PositiveIntegerField(default=1)
    live_version = models.ForeignKey(
        "WorkflowVersion", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    paused_at = models.DateTimeField(null=True, blank=True)
    """The emergency stop: takes effect at once, needs no version."""
    paused_by = models.CharField(max_length=254, blank=True)
    """The name of who did it; `Parley` where it did so itself."""
    pause_reason = models.CharField(max_length=300, blank=True)
    pause_run_id = models.UUIDField(null=True, blank=True)
    """The first of the failed runs that were the reason."""
    failures_since = models.DateTimeField(null=True, blank=True)
    """Runs started from then on count towards an automatic pause: when it last went live or was resumed."""
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TenantQuerySet["Workflow"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agent", "name"],
                condition=models.Q(kind=WorkflowKind.ACTION),
                name="action_name_once",
            ),
            models.UniqueConstraint(
                fields=["agent"],
                condition=models.Q(kind=WorkflowKind.POST_CONVERSATION),
                name="one_post_conversation_workflow",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=WorkflowKind.values), name="workflow_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class WorkflowVersion(Tenant):
    """Never changed after its insert (a trigger refuses); runs point at it for as long as they exist.

    A test run freezes the draft into a version without a number, so that the engine has one kind of input.
    """

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(null=True)
    definition = models.JSONField()
    sha256 = models.CharField(max_length=64)
    note = models.CharField(max_length=500, blank=True)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")

    objects = TenantQuerySet["WorkflowVersion"].as_manager()

    class Meta:
        db_table = "workflow_version"
        constraints = [models.UniqueConstraint(fields=["workflow", "number"], name="workflow_version_once")]

    def __str__(self) -> str:
        return f"{self.workflow} v{self.number}"


class DraftChange(Tenant):
    """One write to a draft, in the same transaction: feeds conflicts, undo, authors and kept drafts."""

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="changes")
    revision = models.PositiveIntegerField()
    """The draft's revision after this change."""
    step_id = models.CharField(max_length=44, blank=True)
    """Empty for changes of the whole document or of its settings."""
    operation = models.CharField(max_length=30)
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, related_name="+")
    by_name = models.CharField(max_length=254)
    tab = models.CharField(max_length=64, blank=True)
    """The browser tab (X-Tab-Id) it came from: two tabs of one person are two writers."""
    at = models.DateTimeField(auto_now_add=True)

    objects = TenantQuerySet["DraftChange"].as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workflow", "revision"], name="draft_change_once")]

    def __str__(self) -> str:
        return f"{self.workflow} r{self.revision}: {self.operation}"
