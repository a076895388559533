"""Runs and what the engine writes about them. Raw SQL in workflows/engine is the only writer."""

from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from workflows.models.agent import Agent
from workflows.models.workflow import Workflow, WorkflowVersion
from workspaces.models import Tenant, TenantQuerySet, Workspace


class RunStatus(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    QUARANTINED = "quarantined"


TERMINAL = (RunStatus.SUCCEEDED, RunStatus.FAILED, RunStatus.CANCELLED)
STOPPED = (RunStatus.FAILED, RunStatus.CANCELLED)
"""What can be tried again: in a successor, for the run itself never changes."""


class RunKind(models.TextChoices):
    PRODUCTION = "production"
    TEST = "test"


class Lane(models.TextChoices):
    LIVE = "live"
    BACKGROUND = "background"


class StepStatus(models.TextChoices):
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    SKIPPED = "skipped"
    UNKNOWN = "unknown"


OVERDUE_AFTER = timedelta(minutes=1)
"""Due for so long and not taken: something holds it up."""


class RunQuerySet(TenantQuerySet["Run"]):
    def showing(self, state: str, now: datetime) -> Self:
        """The runs that people see in this state, as `engine.shown` tells it for one."""
        ahead = Q(next_at__gt=now) | ~Q(wait_reason="start") | Q(workflow__paused_at__isnull=False)
        if state == "waiting":
            return self.filter(ahead, status=RunStatus.QUEUED)
        if state == RunStatus.QUEUED:
            return self.exclude(ahead).filter(status=RunStatus.QUEUED)
        return self.filter(status=state)

    def follow_ups(self, now: datetime) -> Self:
        """What waits for something: not what is only about to be taken, and no tests."""
        passing = Q(wait_reason__in=["start", "yield"], next_at__lte=now)
        return self.filter(status=RunStatus.QUEUED, kind=RunKind.PRODUCTION).exclude(passing)

    def overdue(self, now: datetime) -> Self:
        return self.follow_ups(now).filter(next_at__lt=now - OVERDUE_AFTER)


class Run(Tenant):
    """Its indexes are few: a run that is claimed and ended writes into each of them twice."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    agent = models.ForeignKey(Agent, on_delete=models.CASCADE, related_name="+", db_index=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="runs", db_index=False)
    version = models.ForeignKey(WorkflowVersion, on_delete=models.RESTRICT, related_name="runs")
    number = models.PositiveBigIntegerField(null=True)
    """Counts up in its workflow, for people; given when the run is made."""
    kind = models.CharField(max_length=10, choices=RunKind, default=RunKind.PRODUCTION)
    trigger = models.CharField(max_length=20)
    """api | tool_call | conversation_ended | retry | workflow | test"""
    lane = models.CharField(max_length=10, choices=Lane)
    trigger_key = models.CharField(max_length=300)
    context_id = models.UUIDField(null=True)
    """The conversation. No foreign key: conversations live in the layer above (engine.context.RunContext)."""
    message_seq = models.PositiveIntegerField(null=True)
    """How much of the transcript a live run may see."""
    root_run_id = models.UUIDField()
    parent_run_id = models.UUIDField(null=True)
    depth = models.PositiveSmallIntegerField(default=0)

    status = models.CharField(max_length=12, choices=RunStatus)
    wait_reason = models.CharField(max_length=20, null=True)  # noqa: DJ001 - the engine's table says null
    next_at = models.DateTimeField(null=True)
    epoch = models.IntegerField(default=0)
    lease_owner = models.CharField(max_length=100, null=True)  # noqa: DJ001
    lease_until = models.DateTimeField(null=True)
    cur_path = models.CharField(max_length=500, null=True)  # noqa: DJ001
    cur_state = models.CharField(max_length=10, default="pending")
    attempt = models.IntegerField(default=1)
    seq = models.IntegerField(default=0)
    crash_count = models.IntegerField(default=0)
    cancel_requested_at = models.DateTimeField(null=True)
    deadline_at = models.DateTimeField(null=True)
    responded_at = models.DateTimeField(null=True)
    stop_path = models.CharField(max_length=500, null=True)  # noqa: DJ001
    event_token_hash = models.CharField(max_length=64, null=True)  # noqa: DJ001
    hinted_at = models.DateTimeField(null=True)
    order_key = models.CharField(max_length=200, null=True)  # noqa: DJ001
    order_place = models.UUIDField(null=True)
    """Among those with its order key it stands where this run stood; without it, where its own id does."""
    input = models.JSONField(default=dict)
    """{action, variables, analysis, session}: what it starts with; secure values as {"$secure": name}."""
    result = models.JSONField(null=True)
    error = models.JSONField(null=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    pruned_at = models.DateTimeField(null=True)
    """Then input, result, and what its steps took and gave were deleted (services.retention)."""

    objects = RunQuerySet.as_manager()

    class Meta:
        db_table = "run"
        constraints = [
            models.UniqueConstraint(fields=["workspace", "workflow", "trigger_key"], name="run_trigger_once"),
            models.CheckConstraint(condition=Q(status__in=RunStatus.values), name="run_status_known"),
            models.CheckConstraint(
                condition=Q(status="running", lease_until__isnull=False)
                | (~Q(status="running") & Q(lease_until__isnull=True)),
                name="run_lease_while_running",
            ),
            models.CheckConstraint(
                condition=~Q(status="queued") | Q(next_at__isnull=False), name="run_queued_has_due_time"
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(status="queued"), name="run_due"),
            models.Index(
                fields=["workspace", "lane", "next_at"], condition=Q(status="queued"), name="run_due_in_lane"
            ),
            models.Index(fields=["workspace", "lane"], condition=Q(status="running"), name="run_running"),
            models.Index(fields=["workspace", "-id"], name="run_newest"),
            models.Index(fields=["workflow", "-id"], name="run_newest_of_workflow"),
            models.Index(fields=["context_id"], condition=Q(context_id__isnull=False), name="run_of_context"),
            models.Index(fields=["root_run_id"], name="run_root"),
            models.Index(
                fields=["parent_run_id"], condition=Q(parent_run_id__isnull=False), name="run_children"
            ),
            models.Index(
                fields=["workflow", "order_key", "id"],
                condition=Q(order_key__isnull=False, status__in=["queued", "running", "quarantined"]),
                name="run_in_order",
            ),
            models.Index(fields=["workspace"], condition=Q(status="quarantined"), name="run_held_back"),
            # Few among many, and looked for by every list of runs.
            models.Index(fields=["workspace", "-id"], condition=Q(kind="test"), name="run_tests"),
            models.Index(fields=["workspace", "-id"], condition=Q(status="failed"), name="run_failed"),
        ]

    def __str__(self) -> str:
        return f"{self.workflow_id} {self.status}"


class StepRun(models.Model):
    """One attempt of one step. `path` is its place: loop iterations and the step id: `s_loop[12]/s_x`."""

    id = models.UUIDField(primary_key=True, editable=False)
    workspace_id = models.UUIDField()
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="steps", db_index=False)
    seq = models.IntegerField()
    attempt = models.IntegerField()
    path = models.CharField(max_length=500)
    step_id = models.CharField(max_length=44)
    action = models.CharField(max_length=90)
    status = models.CharField(max_length=10, choices=StepStatus)
    epoch = models.IntegerField()
    idem_key = models.CharField(max_length=32)
    input_digest = models.CharField(max_length=64, blank=True)
    input = models.JSONField(null=True)
    output = models.JSONField(null=True)
    error_class = models.CharField(max_length=30, null=True)  # noqa: DJ001
    error = models.TextField(null=True)  # noqa: DJ001
    http_status = models.IntegerField(null=True)
    started_at = models.DateTimeField()
    duration_ms = models.BigIntegerField()
    """A delay of weeks is one step."""

    class Meta:
        db_table = "step_run"
        constraints = [
            models.UniqueConstraint(fields=["run", "seq", "attempt"], name="step_run_attempt_once"),
            models.UniqueConstraint(
                fields=["run", "path"],
                condition=Q(status__in=["succeeded", "skipped"]),
                name="step_run_committed_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.path} {self.status}"


class RunEvent(Tenant):
    """Something a run waits for, or will: kept from its arrival on. The n-th *Wait for an event* that is not
    timed out takes the n-th.
    """

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="events")
    payload = models.JSONField()
    received_at = models.DateTimeField()

    objects = TenantQuerySet["RunEvent"].as_manager()

    class Meta:
        db_table = "run_event"

    def __str__(self) -> str:
        return f"{self.run_id} {self.received_at:%Y-%m-%d %H:%M}"


class RunNumber(Tenant):
    """Counts the runs of a workflow. A row of its own: starting a run locks nothing that people edit."""

    workflow = models.OneToOneField(Workflow, on_delete=models.CASCADE, related_name="+")
    last = models.PositiveBigIntegerField()

    objects = TenantQuerySet["RunNumber"].as_manager()

    class Meta:
        db_table = "run_number"

    def __str__(self) -> str:
        return f"{self.workflow_id}: {self.last}"


class WorkspaceLane(Tenant):
    """Fairness between workspaces: who was served last in a lane, and how many may run at once."""

    lane = models.CharField(max_length=10, choices=Lane)
    last_served_at = models.DateTimeField()
    max_running = models.IntegerField(null=True)
    paused = models.BooleanField(default=False)

    objects = TenantQuerySet["WorkspaceLane"].as_manager()

    class Meta:
        db_table = "workspace_lane"
        constraints = [models.UniqueConstraint(fields=["workspace", "lane"], name="workspace_lane_once")]

    def __str__(self) -> str:
        return f"{self.workspace_id} {self.lane}"


class Outbox(Tenant):
    """Durable outward events, sent at least once by the system worker."""

    topic = models.CharField(max_length=60)
    dedupe_key = models.CharField(max_length=200, unique=True)
    payload = models.JSONField()
    available_at = models.DateTimeField()
    attempts = models.IntegerField(default=0)
    lease_token = models.UUIDField(null=True)
    """Of whoever is sending it; only they may say what came of it."""
    lease_until = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)
    last_error = models.TextField(null=True)  # noqa: DJ001
    created_at = models.DateTimeField(db_default=Now())

    objects = TenantQuerySet["Outbox"].as_manager()

    class Meta:
        db_table = "outbox"
        verbose_name_plural = "outbox"
        indexes = [
            models.Index(
                fields=["available_at"],
                condition=Q(sent_at__isnull=True, given_up_at__isnull=True),
                name="outbox_unsent",
            )
        ]

    def __str__(self) -> str:
        return self.dedupe_key
