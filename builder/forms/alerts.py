"""What the settings of alerts accept; the rules are in workflows.services.alert_settings."""

from django import forms

from workflows.models import AlertSettings
from workflows.services.alert_settings import WINDOWS


class AlertsForm(forms.Form):
    is_on = forms.BooleanField(required=False)
    emails = forms.CharField(required=False, max_length=5000)
    webhook_url = forms.CharField(required=False, max_length=2000)
    window_minutes = forms.TypedChoiceField(
        choices=[(str(minutes), words) for minutes, words in WINDOWS.items()], coerce=int
    )

    @classmethod
    def of(cls, settings: AlertSettings) -> "AlertsForm":
        return cls(
            initial={
                "is_on": settings.is_on,
                "emails": "\n".join(settings.emails),
                "webhook_url": settings.webhook_url,
                "window_minutes": settings.window_minutes,
            }
        )
