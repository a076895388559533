"""What can a workflow begin from? The templates of the gallery: one file each in this folder, and no code.

A file holds a workflow's document as it is exported, without connections, and around it what a person wants
to know before choosing it. What they have to fill in is left empty in it, and so shows as *Needs setup*.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, JsonValue, StringConstraints

from workflows import selectors
from workflows.definition.agent_document import AnalysisProperty
from workflows.definition.agent_flow import Line, Name, Part, Text
from workflows.definition.document import Definition
from workflows.models.workflow import WorkflowKind

FOLDER = Path(__file__).parent
type Slugs = Annotated[list[str], Field(min_length=1)]


class Need(Part):
    """A connection, and the slugs of the steps that use it."""

    app: str
    what: Annotated[str, StringConstraints(min_length=1, max_length=500)]
    """Of the person's own world: *your CRM*, and what is expected of it."""
    steps: Slugs


class Said(Part):
    role: Literal["user", "agent"]
    text: Text


class TemplateFile(Part):
    format: Literal["parley.template"]
    schema_number: Annotated[int, Field(alias="schema", ge=1, le=1)]
    kind: WorkflowKind
    name: Name
    purpose: Line
    needs: list[Need] = Field(default=[])
    analysis: list[AnalysisProperty] = Field(default=[])
    """Questions about the conversation that its steps ask for; an agent that lacks them gets them."""
    talk: list[Said] = Field(default=[])
    """How it sounds, in a few lines."""
    document: dict[str, JsonValue]


@dataclass(frozen=True)
class Template:
    slug: str
    """The file's name, and its address in the gallery."""
    file: TemplateFile
    definition: Definition

    @property
    def is_action(self) -> bool:
        return self.file.kind == WorkflowKind.ACTION


@cache
def templates() -> Mapping[str, Template]:
    """By slug, in the order of their names. Read once per process: the files come with the program."""
    read = sorted(_read(), key=lambda template: template.file.name)
    return {template.slug: template for template in read}


def _read() -> Iterator[Template]:
    for path in FOLDER.glob("*.json"):
        file = TemplateFile.model_validate_json(path.read_text())
        yield Template(path.stem, file, selectors.parsed(file.document, file.kind))
