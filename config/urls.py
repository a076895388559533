"""All routes. Each app owns its pages; the API is mounted by config.api."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("", include("workspaces.urls")),
]
