"""What is asked for to begin from a template? For which agent, and which connections its steps use."""

from collections.abc import Mapping
from typing import Any

from django import forms

from connectors import registry
from connectors.models import Connection
from workflows.errors import DefinitionInvalid
from workflows.gallery import Need, Template
from workflows.models import Agent
from workflows.services import beginning
from workflows.services.beginning import Begun
from workspaces.access import SignedInRequest
from workspaces.models import Workspace
from workspaces.services import audit

LATER = ("", "Choose later")


class TemplateForm(forms.Form):
    """One field for each connection that the template needs; one more where an agent has its only
    post-conversation workflow already, which can be replaced.
    """

    agent = forms.ChoiceField(label="Agent")
    is_replacing = forms.BooleanField(required=False)

    def __init__(
        self,
        workspace: Workspace,
        template: Template,
        data: Mapping[str, Any] | None = None,
        *,
        agent: str = "",
    ) -> None:
        super().__init__(data, initial={"agent": agent})
        self.template = template
        own = Agent.objects.in_workspace(workspace).filter(archived_at__isnull=True).order_by("name")
        self.agents = {str(found.pk): found for found in own}
        self.fields["agent"] = forms.ChoiceField(
            label="Agent", choices=[(pk, found.name) for pk, found in self.agents.items()]
        )
        apps = registry.default().apps
        connections = list(Connection.objects.in_workspace(workspace).order_by("name"))
        for number, need in enumerate(template.file.needs):
            offered = [(str(one.pk), one.name) for one in connections if one.app == need.app]
            self.fields[_field(number)] = forms.ChoiceField(
                label=apps[need.app].name, choices=[LATER, *offered], required=False
            )

    @property
    def wanted(self) -> list[tuple[Need, forms.BoundField]]:
        return [(need, self[_field(number)]) for number, need in enumerate(self.template.file.needs)]

    @property
    def has_another(self) -> bool:
        """The chosen agent has its post-conversation workflow: the template can only take its place."""
        first = next(iter(self.agents), "")
        agent = self.agents.get(str(self["agent"].value() or first))
        return not self.template.is_action and agent is not None and beginning.after_of(agent) is not None

    def begin(self, request: SignedInRequest) -> Begun | None:
        """None, with the reasons in `errors`, if the agent does not take it."""
        values = self.cleaned_data
        chosen = {
            step: values[_field(number)]
            for number, need in enumerate(self.template.file.needs)
            for step in need.steps
            if values[_field(number)]
        }
        try:
            return beginning.begin(
                self.agents[values["agent"]],
                self.template,
                connections=chosen,
                is_replacing=values["is_replacing"],
                by=audit.actor_of(request),
            )
        except DefinitionInvalid as invalid:
            for problem in invalid.problems:
                self.add_error("agent", problem.message)
            return None


def _field(number: int) -> str:
    return f"connection_{number}"
