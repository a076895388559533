"""Whom does an agent ask, before a conversation begins, who that person is? The customer's own server."""

from django.db import models

from workflows.models import Agent
from workspaces.models import Tenant, TenantQuerySet


class Inquiry(Tenant):
    """Set at once, as the widget is (docs/adr/0017)."""

    agent = models.OneToOneField(Agent, on_delete=models.CASCADE, related_name="inquiry")
    url = models.CharField(max_length=2000, blank=True)
    """Empty: nobody is asked."""
    secret = models.TextField(blank=True, editable=False)
    """Signs the question, as Standard Webhooks does."""

    objects = TenantQuerySet["Inquiry"].as_manager()

    def __str__(self) -> str:
        return self.url
