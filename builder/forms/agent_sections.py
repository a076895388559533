"""Which pages does an agent's document have, with which fields?"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from zoneinfo import available_timezones

from builder.forms import agent_form, json_text, typed
from builder.forms.agent_form import Spec, Table
from builder.forms.step import Values
from builder.forms.typed import NotReadable, Row
from connectors.declare import JSON, Choice, Field, Kind
from workflows.definition import agent_document
from workflows.definition.agent_document import AgentDefinition

VALUE_TYPES = ("string", "number", "integer", "boolean", "object", "array")
ANALYSIS_TYPES = ("string", "boolean", "number", "datetime", "enum", "json")
CHANNELS: Mapping[str, list[JSON]] = {
    "chat,call": ["chat", "call"],
    "chat": ["chat"],
    "call": ["call"],
    "": [],
}
DEMO, OPENAI = "demo", "openai"


def _long(name: str, label: str, help_text: str = "", placeholder: str = "") -> Field:
    return Field(
        name=name,
        kind=Kind.LONG_TEXT,
        label=label,
        help=help_text,
        placeholder=placeholder,
        max_length=20_000,
    )


PERSONA = _long("persona", "Persona", "Who speaks, and how.", "You are Mia. You are brief and friendly.")
OBJECTIVE = _long("objective", "Objective", "What the agent is for.")
RULES = (
    _long("rules.shared", "Advanced rules for every conversation", "They hold in every turn."),
    _long("rules.call", "Advanced rules for calls only"),
    _long("rules.chat", "Advanced rules for chats only"),
)
NAME = Field(name="name", kind=Kind.TEXT, label="Name", required=True, tokens=False, max_length=120)
LANGUAGE = Field(
    name="language",
    kind=Kind.TEXT,
    label="Language",
    help="A language tag such as en, de or pt-BR.",
    required=True,
    tokens=False,
    max_length=40,
)
ZONE = Field(
    name="time_zone", kind=Kind.CHOICE, label="Time zone", help="Of what the agent says.", tokens=False
)
CHANNEL = Field(
    name="channels",
    kind=Kind.CHOICE,
    label="Channels",
    tokens=False,
    choices=(
        Choice(value="chat,call", label="Chat and call"),
        Choice(value="chat", label="Chat only"),
        Choice(value="call", label="Call only"),
        Choice(value="", label="None"),
    ),
    default="chat,call",
)
PROVIDER = Field(
    name="model.provider",
    kind=Kind.CHOICE,
    label="Model provider",
    default=DEMO,
    tokens=False,
    choices=(
        Choice(value=DEMO, label="Demo model: built in, needs no key"),
        Choice(value=OPENAI, label="OpenAI-compatible"),
    ),
)
CONNECTION = Field(
    name="model.connection",
    kind=Kind.CHOICE,
    label="Connection",
    help="Empty: the provider that the operator has set up.",
    tokens=False,
    shown_when={"model.provider": (OPENAI,)},
)
MODEL = Field(
    name="model.model",
    kind=Kind.TEXT,
    label="Model",
    help="Empty: the provider’s default.",
    placeholder="gpt-4.1-mini",
    tokens=False,
    max_length=120,
    shown_when={"model.provider": (OPENAI,)},
)
TEMPERATURE = Field(
    name="model.temperature",
    kind=Kind.NUMBER,
    label="Temperature",
    help="0 always takes the likeliest words, 2 the boldest.",
    required=True,
    tokens=False,
    shown_when={"model.provider": (OPENAI,)},
)
SILENCE = Field(
    name="flow.inactive_after_min",
    kind=Kind.INTEGER,
    label="End after minutes without a word",
    required=True,
    tokens=False,
)


def _variable(row: Row) -> JSON:
    return {
        "name": row["name"].strip(),
        "type": row["type"],
        "description": row["description"].strip(),
        "sample": _of_type(row["type"], row["sample"]),
        "required": row["required"] == "yes",
    }


def _of_type(type_: str, text: str) -> JSON:
    if not text.strip():
        return None
    return text if type_ == "string" else json_text.read(text)


def _shown_variable(row: Mapping[str, JSON]) -> Row:
    texts = {column: typed.text_of(row.get(column)) for column in VARIABLES.new}
    return texts | {"required": "yes" if row.get("required") else ""}


VARIABLES = Table(
    name="variables",
    label="Variables",
    new={"name": "", "type": "string", "description": "", "sample": "", "required": ""},
    shown=_shown_variable,
    read=_variable,
    ignored=("type", "required"),
)
SECURE = Table(
    name="secure_metadata",
    label="Secure metadata",
    new={"name": "", "description": ""},
    shown=lambda row: {column: typed.text_of(row.get(column)) for column in ("name", "description")},
    read=lambda row: {"name": row["name"].strip(), "description": row["description"].strip()},
)


def _property(row: Row) -> JSON:
    choices = [choice.strip() for choice in row["choices"].split(",") if choice.strip()]
    if choices and row["type"] != "enum":
        raise NotReadable("Only the type enum has choices.")
    if row["type"] == "enum" and not choices:
        raise NotReadable("Give the choices, with commas between them.")
    return {
        "name": row["name"].strip(),
        "key": row["key"].strip(),
        "type": row["type"],
        "description": row["description"].strip(),
        "choices": list(choices),
    }


NEW_PROPERTY: Row = {"name": "", "key": "", "type": "string", "description": "", "choices": ""}
ANALYSIS = Table(
    name="analysis",
    label="Analysis properties",
    new=NEW_PROPERTY,
    shown=lambda row: {column: typed.text_of(row.get(column)) for column in NEW_PROPERTY},
    read=_property,
    ignored=("type",),
)


@dataclass(frozen=True)
class Section:
    name: str
    title: str
    lead: str
    spec: Spec


SECTIONS: Mapping[str, Section] = {
    one.name: one
    for one in (
        Section(
            "instructions",
            "Instructions",
            "What the agent is told in every conversation. @ names an action workflow, / a variable.",
            Spec((PERSONA, OBJECTIVE, *RULES)),
        ),
        Section(
            "variables",
            "Variables",
            "What a conversation may be started with.",
            Spec((), (VARIABLES, SECURE)),
        ),
        Section(
            "analysis",
            "Analysis",
            "Questions about a conversation that are answered once it has ended.",
            Spec((), (ANALYSIS,)),
        ),
        Section(
            "settings",
            "Settings",
            "Name, language, channels and model.",
            Spec((NAME, LANGUAGE, ZONE, CHANNEL, SILENCE, PROVIDER, CONNECTION, MODEL, TEMPERATURE)),
        ),
    )
}


def with_choices(section: Section, providers: Mapping[str, str], workspace_zone: str) -> Section:
    """The settings know the zones of the world and the workspace's connections: id → name."""
    if section.name != "settings":
        return section
    zones = (Choice(value="", label=f"The workspace’s ({workspace_zone})"), *ZONES)
    connections = (
        Choice(value="", label="Set up by the operator"),
        *(Choice(value=id_, label=name) for id_, name in providers.items()),
    )
    own = {ZONE.name: zones, CONNECTION.name: connections}
    fields = tuple(
        replace(field, choices=own[field.name]) if field.name in own else field
        for field in section.spec.fields
    )
    return replace(section, spec=replace(section.spec, fields=fields))


ZONES = tuple(Choice(value=name, label=name) for name in sorted(available_timezones()))


def values_of(section: Section, definition: AgentDefinition) -> dict[str, JSON]:
    values = agent_form.flat(section.spec, agent_document.dump(definition))
    channels = values.get(CHANNEL.name)
    if isinstance(channels, list):
        values[CHANNEL.name] = ",".join(sorted(map(str, channels), reverse=True))
    return values


def content_of(section: Section, values: Values) -> dict[str, JSON]:
    """What `agents.save` takes."""
    own = dict(values)
    if CHANNEL.name in own:
        own[CHANNEL.name] = CHANNELS.get(str(own[CHANNEL.name] or ""), [])
    if CONNECTION.name in own:
        own[CONNECTION.name] = own[CONNECTION.name] or None
    if ZONE.name in own:
        own[ZONE.name] = own[ZONE.name] or ""
    return agent_form.nested(own)


def field_of_path(path: str) -> str:
    """`variables[0].name` → `variables.1`, as the page names the rows from 1 on."""
    head, bracket, rest = path.partition("[")
    return f"{head}.{int(rest.partition(']')[0]) + 1}" if bracket else path
