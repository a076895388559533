"""The telephone of an agent: whose calls it takes, and how it sounds."""

from django.db import models

from workflows.models import Agent
from workspaces.models import Tenant, TenantQuerySet


class PhoneLine(Tenant):
    """Set at once, as the widget is (docs/adr/0017)."""

    agent = models.OneToOneField(Agent, on_delete=models.CASCADE, related_name="phone_line")
    public_key = models.CharField(max_length=40, unique=True)
    """In the addresses that Twilio calls; names the line and proves nothing."""
    is_enabled = models.BooleanField(default=False)
    auth_token = models.TextField(blank=True, editable=False)
    """Of the Twilio account, sealed: its signatures are checked with it."""
    token_version = models.PositiveIntegerField(default=0, editable=False)
    tts_provider = models.CharField(max_length=40, blank=True)
    voice = models.CharField(max_length=120, blank=True)
    """With the provider empty: Twilio's own choice."""

    objects = TenantQuerySet["PhoneLine"].as_manager()

    def __str__(self) -> str:
        return self.public_key
