"""The form of a connection, made from what its app declares; the service checks what was typed."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from connectors import inputs
from connectors.connections import shape
from connectors.declare import JSON, ConnectionKind, Field, Kind
from connectors.errors import Problem

CONTROLS = {Kind.SECRET: "password", Kind.CHOICE: "select"}


class ConnectionForm(forms.Form):
    name = forms.CharField(required=False, label="Name")

    def __init__(
        self, kind: ConnectionKind, data: QueryDict | None = None, initial: Mapping[str, JSON] | None = None
    ) -> None:
        super().__init__(data, initial=dict(initial or {}))
        self.kind = kind
        current: dict[str, JSON] = {**inputs.defaults(kind.fields), **(initial or {})}
        if data is not None:
            current |= {field.name: str(data[field.name]) for field in kind.fields if field.name in data}
        self.shown = [field for field in kind.fields if inputs.is_shown(field, current)]
        for field in self.shown:
            self.fields[field.name] = _form_field(field, current.get(field.name))

    @property
    def rows(self) -> Sequence[Mapping[str, Any]]:
        """What the template draws, in the declared order."""
        return [
            {"bound": self[field.name], "field": field, "type": CONTROLS.get(field.kind, "text")}
            for field in self.shown
        ]

    @property
    def is_dependent(self) -> bool:
        return any(field.shown_when for field in self.kind.fields)

    def settings(self) -> dict[str, JSON]:
        """As the API has them: nested, and without what was left empty."""
        settings: dict[str, JSON] = {}
        for field in self.shown:
            value = self.cleaned_data.get(field.name, "")
            if value == "":
                continue
            group, _, name = shape.path_of(self.kind, field.name).rpartition(".")
            place = settings.setdefault(group, {}) if group else settings
            assert isinstance(place, dict)
            place[name] = _typed(field, value)
        return settings

    def show(self, problems: Sequence[Problem]) -> None:
        for problem in problems:
            self.add_error(problem.field if problem.field in self.fields else None, problem.message)


def _form_field(field: Field, current: JSON) -> forms.Field:
    shown = ", ".join(map(str, current)) if isinstance(current, list) else current
    if field.kind is Kind.CHOICE:
        choices = [(choice.value, choice.label) for choice in field.choices]
        return forms.ChoiceField(required=False, label=field.label, choices=choices, initial=shown)
    return forms.CharField(required=False, label=field.label, initial=shown, strip=True)


def _typed(field: Field, value: str) -> JSON:
    if field.many:
        return [part.strip() for part in value.split(",") if part.strip()]
    return value
