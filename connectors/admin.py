"""Connections in the admin: who made them and whether they work; credentials are not readable here either."""

from django.contrib import admin
from django.http import HttpRequest

from connectors.models import Connection


@admin.register(Connection)
class ConnectionAdmin(admin.ModelAdmin):
    list_display = (
        "name",
        "app",
        "workspace",
        "status",
        "tested_at",
        "worked_at",
        "created_by",
        "created_at",
    )
    list_filter = ("app", "status", "workspace")
    list_select_related = ("workspace", "created_by")
    search_fields = ("name", "app", "workspace__name", "workspace__slug", "id")
    ordering = ("-created_at",)
    date_hierarchy = "created_at"
    fields = readonly_fields = (
        "id",
        "name",
        "app",
        "workspace",
        "settings",
        "version",
        "status",
        "status_message",
        "tested_at",
        "worked_at",
        "created_by",
        "created_at",
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # made in the builder or by the API, which encrypt and test
