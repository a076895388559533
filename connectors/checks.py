"""Are the declarations of the apps sound? Run by `manage.py check`, so that a slip never reaches a user."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import re2
from django.conf import settings
from django.core.checks import CheckMessage, Error

from connectors import inputs, mailer
from connectors.apps import APPS
from connectors.declare import Action, App, Field, Kind, Output
from connectors.errors import Misconfigured
from connectors.outbound import allowances

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
TYPES = frozenset(("string", "number", "integer", "boolean", "object", "array", "any"))


def declarations_are_sound(app_configs: Sequence[Any] | None, **_: object) -> list[CheckMessage]:
    return [Error(fault, id="connectors.E001") for fault in faults(APPS)]


def allowances_are_readable(app_configs: Sequence[Any] | None, **_: object) -> list[CheckMessage]:
    try:
        allowances.parse(settings.OUTBOUND_ALLOW)
    except ValueError as unreadable:
        hint = "Use a comma-separated list such as 127.0.0.1:8025,10.1.0.0/16,[::1]:8025."
        return [Error(f"OUTBOUND_ALLOW: {unreadable}", hint=hint, id="connectors.E002")]
    return []


def mail_server_is_readable(app_configs: Sequence[Any] | None, **_: object) -> list[CheckMessage]:
    try:
        if settings.EMAIL_URL:
            mailer.read(settings.EMAIL_URL)
    except ValueError as unreadable:
        return [Error(f"EMAIL_URL: {unreadable}", id="connectors.E003")]
    return []


def faults(apps: Iterable[App]) -> list[str]:
    apps = list(apps)
    found = _twice([app.slug for app in apps], "app")
    return [*found, *(fault for app in apps for fault in _app_faults(app))]


def _app_faults(app: App) -> Iterator[str]:
    if not NAME.fullmatch(app.slug):
        yield f"{app.slug}: a slug is lower case, such as demo_store"
    if not app.name or not app.description:
        yield f"{app.slug}: name or description is missing"
    yield from _twice([f"{app.slug}.{action.key}@{action.schema}" for action in app.actions], "action")
    for action in app.actions:
        yield from (f"{app.slug}.{action.key}: {fault}" for fault in _action_faults(app, action))
    if app.connection:
        kind = app.connection
        yield from (f"{app.slug} connection: {fault}" for fault in _fields_faults(kind.fields, secrets=True))
        for name in set(kind.paths) - {field.name for field in kind.fields}:
            yield f"{app.slug} connection: paths names the unknown field {name}"


def _action_faults(app: App, action: Action) -> Iterator[str]:
    if not NAME.fullmatch(action.key):
        yield "a key is lower case, such as send_text"
    if not action.label or not action.description:
        yield "label or description is missing"
    if action.needs_connection and app.connection is None:
        yield "needs a connection, but the app declares none"
    if action.perform is None and app.category != "flow":
        yield "has no function to perform it"
    if action.default_on_unknown not in (None, "retry", "skip", "fail"):
        yield f"default_on_unknown cannot be {action.default_on_unknown}"
    if not set(action.kinds) <= {"action", "post_conversation"} or not action.kinds:
        yield "kinds are action and post_conversation"
    yield from _fields_faults(action.fields, secrets=False)
    yield from _outputs_faults(action.outputs)


def _fields_faults(fields: Sequence[Field], *, secrets: bool) -> Iterator[str]:
    by_name = {field.name: field for field in fields}
    yield from _twice([field.name for field in fields], "field")
    for field in fields:
        yield from (f"{field.name}: {fault}" for fault in _field_faults(field, by_name))
        if field.kind is Kind.SECRET and not secrets:
            yield f"{field.name}: credentials belong into a connection"


def _field_faults(field: Field, by_name: dict[str, Field]) -> Iterator[str]:
    if not NAME.fullmatch(field.name) or not field.label:
        yield "needs a lower-case name and a label"
    if (field.kind is Kind.CHOICE) != bool(field.choices):
        yield "choices go with the kind CHOICE"
    yield from _twice([choice.value for choice in field.choices], "choice")
    for name, values in field.shown_when.items():
        other = by_name.get(name)
        if other is None or name == field.name:
            yield f"shown_when names the unknown field {name}"
        elif other.choices and not set(values) <= {choice.value for choice in other.choices}:
            yield f"shown_when has a value that {name} does not offer"
    if field.pattern and not _compiles(field.pattern):
        yield "its pattern is not RE2"
    if not inputs.is_empty(field.default):
        try:
            inputs.convert(field, field.default)
        except Misconfigured as wrong:
            yield f"its default does not fit: {wrong}"


def _outputs_faults(outputs: Sequence[Output]) -> Iterator[str]:
    yield from _twice([output.name for output in outputs], "output")
    for output in outputs:
        if output.type not in TYPES:
            yield f"output {output.name}: there is no type {output.type}"
        if not output.label:
            yield f"output {output.name}: its label is missing"
        yield from (f"{output.name}.{fault}" for fault in _outputs_faults(output.fields))


def _compiles(pattern: str) -> bool:
    try:
        re2.compile(pattern)
    except re2.error:
        return False
    return True


def _twice(names: Sequence[str], what: str) -> list[str]:
    return [f"{what} {name} is declared twice" for name, count in Counter(names).items() if count > 1]
