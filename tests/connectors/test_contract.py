"""What holds for every app Parley ships, whoever writes the next one."""

import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from connectors import calls, checks, inputs, registry
from connectors.connections import shape
from connectors.declare import JSON, Action, App, Call, Choice, ConnectionKind, Field, Kind, Output, Repeat
from connectors.errors import ConnectorError, Misconfigured
from connectors.registry import Known
from tests.connectors.outside import WORKSPACE, connected
from workspaces.vault import Secret

APPS = list(registry.default().apps.values())
ACTIONS = list(registry.default().actions.values())
PERFORMED = [known for known in ACTIONS if known.action.perform]
CANARY = "canary-4711-value"
SETTINGS = {"from": "shop@example.com", "host": "127.0.0.9", "base_url": "http://127.0.0.9"}


def reference(known: Known) -> str:
    return known.ref


def a_call(known: Known | None = None, **settings: Any) -> Call:
    resolved = None
    if known and known.app.connection:
        credentials = {
            field.name: Secret(CANARY) for field in known.app.connection.fields if field.kind is Kind.SECRET
        }
        resolved = connected(known.app.slug, settings=settings, credentials=credentials)
    return calls.make_call(
        workspace_slug="acme",
        workspace_id=WORKSPACE,
        resolved=resolved,
        idempotency_key="k3v9x2m4q7abcdefghijklmnopqrstuv",
        attempt=1,
        deadline=time.monotonic() + 2,
    )


def test_the_declarations_are_sound() -> None:
    assert checks.faults(APPS) == []


@pytest.mark.parametrize("known", ACTIONS, ids=reference)
def test_an_action_can_be_found_explained_and_summed_up(known: Known) -> None:
    action = known.action

    assert registry.default().find(known.ref) == known
    assert action.summary is not None
    assert action.summary({})
    assert action.summary(inputs.defaults(action.fields), "Northwind shop API")
    assert action.repeat_of({}) in Repeat
    assert action.synonyms


@pytest.mark.parametrize("known", ACTIONS, ids=reference)
def test_a_summary_bears_whatever_a_field_holds(known: Known) -> None:
    assert known.action.summary is not None
    held: list[JSON] = [
        "{{ action.x }}",
        7,
        True,
        None,
        [],
        ["a", 1],
        {},
        {"a": [1]},
        [{"name": None}],
        "http://[x",
        "x" * 9000,
    ]
    for value in held:
        known.action.summary({field.name: value for field in known.action.fields})


def with_samples(outputs: tuple[Output, ...]) -> Iterator[Output]:
    for output in outputs:
        yield output
        yield from with_samples(output.fields)


@pytest.mark.parametrize("known", PERFORMED, ids=reference)
def test_every_output_has_a_sample_of_its_type(known: Known) -> None:
    types = {
        "string": str,
        "number": int | float,
        "integer": int,
        "boolean": bool,
        "object": dict,
        "array": list,
    }
    for output in with_samples(known.action.outputs):
        assert isinstance(output.sample, types.get(output.type, object)), output.name
        assert output.sample is not None


@pytest.mark.parametrize("known", ACTIONS, ids=reference)
def test_a_required_field_that_is_empty_is_named(known: Known) -> None:
    given = inputs.defaults(known.action.fields)
    needed = [
        field.name
        for field in known.action.fields
        if field.required
        and inputs.is_empty(field.default)
        and inputs.is_shown(field, given, connected=False)
    ]
    if not needed:
        assert inputs.typed(known.action.fields, {}, connected=False) == given
        return

    with pytest.raises(Misconfigured) as missing:
        inputs.typed(known.action.fields, {}, connected=False)

    assert missing.value.field == needed[0]


@pytest.mark.parametrize("settings", [{}, SETTINGS], ids=["unconnected", "connected"])
@pytest.mark.parametrize(
    "value",
    ["", "x", "\r\nBcc: a@b.example", -1, 1e300, True, None, [], [1], {"a": 1}, "\ud800", "\x00"],
    ids=repr,
)
@pytest.mark.parametrize("known", PERFORMED, ids=reference)
def test_whatever_is_put_in_fails_as_one_of_our_errors_or_works(
    known: Known, value: JSON, settings: dict[str, JSON]
) -> None:
    """An action that raises anything else would be a fault of ours to the person who built the step."""
    assert known.action.perform is not None
    given = {field.name: value for field in known.action.fields}
    with suppress(Misconfigured):
        given = dict(inputs.typed(known.action.fields, given))
    try:
        known.action.perform(given, a_call(known, **settings))
    except ConnectorError as refused:
        assert str(refused)


@pytest.mark.parametrize("app", [app for app in APPS if app.connection], ids=lambda app: app.slug)
def test_no_credential_shows_in_any_text_or_shape(app: App) -> None:
    assert app.connection is not None
    call = a_call(Known(app, app.actions[0]))

    assert CANARY not in repr(call)
    assert CANARY not in str(
        shape.nested(
            app.connection,
            {field.name: CANARY for field in app.connection.fields if field.kind is Kind.SECRET},
        )
    )
    assert all(not field.tokens for field in app.connection.fields)


# --- What the checks find ----------------------------------------------------------------------------------


def an_app(*fields: Field, **over: Any) -> App:
    action = Action(key="act", label="Act", description="Acts.", fields=fields, perform=lambda _i, _c: None)
    given: dict[str, Any] = {
        "slug": "an_app",
        "name": "An app",
        "description": "For tests.",
        "actions": (action,),
    }
    return App(**given | over)


@pytest.mark.parametrize(
    ("app", "fault"),
    [
        (
            an_app(Field(name="a", kind=Kind.TEXT, label="A"), Field(name="a", kind=Kind.TEXT, label="A")),
            "twice",
        ),
        (an_app(Field(name="a", kind=Kind.CHOICE, label="A")), "choices"),
        (
            an_app(Field(name="a", kind=Kind.TEXT, label="A", choices=(Choice(value="x", label="X"),))),
            "choices",
        ),
        (an_app(Field(name="a", kind=Kind.TEXT, label="A", shown_when={"b": ("x",)})), "unknown field b"),
        (an_app(Field(name="a", kind=Kind.TEXT, label="A", pattern=r"(?=a)")), "RE2"),
        (an_app(Field(name="a", kind=Kind.INTEGER, label="A", default="many")), "default"),
        (an_app(Field(name="a", kind=Kind.SECRET, label="A")), "credentials"),
        (an_app(Field(name="A b", kind=Kind.TEXT, label="A")), "lower-case"),
        (an_app(slug="An app"), "slug"),
        (an_app(actions=an_app().actions * 2), "twice"),
        (
            an_app(connection=ConnectionKind(fields=(), hosts=lambda _s: (), paths={"x": "auth.x"})),
            "unknown field x",
        ),
    ],
)
def test_a_slip_in_a_declaration_is_found(app: App, fault: str) -> None:
    assert any(fault in found for found in checks.faults([app]))
