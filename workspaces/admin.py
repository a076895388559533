"""How operators see workspaces: all of it but what is secret; the audit log read-only."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm
from django.contrib.auth.models import Group
from django.http import HttpRequest

from workspaces.models import ApiKey, AuditEntry, IdempotentAnswer, Membership, Secret, User, Workspace

admin.site.site_header = admin.site.site_title = "Parley admin"
admin.site.index_title = "All workspaces"
admin.site.unregister(Group)  # roles are memberships, not groups


class ReadOnly(admin.ModelAdmin):
    """For rows that only Parley writes, or that people change in the product, where it is audited."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ("user",)


@admin.register(Workspace)
class WorkspaceAdmin(admin.ModelAdmin):
    list_display = ("name", "slug", "time_zone", "created_at")
    search_fields = ("name", "slug")
    readonly_fields = ("id", "created_at")
    date_hierarchy = "created_at"
    inlines = (MembershipInline,)

    def has_delete_permission(self, request: HttpRequest, obj: Workspace | None = None) -> bool:
        return False  # the audit log stays


class PersonCreationForm(AdminUserCreationForm):
    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        return email.lower()

    class Meta:
        model = User
        fields = ("email", "name")


@admin.register(User)
class PersonAdmin(UserAdmin):
    add_form = PersonCreationForm
    list_display = ("email", "name", "is_active", "is_staff", "last_login", "joined_at")
    list_filter = ("is_active", "is_staff", "memberships__role", "memberships__workspace")
    search_fields = ("email", "name")
    ordering = ("email",)
    readonly_fields = ("email", "last_login", "joined_at")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("email", "name", "password")}),
        ("Rights", {"fields": ("is_active", "is_staff", "is_superuser")}),
        ("Times", {"fields": ("last_login", "joined_at")}),
    )
    add_fieldsets = ((None, {"fields": ("email", "name", "usable_password", "password1", "password2")}),)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        return self.readonly_fields if obj else ()


@admin.register(Membership)
class MembershipAdmin(admin.ModelAdmin):
    list_display = ("user", "workspace", "role", "created_at")
    list_filter = ("role", "workspace")
    list_select_related = ("user", "workspace")
    search_fields = ("user__email", "user__name", "workspace__slug", "workspace__name")
    autocomplete_fields = ("user", "workspace")
    readonly_fields = ("created_at",)


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly):
    list_display = ("name", "workspace", "scopes", "last_used_at", "expires_at", "created_by", "created_at")
    list_filter = ("workspace", "expires_at", "last_used_at")
    list_select_related = ("workspace", "created_by")
    search_fields = ("name", "public_id", "workspace__slug")
    exclude = ("random_sha256",)


@admin.register(Secret)
class SecretAdmin(ReadOnly):
    list_display = ("key", "workspace", "description", "changed_by", "changed_at", "last_used_at")
    list_filter = ("workspace", "last_used_at")
    list_select_related = ("workspace", "changed_by")
    search_fields = ("key", "description", "workspace__slug")
    exclude = ("ciphertext",)


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly):
    list_display = ("at", "workspace", "actor", "verb", "object_type", "object_name", "ip")
    list_filter = ("workspace", "verb", "object_type")
    list_select_related = ("workspace",)
    search_fields = ("actor", "object_name", "object_id", "request_id", "verb")
    date_hierarchy = "at"
    ordering = ("-at",)


@admin.register(IdempotentAnswer)
class IdempotentAnswerAdmin(ReadOnly):
    list_display = ("key", "workspace", "api_key", "status", "created_at")
    list_filter = ("workspace", "status")
    list_select_related = ("workspace", "api_key")
    search_fields = ("key", "workspace__slug", "api_key__name")
    exclude = ("body",)
    date_hierarchy = "created_at"
