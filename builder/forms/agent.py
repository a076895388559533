"""What is asked for to begin an agent? A name and what it is for; the rest has defaults."""

from django import forms

from workflows.errors import DefinitionInvalid
from workflows.models import Agent
from workflows.services import agents
from workspaces.access import SignedInRequest
from workspaces.services import audit


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
