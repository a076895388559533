"""What is asked for to begin an agent? A name and what it is for; or a file that one was exported to."""

import json
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile

from workflows.errors import DefinitionInvalid
from workflows.models import Agent
from workflows.services import agents
from workspaces.access import SignedInRequest
from workspaces.services import audit

LARGEST_FILE = 1024 * 1024


class AgentForm(forms.Form):
    name = forms.CharField(label="Name", max_length=120)
    objective = forms.CharField(
        label="What it is for", max_length=2000, required=False, widget=forms.Textarea
    )

    def create(self, request: SignedInRequest) -> Agent | None:
        """None, with the reasons in `errors`, if the agent's document does not take what was typed."""
        values = self.cleaned_data
        try:
            return agents.create(
                request.workspace, values["name"], objective=values["objective"], by=audit.actor_of(request)
            )
        except DefinitionInvalid as invalid:
            for problem in invalid.problems:
                self.add_error(problem.path if problem.path in self.fields else None, problem.message)
            return None


class ImportForm(forms.Form):
    file = forms.FileField(label="File", required=False)
    text = forms.CharField(label="Or its text", required=False, widget=forms.Textarea)

    def clean(self) -> dict[str, Any]:
        """`content`: the JSON that was given, whatever it holds."""
        given: UploadedFile[bytes] | None = self.cleaned_data.get("file")
        text: str = self.cleaned_data.get("text", "")
        if given and (given.size or 0) > LARGEST_FILE:
            raise forms.ValidationError("A file may have 1 MB at most.")
        raw = given.read() if given else text.encode("utf-8", "surrogatepass")
        if not raw.strip():
            raise forms.ValidationError("Choose the file that the agent was exported to, or paste its text.")
        try:
            content = json.loads(raw.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise forms.ValidationError("This is not a JSON file.") from error
        return {**self.cleaned_data, "content": content}
