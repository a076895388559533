"""Can the agent call this workflow, and does it give back what it says?"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from workflows.definition import check_tokens, texts, values, walk
from workflows.definition.catalogue import DELAY, WAIT_FOR_EVENT, without_version
from workflows.definition.check_tokens import Spot
from workflows.definition.names import BEFORE, BEGINNING, Names, Viewpoint, viewpoint
from workflows.definition.problems import Problem, Severity
from workflows.definition.shapes import ActionVariable, Message, ResponseField

ACTION_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
MAX_DESCRIPTION = 500
DEADLINE_S = (1, 120)
TYPES = ("string", "number", "integer", "boolean", "object", "array")
WAITING = frozenset((DELAY, WAIT_FOR_EVENT))
SOURCES = ("variables", "secure", "session")
"""Roots that a trusted variable can be taken from."""


def problems(names: Names) -> Iterator[Problem]:
    settings = names.definition.settings
    if len(settings.description) > MAX_DESCRIPTION:
        message = f"A description has at most {MAX_DESCRIPTION} characters."
        yield _problem("description", "too_long", message)
    yield from _of_order(settings.order_key, names)
    if names.definition.kind != "action":
        if not settings.name.strip():
            yield _problem("name", "required", "The workflow needs a name.")
        return
    yield from _of_call(names)
    yield from _of_message(settings.message, names)
    yield from _repeated("variables", [variable.name for variable in settings.variables])
    for index, variable in enumerate(settings.variables):
        yield from _of_variable(variable, f"variables[{index}]", names)
    yield from _repeated("response", [field.name for field in settings.response])
    for index, field in enumerate(settings.response):
        yield from _of_response(field, f"response[{index}]", names)


def view_of(field: str, names: Names) -> Viewpoint:
    """What a field's tokens see: the message is said before the first step, the response after the last."""
    match field.partition(".")[0]:
        case "order_key":
            return BEFORE
        case "response":
            return viewpoint(names, None)
    return BEGINNING


def _of_order(key: str, names: Names) -> Iterator[Problem]:
    spot = Spot(label="Order key", view=view_of("order_key", names), field="order_key", expects="string")
    yield from check_tokens.problems(key, "settings.order_key", spot, names)
    if key and any(without_version(place.step.action) in WAITING for place in walk.places(names.definition)):
        message = "While a run waits at a Delay or for an event, later runs with its order key wait too."
        yield _problem("order_key", "order_waits", message, "warning")


def _problem(place: str, code: str, message: str, severity: Severity = "error") -> Problem:
    field = re.split(r"[.\[]", place)[0]
    return Problem(f"settings.{place}", code, message, severity, field=field)


def _of_call(names: Names) -> Iterator[Problem]:
    settings = names.definition.settings
    if not ACTION_NAME.fullmatch(settings.name):
        message = "An action name has 1 to 64 letters, digits, _ and - without spaces."
        yield _problem("name", "bad_name", message)
    if not settings.description.strip():
        message = "Describe what it does: the agent decides by this when to call it."
        yield _problem("description", "required", message, "warning")
    least, most = DEADLINE_S
    if not least <= settings.deadline_s <= most:
        yield _problem("deadline_s", "bad_value", f"The deadline is {least} to {most} seconds.")


def _of_message(message: Message, names: Names) -> Iterator[Problem]:
    if message.mode not in ("default", "custom", "none"):
        yield _problem("message.mode", "bad_value", "The action message is default, custom or none.")
    if message.mode == "custom" and not message.text.strip():
        yield _problem("message.text", "required", "Write the message, or choose the default one.")
    if message.delayed is not None and not 0 < message.delayed.after_ms <= DEADLINE_S[1] * 1000:
        yield _problem(
            "message.delayed.after_ms", "bad_value", "The delayed line comes after 1 to 120,000 ms."
        )
    spot = Spot(label="Action message", view=view_of("message", names), field="message")
    for path, text in texts.message_strings(message, "settings.message"):
        yield from check_tokens.problems(text, path, spot, names)


def _repeated(key: str, given: Sequence[str]) -> Iterator[Problem]:
    counts = Counter(given)
    for index, name in enumerate(given):
        if counts[name] > 1 and name in given[:index]:
            yield _problem(f"{key}[{index}].name", "duplicate_name", f"“{name}” is used twice.")


def _of_name(name: str, place: str) -> Iterator[Problem]:
    if not NAME.fullmatch(name):
        message = "A name begins with a letter and has at most 64 letters, digits, _ and -."
        yield _problem(f"{place}.name", "bad_name", message)


def _of_variable(variable: ActionVariable, place: str, names: Names) -> Iterator[Problem]:
    yield from _of_name(variable.name, place)
    if len(variable.description) > MAX_DESCRIPTION:
        yield _problem(f"{place}.description", "too_long", f"At most {MAX_DESCRIPTION} characters.")
    if variable.type not in TYPES:
        yield _problem(f"{place}.type", "bad_value", f"The type is one of {', '.join(TYPES)}.")
        return
    for index, choice in enumerate(variable.enum):
        if said := values.fault(choice, variable.type):
            yield _problem(f"{place}.enum[{index}]", "bad_value", f"This choice {said}.")
    if variable.sample is not None and (said := values.fault(variable.sample, variable.type, variable.enum)):
        yield _problem(f"{place}.sample", "bad_value", f"The sample {said}.", "warning")
    yield from _of_source(variable, place, names)


def _of_source(variable: ActionVariable, place: str, names: Names) -> Iterator[Problem]:
    if variable.source == "spoken":
        if variable.origin:
            message = (
                "A spoken variable is collected by the model; only a trusted one is taken from somewhere."
            )
            yield _problem(f"{place}.from", "bad_value", message)
        return
    if variable.source != "trusted":
        yield _problem(f"{place}.source", "bad_value", "The source is spoken or trusted.")
        return
    root, _, name = variable.origin.partition(".")
    if not variable.origin:
        message = "Say where a trusted variable is taken from, such as secure.customer_id."
        yield _problem(f"{place}.from", "required", message)
    elif root not in SOURCES or not NAME.fullmatch(name):
        message = f"A trusted variable is taken from {', '.join(f'{source}.name' for source in SOURCES)}."
        yield _problem(f"{place}.from", "bad_value", message)
    elif name not in getattr(names.vocabulary, root):
        yield _problem(
            f"{place}.from", "undefined_name", f"The agent does not define “{variable.origin}”.", "warning"
        )


def _of_response(field: ResponseField, place: str, names: Names) -> Iterator[Problem]:
    yield from _of_name(field.name, place)
    if len(field.description) > MAX_DESCRIPTION:
        yield _problem(f"{place}.description", "too_long", f"At most {MAX_DESCRIPTION} characters.")
    if field.type not in TYPES:
        yield _problem(f"{place}.type", "bad_value", f"The type is one of {', '.join(TYPES)}.")
        return
    if field.value in (None, ""):
        yield _problem(f"{place}.value", "required", f"“{field.name}” needs a value.")
        return
    spot = Spot(
        label=field.name,
        view=view_of("response", names),
        field="response",
        expects=field.type,
        keeps_type=True,
    )
    yield from check_tokens.problems(field.value, f"settings.{place}.value", spot, names)
