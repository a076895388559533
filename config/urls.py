"""All routes. Each app owns its pages; the API is mounted by config.api."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

from config import api_docs, health
from config.api import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/", admin.site.urls),
    path("api/v1/docs", api_docs.page, name="api_docs"),
    path("api/v1/openapi.json", api_docs.openapi, name="openapi"),
    path("api/v1/", api.urls),
    path("healthz", health.healthz),
    path("readyz", health.readyz),
    path("metrics", health.metrics),
    path("", include("workspaces.urls")),
    path("", include("config.demo.urls")),
    path("", include("conversations.urls")),
    path("", include("builder.urls")),
]
