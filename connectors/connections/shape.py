"""How does a connection look from outside? Nested settings in the API, flat fields as they are declared."""

from collections.abc import Iterator, Mapping

from connectors import inputs
from connectors.declare import JSON, ConnectionKind, Field, Kind
from connectors.errors import Misconfigured, Problem


def path_of(kind: ConnectionKind, field: str) -> str:
    return kind.paths.get(field, field)


def nested(kind: ConnectionKind, flat: Mapping[str, JSON]) -> dict[str, JSON]:
    """The settings as the API gives them; credentials are not among `flat`, so they never come out."""
    shaped: dict[str, JSON] = {}
    for field in kind.fields:
        if field.kind is Kind.SECRET or field.name not in flat:
            continue
        group, _, name = path_of(kind, field.name).rpartition(".")
        place = shaped.setdefault(group, {}) if group else shaped
        assert isinstance(place, dict)
        place[name] = flat[field.name]
    return shaped


def flatten(kind: ConnectionKind, settings: Mapping[str, JSON]) -> tuple[dict[str, JSON], list[Problem]]:
    """The declared fields found in the API's settings; what is not declared is a problem, not a guess."""
    by_path = {path_of(kind, field.name): field.name for field in kind.fields}
    groups = {path.rpartition(".")[0] for path in by_path}
    flat: dict[str, JSON] = {}
    problems: list[Problem] = []
    for path, value in _leaves(settings, groups):
        if path in by_path:
            flat[by_path[path]] = value
        elif path in groups:
            problems.append(Problem(f"settings.{path}", "wrong_type", "This must be an object."))
        else:
            problems.append(Problem(f"settings.{path}", "unknown_field", "There is no such setting."))
    return flat, problems


def checked(
    kind: ConnectionKind, flat: Mapping[str, JSON], *, kept: Mapping[str, str]
) -> tuple[dict[str, JSON], dict[str, str], list[Problem]]:
    """Settings, credentials and all that is wrong with them; `kept` are the credentials stored before."""
    given = inputs.defaults(kind.fields) | {
        name: value for name, value in flat.items() if not inputs.is_empty(value)
    }
    settings: dict[str, JSON] = {}
    credentials: dict[str, str] = {}
    problems: list[Problem] = []
    for field in kind.fields:
        if not inputs.is_shown(field, given):
            continue
        value = given[field.name]
        if inputs.is_empty(value) and field.kind is Kind.SECRET and field.name in kept:
            credentials[field.name] = kept[field.name]
        elif inputs.is_empty(value):
            if field.required:
                problems.append(_problem(kind, field, "required", f"{field.label} is missing."))
        else:
            try:
                converted = inputs.convert(field, _plain(field, value))
            except Misconfigured as wrong:
                problems.append(_problem(kind, field, "invalid", str(wrong)))
                continue
            if field.kind is Kind.SECRET:
                credentials[field.name] = str(converted)
            else:
                settings[field.name] = converted
    return settings, credentials, problems


def _plain(field: Field, value: JSON) -> JSON:
    """Settings are typed by people and programs alike: a text is a text here, not whatever reads like one."""
    is_text = field.kind in (Kind.TEXT, Kind.SECRET)
    if is_text and not isinstance(value, str) and not (field.many and isinstance(value, list)):
        raise Misconfigured(f"{field.label} must be text.", field=field.name)
    if isinstance(value, str) and not value.strip().isprintable():
        raise Misconfigured(f"{field.label} must be one line of plain text.", field=field.name)
    return value.strip() if isinstance(value, str) else value


def _leaves(settings: Mapping[str, JSON], groups: set[str]) -> Iterator[tuple[str, JSON]]:
    for name, value in settings.items():
        if name in groups and isinstance(value, dict):
            yield from ((f"{name}.{inner}", inner_value) for inner, inner_value in value.items())
        else:
            yield name, value


def _problem(kind: ConnectionKind, field: Field, code: str, message: str) -> Problem:
    return Problem(f"settings.{path_of(kind, field.name)}", code, message, field.name)
