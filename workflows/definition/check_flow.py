"""What must hold of a step of the flow app, beyond what its fields say?"""

from collections.abc import Callable, Iterator, Mapping

from connectors.declare import JSON
from workflows.definition import texts, values
from workflows.definition.catalogue import (
    CALL_WORKFLOW,
    LOOP,
    RESPOND,
    WAIT_FOR_EVENT,
    without_version,
)
from workflows.definition.chain import in_loop, loops_around
from workflows.definition.check_rules import is_number
from workflows.definition.check_tokens import WORDS, clashes
from workflows.definition.names import Names, named, viewpoint
from workflows.definition.outputs import ANY
from workflows.definition.problems import Problem, Severity
from workflows.definition.shapes import ActionVariable, ResponseField
from workflows.definition.vocabulary import Neighbour
from workflows.definition.walk import Place
from workflows.templating.tokens import TokenSyntax, has_tokens, references

MAX_LOOPS = 3
_LONGEST_WAIT_DAYS = 366
_SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400, "weeks": 604_800}


def problems(place: Place, names: Names) -> Iterator[Problem]:
    check = _CHECKS.get(without_version(place.step.action))
    if check is not None:
        yield from check(place, names)


def _problem(
    place: Place, key: str, code: str, message: str, field: str, severity: Severity = "error"
) -> Problem:
    return Problem(f"{place.path}.{key}", code, message, severity, place.step.id, field)


def _loop(place: Place, names: Names) -> Iterator[Problem]:
    if len(loops_around(place)) >= MAX_LOOPS:
        message = f"Loops are nested at most {MAX_LOOPS} deep. Put the inner one into a workflow of its own."
        yield _problem(place, "action", "too_deep", message, "action")


def _wait_for_event(place: Place, names: Names) -> Iterator[Problem]:
    timeout, unit = place.step.inputs.get("timeout"), str(place.step.inputs.get("unit") or "seconds")
    if not is_number(timeout):
        return  # missing, a token, or judged by its field
    seconds = float(str(timeout)) * _SECONDS.get(unit, 1)
    if not 0 < seconds <= _LONGEST_WAIT_DAYS * _SECONDS["days"]:
        message = "The longest wait is more than nothing and at most a year."
        yield _problem(place, "inputs.timeout", "bad_value", message, "timeout")


# --- Respond -----------------------------------------------------------------------------------------------
def _respond(place: Place, names: Names) -> Iterator[Problem]:
    if names.definition.kind != "action":
        return  # said already, of its kind
    if in_loop(place):
        message = "A workflow answers once, so this cannot stand within a loop."
        yield _problem(place, "action", "not_in_loop", message, "action")
    declared = {field.name: field for field in names.definition.settings.response}
    rows = place.step.inputs.get("values")
    given: set[str] = set()
    for index, row in enumerate(rows if isinstance(rows, list) else ()):
        if not isinstance(row, dict) or not isinstance(name := row.get("name"), str):
            continue
        given.add(name)
        path = f"inputs.values[{index}]"
        if name not in declared:
            message = f"“{name}” is not a response field of this workflow. Add it there, or remove it here."
            yield _problem(place, f"{path}.name", "unknown_field", message, "values")
        elif said := _unfit(row.get("value"), declared[name], place, names):
            yield _problem(place, f"{path}.value", "wrong_type", f"“{name}” {said}.", "values")
    for name in declared.keys() - given:
        message = f"The response field “{name}” is not among the values, so it will be empty."
        yield _problem(place, "inputs.values", "missing_response", message, "values", "warning")


def _unfit(value: JSON, declared: ActionVariable | ResponseField, place: Place, names: Names) -> str:
    """What the value must be instead, as far as that is known before the run; empty when it may fit."""
    if value is None:
        return ""
    if not any(has_tokens(text) for _, text in texts.strings(value, "")):
        return values.fault(value, declared.type, getattr(declared, "enum", ()))
    found = _type_of(value, place, names)
    if clashes(declared.type, found, keeps_type=True):
        return f"must be {WORDS[declared.type]}, but this is {WORDS[found]}"
    return ""


def _type_of(value: JSON, place: Place, names: Names) -> str:
    """Of a value with tokens."""
    if not isinstance(value, str):
        return "array" if isinstance(value, list) else "object"
    try:
        found = references(value)
    except TokenSyntax:
        return ANY
    if len(found) == 1 and found[0].is_whole:
        return named(found[0], names, viewpoint(names, place)).type
    return ANY if not found or found[0].is_whole else "string"


# --- Call workflow -----------------------------------------------------------------------------------------
def _call_workflow(place: Place, names: Names) -> Iterator[Problem]:
    wanted = place.step.inputs.get("workflow")
    if not isinstance(wanted, str) or not wanted:
        return  # said already, of its field
    called = names.vocabulary.workflows.get(wanted)
    if called is None:
        message = "This agent has no such workflow. Choose another one."
        yield _problem(place, "inputs.workflow", "unknown_workflow", message, "workflow")
        return
    if message := _not_callable(wanted, called, names):
        yield _problem(place, "inputs.workflow", "not_callable", message, "workflow")
        return
    if not called.is_live or called.is_paused:
        how = "paused" if called.is_paused else "not live yet"
        message = f"“{called.name}” is {how}; while it is, this step fails."
        yield _problem(place, "inputs.workflow", "not_live", message, "workflow", "warning")
    yield from _of_input(place, called, names)


def _not_callable(wanted: str, called: Neighbour, names: Names) -> str:
    own = names.vocabulary.workflow
    if wanted == own:
        return "A workflow cannot call itself."
    if called.kind != "action":
        return f"“{called.name}” runs after conversations and cannot be called."
    if own and own in _called_by(wanted, names.vocabulary.workflows):
        return f"“{called.name}” calls this workflow, so the two would never end."
    return ""


def _called_by(start: str, workflows: Mapping[str, Neighbour]) -> set[str]:
    """Ids of all that it calls, and that these call, and so on."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        current = workflows.get(waiting.pop())
        new = current.calls - seen if current else frozenset()
        seen |= new
        waiting += new
    return seen


def _of_input(place: Place, called: Neighbour, names: Names) -> Iterator[Problem]:
    given = place.step.inputs.get("input")
    if isinstance(given, str) and has_tokens(given):
        found = _type_of(given, place, names)
        if clashes("object", found):
            message = f"The input must be an object, but this is {WORDS[found]}."
            yield _problem(place, "inputs.input", "wrong_type", message, "input")
        return
    if given is not None and not isinstance(given, dict):
        message = "The input must be an object of names and values."
        yield _problem(place, "inputs.input", "wrong_type", message, "input")
        return
    given = given or {}
    declared = {variable.name: variable for variable in called.variables}
    for variable in called.variables:
        if variable.required and not variable.origin and given.get(variable.name) in (None, ""):
            message = f"“{called.name}” needs “{variable.name}”."
            yield _problem(place, f"inputs.input.{variable.name}", "required", message, "input")
    for name, value in given.items():
        path = f"inputs.input.{name}"
        if name not in declared:
            message = f"“{called.name}” has no action variable “{name}”."
            yield _problem(place, path, "unknown_field", message, "input")
        elif said := _unfit(value, declared[name], place, names):
            yield _problem(place, path, "wrong_type", f"“{name}” {said}.", "input")


_CHECKS: Mapping[str, Callable[[Place, Names], Iterator[Problem]]] = {
    LOOP: _loop,
    RESPOND: _respond,
    WAIT_FOR_EVENT: _wait_for_event,
    CALL_WORKFLOW: _call_workflow,
}
