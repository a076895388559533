"""What does the path of a token name at a given place: which type, secure or not, or nothing at all?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from connectors.declare import Output
from workflows.definition import chain
from workflows.definition.catalogue import SET_SESSION, Catalogue, without_version
from workflows.definition.chain import Chain, Seen
from workflows.definition.outputs import ANY, output_of, type_of
from workflows.definition.problems import Severity
from workflows.definition.shapes import Definition, Step
from workflows.definition.vocabulary import CONVERSATION, ERROR, EVENT_URL, RUN, Vocabulary
from workflows.definition.walk import Place
from workflows.templating.filters import FILTERS
from workflows.templating.paths import Segment, written
from workflows.templating.tokens import ROOTS, Reference, TokenSyntax, has_tokens, references


@dataclass(frozen=True)
class Named:
    """A value of a type; or why there is none."""

    type: str = ANY
    is_secure: bool = False
    code: str = ""
    message: str = ""
    severity: Severity = "error"
    fields: tuple[Output, ...] = ()
    """What is in it, or in each of its items, as far as that is declared."""


@dataclass(frozen=True)
class Names:
    """All that can be named in one workflow."""

    definition: Definition
    registry: Catalogue
    vocabulary: Vocabulary
    chain: Chain


@dataclass(frozen=True)
class Viewpoint:
    """A place that tokens stand at: a step, or the end of the workflow, or its beginning."""

    at: Place | None = None
    earlier: frozenset[str] = frozenset()
    is_beginning: bool = False
    is_before: bool = False
    """There is no run yet."""


BEGINNING = Viewpoint(is_beginning=True)
BEFORE = Viewpoint(is_beginning=True, is_before=True)
_OF_A_RUN = frozenset(("run", "now", "steps", "loop"))


def viewpoint(names: Names, at: Place | None) -> Viewpoint:
    """None is the end of the workflow."""
    return Viewpoint(at, names.chain.earlier(at))


def named(reference: Reference, names: Names, view: Viewpoint) -> Named:
    """What the reference names, its filters included."""
    found = _of_path(reference, names, view)
    if found.code or not reference.filters:
        return found
    return Named(_filtered(found.type, reference.filters), found.is_secure)


def _filtered(type_: str, filters: Sequence[str]) -> str:
    for name in filters:
        type_ = FILTERS[name].gives
    return type_


def _of_path(reference: Reference, names: Names, view: Viewpoint) -> Named:
    root, *rest = reference.path
    if root not in ROOTS:
        known = ", ".join(sorted(ROOTS))
        return Named(
            code="unknown_root", message=f"There is no “{root}”. A token begins with one of: {known}."
        )
    if view.is_before and root in _OF_A_RUN:
        message = "The order is known before a run begins: nothing of the run itself can be in its key."
        return Named(code="not_here", message=message)
    match root:
        case "steps":
            return _of_step(reference, names, view)
        case "action":
            return _of_action(reference, names)
        case "secrets":
            return _of_secret(str(rest[0]), names)
        case "loop":
            return _of_loop(reference, names, view)
        case "now":
            return _below("string", (), rest, reference)
        case "conversation":
            return _of_fixed(CONVERSATION, reference)
        case "run":
            return _of_fixed(run_values(names.definition), reference)
        case "session":
            return _of_session(reference, names, view)
        case "analysis" if names.definition.kind == "action":
            message = "The analysis exists only after the conversation, in the post-conversation workflow."
            return Named(code="not_here", message=message)
    return _of_agent(reference, names)


def _of_step(reference: Reference, names: Names, view: Viewpoint) -> Named:
    path = reference.path
    if len(path) < 2 or not isinstance(path[1], str):
        return Named(code="unknown_step", message="Name the step: steps.look_up_order.output.")
    target = names.chain.by_slug.get(path[1])
    if target is None:
        return Named(code="unknown_step", message=f"There is no step “{path[1]}”.")
    label = target.step.label or target.step.slug
    seen = Seen.LATER if view.is_beginning else names.chain.seen(target, view.at, view.earlier)
    if seen in _UNREACHABLE:
        return Named(code="unreachable_step", message=f"“{label}” {_UNREACHABLE[seen]}.")
    if len(path) > 2 and path[2] == "error":
        if target.step.policy.on_error not in GOES_ON:
            message = f"The run ends when “{label}” fails, so nothing after it can read its error."
            return Named(code="unknown_output", message=message)
        return _in_object(_outputs(ERROR), path[3:], reference)
    if len(path) < 3 or path[2] != "output":
        return Named(code="unknown_output", message=f"Use the output of “{label}”: steps.{path[1]}.output.")
    if seen is Seen.FAILED:
        message = f"“{label}” failed when its error branch is taken: use steps.{path[1]}.error."
        return Named(code="unreachable_step", message=message)
    known = names.registry.find(target.step.action)
    if known is None:
        return Named()
    output = output_of(known, target.step, names.definition, names.vocabulary)
    return _below(output.type, output.fields, path[3:], reference)


_UNREACHABLE: Mapping[Seen, str] = {
    Seen.LATER: "has not run yet at this point",
    Seen.AROUND: "is not finished before the steps within it are",
    Seen.ELSEWHERE: "is in another branch, so it does not run before this",
    Seen.IN_LOOP: "runs once for each item of a loop; use the loop's output",
    Seen.SKIPPED: "is switched off, so it has no output",
}
GOES_ON = ("continue", "branch")
"""What a step's policy says when the run goes on after it failed."""


def _of_action(reference: Reference, names: Names) -> Named:
    variables = {variable.name: variable for variable in names.definition.settings.variables}
    secure = {name for name, variable in variables.items() if is_secure_origin(variable.origin)}
    if len(reference.path) < 2:
        return Named("object", is_secure=bool(secure) and reference.is_cut)
    name = str(reference.path[1])
    if name not in variables:
        return Named(code="unknown_variable", message=f"This workflow has no action variable “{name}”.")
    found = _below(variables[name].type, (), reference.path[2:], reference)
    return Named(found.type, name in secure, found.code, found.message)


def is_secure_origin(origin: str) -> bool:
    return origin.startswith("secure.")


def _of_secret(key: str, names: Names) -> Named:
    if key not in names.vocabulary.secrets:
        return Named(code="unknown_secret", message=f"This workspace has no secret “{key}”.")
    return Named("string", is_secure=True)


def _of_loop(reference: Reference, names: Names, view: Viewpoint) -> Named:
    rest = reference.path[1:]
    if view.at is None or not chain.in_loop(view.at):
        return Named(code="not_here", message="“loop” exists only within a loop.")
    if rest and rest[0] not in ("item", "index"):
        return Named(code="unknown_value", message="A loop has “item” and “index”.")
    return _in_object(loop_values(names, view.at), rest, reference)


def loop_values(names: Names, at: Place) -> tuple[Output, ...]:
    """`item` and `index` of the innermost loop around a place."""
    item = _item_of(chain.loops_around(at)[-1], names)
    return replace(item, name="item", label="Item"), Output(name="index", type="integer", label="Index")


def items_of(loop: Step) -> Reference | None:
    """Where a loop's list comes from, when it is one token."""
    items = loop.inputs.get("items")
    try:
        found = references(items) if isinstance(items, str) else []
    except TokenSyntax:
        return None
    return found[0] if found and found[0].is_whole else None


def _item_of(loop: Step, names: Names) -> Output:
    items = loop.inputs.get("items")
    if isinstance(items, list):
        types = {type_of(item) for item in items if not (isinstance(item, str) and has_tokens(item))}
        return Output(name="", type=types.pop() if len(types) == 1 else ANY, label="")
    source = items_of(loop)
    if source is None:
        return Output(name="", type=ANY, label="")
    found = named(source, names, viewpoint(names, names.chain.by_id[loop.id]))
    fields = found.fields if found.type == "array" else ()
    return Output(name="", type="object" if fields else ANY, label="", fields=fields)


def _of_fixed(known: Mapping[str, str], reference: Reference) -> Named:
    return _in_object(_outputs(known), reference.path[1:], reference)


def _of_session(reference: Reference, names: Names, view: Viewpoint) -> Named:
    """What an earlier step sets is there, whatever the agent's other workflows do."""
    if len(reference.path) > 1 and reference.path[1] in session_set(names, view):
        return Named()
    return _of_agent(reference, names)


def session_set(names: Names, view: Viewpoint) -> list[str]:
    """The session variables that steps before this place set, nearest last."""
    steps = [
        place.step
        for place in names.chain.places
        if without_version(place.step.action) == SET_SESSION
        and not view.is_beginning
        and names.chain.seen(place, view.at, view.earlier) in (Seen.SURELY, Seen.MAYBE, Seen.IN_LOOP)
    ]
    return [name for step in steps if isinstance(name := step.inputs.get("name"), str) and name]


def _of_agent(reference: Reference, names: Names) -> Named:
    """variables, analysis, secure, session: a name that the agent does not define may still be there."""
    root, *rest = reference.path
    defined: Mapping[str, str] = getattr(names.vocabulary, str(root))
    is_secure = root == "secure"
    if not rest:
        return Named("object", is_secure)
    name = str(rest[0])
    if name not in defined:
        message = (
            f"The agent does not define “{written(reference.path[:2])}”; if it is missing, the step fails."
        )
        return Named(ANY, is_secure, "undefined_name", message, "warning")
    found = _below(defined[name], (), rest[1:], reference)
    return Named(found.type, is_secure, found.code, found.message)


def run_values(definition: Definition) -> Mapping[str, str]:
    return RUN if definition.kind == "action" else {**RUN, **EVENT_URL}


def _outputs(known: Mapping[str, str]) -> tuple[Output, ...]:
    return tuple(Output(name=name, type=type_, label=name) for name, type_ in known.items())


def _in_object(outputs: Sequence[Output], rest: Sequence[Segment], reference: Reference) -> Named:
    return _below("object", outputs, rest, reference)


def _below(type_: str, fields: Sequence[Output], rest: Sequence[Segment], reference: Reference) -> Named:
    """Goes down a declared value. Below `any` and below objects of undeclared keys every path is allowed."""
    for depth, segment in enumerate(rest):
        if type_ == ANY or (type_ == "object" and not fields):
            return Named()
        inner = _step_into(type_, fields, segment)
        if inner is None:
            parent = written(reference.path[: len(reference.path) - len(rest) + depth])
            return Named(code="unknown_output", message=f"There is no “{segment}” in {parent}.")
        type_, fields = inner
    return Named() if reference.is_cut else Named(type_, fields=tuple(fields))


def _step_into(type_: str, fields: Sequence[Output], segment: Segment) -> tuple[str, Sequence[Output]] | None:
    if type_ == "array":
        if segment == "size":
            return "integer", ()
        is_item = isinstance(segment, int) or segment in ("first", "last")
        return (("object", fields) if fields else (ANY, ())) if is_item else None
    if type_ == "object":
        inner = next((one for one in fields if one.name == segment), None)
        return (inner.type, inner.fields) if inner else None
    return None
