"""The chat of an agent on customers' pages: where it may stand, how it looks, who vouches for visitors."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from workflows.models import Agent
from workspaces.models import Tenant, TenantQuerySet


class Theme(models.TextChoices):
    AUTO = "auto", "As the visitor’s device"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class Widget(Tenant):
    """Set at once, not with the agent's versions (docs/adr/0017)."""

    agent = models.OneToOneField(Agent, on_delete=models.CASCADE, related_name="widget")
    public_key = models.CharField(max_length=40, unique=True)
    """In the snippet of every page; names the widget and proves nothing."""
    is_enabled = models.BooleanField(default=False)
    origins = ArrayField(models.CharField(max_length=262), default=list)
    """Pages that may show it: `https://shop.example`, or `https://*.shop.example`."""
    theme = models.CharField(max_length=5, choices=Theme, default=Theme.AUTO)
    accent = models.CharField(max_length=7, default="#4f46e5")
    title = models.CharField(max_length=80, blank=True)
    """Empty: the agent's name."""
    teaser = models.CharField(max_length=200, blank=True)
    """Beside the closed button."""
    page_variables = ArrayField(models.CharField(max_length=64), default=list)
    """Variables that a page may set without a token; anybody can, so nothing trusted may draw on them."""
    secret = models.TextField(blank=True, editable=False)
    secret_version = models.PositiveIntegerField(default=0, editable=False)
    former_secret = models.TextField(blank=True, editable=False)
    former_until = models.DateTimeField(null=True, editable=False)
    """Until then tokens of the former secret are good too."""

    objects = TenantQuerySet["Widget"].as_manager()

    def __str__(self) -> str:
        return self.public_key
