"""What do the pages of this app accept? Parsing only; the rules are in the services."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django import forms

from workspaces.errors import Invalid
from workspaces.models import ApiKey

SCOPES = {
    ApiKey.Scope.RUN: "Start runs and conversations",
    ApiKey.Scope.READ: "Read agents, workflows, runs and conversations",
    ApiKey.Scope.WRITE: "Change and publish agents, workflows and connections",
}
DAYS_TO_EXPIRE = {"30": "30 days", "90": "90 days", "365": "One year", "": "Never"}


def show(invalid: Invalid, form: forms.Form) -> None:
    """Puts what a service refused beside the fields."""
    for problem in invalid.problems:
        form.add_error(problem.path if problem.path in form.fields else None, problem.message)


def tried[F: forms.Form, T](form: F, act: Callable[[F], T]) -> T | None:
    """What came of it; None when the form, or what the service refused of it, says why nothing did."""
    if not form.is_valid():
        return None
    try:
        return act(form)
    except Invalid as invalid:
        show(invalid, form)
        return None


class SignInForm(forms.Form):
    email = forms.CharField(max_length=254, error_messages={"required": "Enter your e-mail address."})
    password = forms.CharField(
        strip=False, max_length=1000, error_messages={"required": "Enter your password."}
    )


class SecretForm(forms.Form):
    key = forms.CharField(required=False)
    value = forms.CharField(required=False)
    description = forms.CharField(required=False)

    def clean_value(self) -> str:
        """Browsers send line ends as CR LF; keys in PEM form and the like have plain ones."""
        value: str = self.cleaned_data["value"]
        return value.replace("\r\n", "\n")


class ApiKeyForm(forms.Form):
    name = forms.CharField(required=False)
    scopes = forms.MultipleChoiceField(choices=list(SCOPES.items()), required=False)
    expires = forms.ChoiceField(choices=list(DAYS_TO_EXPIRE.items()), required=False)

    @classmethod
    def empty(cls) -> "ApiKeyForm":
        return cls(initial={"scopes": [ApiKey.Scope.RUN, ApiKey.Scope.READ], "expires": "90"})

    def expires_at(self, now: datetime) -> datetime | None:
        days: Any = self.cleaned_data["expires"]
        return now + timedelta(days=int(days)) if days else None


class RemoveApiKeyForm(forms.Form):
    name = forms.CharField(error_messages={"required": "Type the key's name to delete it."})
