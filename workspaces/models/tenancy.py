"""What every row that belongs to a workspace has in common."""

from typing import Self

from django.db import models

from workspaces.ids import uuid7
from workspaces.models.workspace import Workspace


class TenantQuerySet[M: models.Model](models.QuerySet[M]):
    def in_workspace(self, workspace: Workspace) -> Self:
        """The only way in from the web: pages and API never query a tenant's rows otherwise."""
        return self.filter(workspace=workspace)


class Tenant(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+")

    class Meta:
        abstract = True
