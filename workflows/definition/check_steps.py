"""What does one step still need, and what in it is wrong?"""

from collections.abc import Iterator, Mapping

from connectors import inputs as field_values
from connectors.declare import JSON, Field, Kind
from connectors.errors import Misconfigured
from workflows.definition import check_flow, check_rules, check_tokens, fields, texts
from workflows.definition.catalogue import Known
from workflows.definition.check_tokens import Spot
from workflows.definition.names import Names, Viewpoint, viewpoint
from workflows.definition.outputs import ANY
from workflows.definition.problems import Problem
from workflows.definition.shapes import Policy, Step
from workflows.definition.walk import Place
from workflows.templating.tokens import has_tokens

MAX_TIMEOUT_S = 300
MAX_RETRIES = 10
_EXPECTED: Mapping[Kind, str] = {
    Kind.NUMBER: "number",
    Kind.INTEGER: "integer",
    Kind.BOOLEAN: "boolean",
    Kind.CHOICE: "string",
    Kind.DATETIME: "datetime",
    Kind.PAIRS: "array",
    Kind.VALUES: "array",
    Kind.LIST: "array",
}


def problems(place: Place, names: Names) -> Iterator[Problem]:
    step = place.step
    known = names.registry.find(step.action)
    if known is None:
        yield _problem(place, "action", "unknown_action", f"There is no action “{step.action}”.", "action")
        return
    view = viewpoint(names, place)
    yield from _of_kind(place, known, names)
    yield from _of_connection(place, known, names)
    yield from _of_fields(place, known, names, view)
    yield from _of_policy(place)
    yield from check_rules.problems(place, names, view)
    yield from check_flow.problems(place, names)


def of_field(place: Place, field: Field, value: JSON, names: Names) -> Iterator[Problem]:
    """What is wrong with a value of this field, stored or only typed."""
    spot, path = spot_of(place, field, viewpoint(names, place)), f"{place.path}.inputs.{field.name}"
    yield from _of_value(field, value, path, spot)
    if value is not None:
        yield from check_tokens.problems(value, path, spot, names)


def unknown_connection(place: Place) -> Problem:
    message = "There is no such connection in this workspace. Choose another one."
    return _problem(place, "connection", "unknown_connection", message, "connection")


def _problem(place: Place, key: str, code: str, message: str, field: str = "") -> Problem:
    return Problem(f"{place.path}.{key}", code, message, step_id=place.step.id, field=field)


def _of_kind(place: Place, known: Known, names: Names) -> Iterator[Problem]:
    kind = names.definition.kind
    if kind in known.action.kinds:
        return
    where = (
        "an action workflow: the conversation waits for its answer"
        if kind == "action"
        else "a post-conversation workflow: nobody waits for its answer"
    )
    yield _problem(
        place, "action", "not_in_this_kind", f"“{known.action.label}” cannot be used in {where}.", "action"
    )


def _of_connection(place: Place, known: Known, names: Names) -> Iterator[Problem]:
    connection = place.step.connection
    if connection is None:
        if known.action.needs_connection:
            message = f"Choose a connection of {known.app.name}."
            yield _problem(place, "connection", "needs_connection", message, "connection")
        elif _is_for_a_connection(place.step, known):
            message = f"Choose a connection of {known.app.name}: what is set here is for one."
            yield _problem(place, "connection", "needs_connection", message, "connection")
        return
    app = names.vocabulary.connections.get(connection)
    if app is None:
        yield unknown_connection(place)
    elif app != known.app.slug or known.app.connection is None:
        message = f"The connection is not one of {known.app.name}. Choose another one."
        yield _problem(place, "connection", "wrong_connection", message, "connection")


def _is_for_a_connection(step: Step, known: Known) -> bool:
    """It has none yet, and is filled in as if it had one: a step of a template, or one that lost its own."""
    depending = [field for field in known.action.fields if field.when_connected is not None]
    filled = {
        field.when_connected for field in depending if not field_values.is_empty(step.inputs.get(field.name))
    }
    return step.connection is None and filled == {True}


def _of_fields(place: Place, known: Known, names: Names, view: Viewpoint) -> Iterator[Problem]:
    """Tokens count in hidden fields too: they are filled in like the others."""
    step = place.step
    connected = step.connection is not None or _is_for_a_connection(step, known)
    shown = {field.name for field in fields.shown(known.action, step.inputs, connected=connected)}
    for field in known.action.fields:
        value, path = step.inputs.get(field.name), f"{place.path}.inputs.{field.name}"
        spot = spot_of(place, field, view)
        if field.name in shown:
            yield from _of_value(field, value, path, spot)
        elif field.when_connected not in (None, connected) and not field_values.is_empty(value):
            which = "with" if field.when_connected else "without"
            yield spot.problem(
                path, "not_with_connection", f"{field.label} is possible only {which} a connection."
            )
        if value is not None:
            yield from check_tokens.problems(value, path, spot, names)


def spot_of(place: Place, field: Field, view: Viewpoint) -> Spot:
    return Spot(
        label=field.label,
        view=view,
        step_id=place.step.id,
        field=field.name,
        expects=expected(field),
        accepts_secure=field.accepts_secure,
        accepts_tokens=field.tokens,
        allows_tags=fields.allows_tags(field),
    )


def expected(field: Field) -> str:
    """The type of value that it wants."""
    return _EXPECTED.get(field.kind, ANY)


def _of_value(field: Field, value: JSON, path: str, spot: Spot) -> Iterator[Problem]:
    if field_values.is_empty(value):
        if field.required:
            yield spot.problem(path, "required", f"{field.label} is missing.")
        return
    if not _can_be_judged(field, value):
        return
    try:
        field_values.convert(field, value)
    except Misconfigured as error:
        yield spot.problem(path + (error.field or "").removeprefix(field.name), "bad_value", str(error))


def _can_be_judged(field: Field, value: JSON) -> bool:
    """Rows have a shape whatever their tokens give; other values with tokens are judged at call time."""
    if isinstance(value, str) or field.kind not in (Kind.PAIRS, Kind.VALUES, Kind.BODY):
        return not any(has_tokens(text) for _, text in texts.strings(value, ""))
    content = value.get("value") if isinstance(value, dict) else None
    return not (isinstance(content, str) and has_tokens(content))


def _of_policy(place: Place) -> Iterator[Problem]:
    policy = place.step.policy
    for field, message in _policy_messages(policy):
        yield _problem(place, f"policy.{field}", "bad_value", message, field)
    has_error_branch = any(branch.on_error for branch in place.step.branches)
    if (policy.on_error == "branch") != has_error_branch:
        message = (
            "The error branch is missing." if not has_error_branch else "The error branch is never taken."
        )
        yield _problem(place, "policy.on_error", "bad_value", message, "on_error")


def _policy_messages(policy: Policy) -> Iterator[tuple[str, str]]:
    if policy.timeout_s is not None and not 1 <= policy.timeout_s <= MAX_TIMEOUT_S:
        yield "timeout_s", f"A step may take 1 to {MAX_TIMEOUT_S} seconds."
    if policy.retries is not None and not 0 <= policy.retries <= MAX_RETRIES:
        yield "retries", f"A step is tried again 0 to {MAX_RETRIES} times."
    if policy.on_error not in ("stop", "continue", "branch"):
        yield "on_error", "On an error the run can stop, continue, or go to the error branch."
    if policy.on_unknown not in (None, "retry", "skip", "fail"):
        yield "on_unknown", "When the outcome is unknown, the step can be retried, skipped, or fail."
