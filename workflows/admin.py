"""How operators see agents, workflows and runs: all of it, read-only; only a lane's limits may be set."""

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from workflows.models import (
    Agent,
    AgentChange,
    AgentVersion,
    AlertGroup,
    AlertSettings,
    DraftChange,
    Outbox,
    Run,
    StepRun,
    StepSample,
    Workflow,
    WorkflowVersion,
    WorkspaceLane,
)
from workspaces.admin import ReadOnly


@admin.register(Agent)
class AgentAdmin(ReadOnly):
    list_display = ("name", "workspace", "live_version", "draft_revision", "created_at", "archived_at")
    list_filter = ("workspace", ("archived_at", admin.EmptyFieldListFilter))
    list_select_related = ("workspace", "live_version__agent")
    search_fields = ("name", "id", "workspace__slug")
    date_hierarchy = "created_at"


@admin.register(AgentVersion)
class AgentVersionAdmin(ReadOnly):
    list_display = ("agent", "number", "workspace", "published_at", "published_by", "note")
    list_filter = ("workspace",)
    list_select_related = ("agent", "workspace", "published_by")
    search_fields = ("agent__name", "note", "sha256", "id")
    date_hierarchy = "published_at"


@admin.register(AgentChange)
class AgentChangeAdmin(ReadOnly):
    list_display = ("agent", "revision", "operation", "place", "by_name", "at")
    list_filter = ("operation", "workspace")
    list_select_related = ("agent",)
    search_fields = ("agent__name", "agent__id", "place", "by_name")
    date_hierarchy = "at"


@admin.register(Workflow)
class WorkflowAdmin(ReadOnly):
    list_display = ("name", "kind", "agent", "workspace", "live_version", "draft_revision", "paused_at")
    list_filter = ("kind", ("paused_at", admin.EmptyFieldListFilter), "workspace")
    list_select_related = ("agent", "workspace", "live_version__workflow")
    search_fields = ("name", "agent__name", "id", "workspace__slug")
    date_hierarchy = "created_at"


@admin.register(WorkflowVersion)
class WorkflowVersionAdmin(ReadOnly):
    list_display = ("workflow", "number", "workspace", "published_at", "published_by", "note")
    list_filter = (("number", admin.EmptyFieldListFilter), "workspace")
    list_select_related = ("workflow", "workspace", "published_by")
    search_fields = ("workflow__name", "note", "sha256", "id")
    date_hierarchy = "published_at"


@admin.register(DraftChange)
class DraftChangeAdmin(ReadOnly):
    list_display = ("workflow", "revision", "operation", "step_id", "by_name", "at")
    list_filter = ("operation", "workspace")
    list_select_related = ("workflow",)
    search_fields = ("workflow__name", "workflow__id", "step_id", "by_name")
    date_hierarchy = "at"


@admin.register(Run)
class RunAdmin(ReadOnly):
    list_display = ("id", "workflow", "version", "status", "wait_reason", "trigger", "created_at", "steps")
    list_filter = ("status", "wait_reason", "trigger", "lane", "kind", "workspace")
    list_select_related = ("workflow", "version__workflow")
    search_fields = ("id", "workflow__name", "context_id", "trigger_key")
    date_hierarchy = "created_at"
    show_full_result_count = False

    @admin.display(description="steps")
    def steps(self, run: Run) -> SafeString:
        address = reverse("admin:workflows_steprun_changelist")
        return format_html('<a href="{}?run__id__exact={}">steps</a>', address, run.pk)


@admin.register(StepRun)
class StepRunAdmin(ReadOnly):
    list_display = ("path", "run_id", "seq", "attempt", "action", "status", "duration_ms", "started_at")
    list_filter = ("status", "action")
    search_fields = ("run__id", "path", "idem_key", "error")
    date_hierarchy = "started_at"
    show_full_result_count = False


@admin.register(WorkspaceLane)
class WorkspaceLaneAdmin(admin.ModelAdmin):
    list_display = ("workspace", "lane", "max_running", "paused", "last_served_at")
    list_filter = ("lane", "paused")
    list_select_related = ("workspace",)
    search_fields = ("workspace__slug", "workspace__name")
    readonly_fields = ("workspace", "lane", "last_served_at")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # made by the engine with a workspace's first run


@admin.register(Outbox)
class OutboxAdmin(ReadOnly):
    list_display = ("topic", "workspace", "available_at", "attempts", "sent_at", "last_error")
    list_filter = ("topic", ("sent_at", admin.EmptyFieldListFilter), "workspace")
    list_select_related = ("workspace",)
    search_fields = ("topic", "dedupe_key", "last_error")
    date_hierarchy = "available_at"


@admin.register(StepSample)
class StepSampleAdmin(ReadOnly):
    list_display = ("workflow", "step_id", "action", "by_name", "at", "run")
    list_filter = ("workspace",)
    list_select_related = ("workflow", "run__workflow")
    search_fields = ("workflow__name", "step_id", "by_name")
    date_hierarchy = "at"


@admin.register(AlertSettings)
class AlertSettingsAdmin(ReadOnly):
    """Its secrets are on no page: they are not among the fields of any form."""

    list_display = ("workspace", "is_on", "emails", "webhook_url", "window_minutes")
    list_filter = ("is_on",)
    list_select_related = ("workspace",)
    search_fields = ("workspace__slug", "webhook_url")
    exclude = ("secret", "secret_version", "former_secret", "former_until")


@admin.register(AlertGroup)
class AlertGroupAdmin(ReadOnly):
    list_display = ("workflow", "code", "workspace", "opened_at", "closes_at", "further")
    list_filter = ("code", "workspace")
    list_select_related = ("workflow", "workspace")
    search_fields = ("workflow__name", "code")
    date_hierarchy = "opened_at"
