"""What do the forms of an agent's channels accept? Parsing only; the rules are in conversations.services."""

from django import forms

from conversations.models import Inquiry, PhoneLine, Theme, Widget
from conversations.services import phone_lines, widgets


class WidgetForm(forms.Form):
    is_enabled = forms.BooleanField(required=False)
    origins = forms.CharField(required=False, max_length=20_000)
    theme = forms.ChoiceField(choices=Theme.choices)
    accent = forms.CharField(required=False, max_length=20)
    title = forms.CharField(required=False, max_length=80)
    teaser = forms.CharField(required=False, max_length=200)
    page_variables = forms.CharField(required=False, max_length=20_000)

    @classmethod
    def of(cls, widget: Widget) -> "WidgetForm":
        return cls(
            initial={
                "is_enabled": widget.is_enabled,
                "origins": "\n".join(widget.origins),
                "theme": widget.theme,
                "accent": widget.accent,
                "title": widget.title,
                "teaser": widget.teaser,
                "page_variables": ", ".join(widget.page_variables),
            }
        )

    def wanted(self) -> widgets.Wanted:
        return widgets.Wanted(**self.cleaned_data)


class PhoneLineForm(forms.Form):
    is_enabled = forms.BooleanField(required=False)
    auth_token = forms.CharField(required=False, max_length=200)
    tts_provider = forms.ChoiceField(choices=list(phone_lines.PROVIDERS.items()), required=False)
    voice = forms.CharField(required=False, max_length=120)

    @classmethod
    def of(cls, line: PhoneLine) -> "PhoneLineForm":
        initial = {"is_enabled": line.is_enabled, "tts_provider": line.tts_provider, "voice": line.voice}
        return cls(initial=initial, prefix="phone")

    def wanted(self) -> phone_lines.Wanted:
        return phone_lines.Wanted(**self.cleaned_data)


class InquiryForm(forms.Form):
    url = forms.CharField(required=False, max_length=2000)

    @classmethod
    def of(cls, inquiry: Inquiry) -> "InquiryForm":
        return cls(initial={"url": inquiry.url}, prefix="inquiry")
