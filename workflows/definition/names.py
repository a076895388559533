"""What does the path of a token name at a given place: which type, secure or not, or nothing at all?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connectors.declare import Kind, Output
from workflows.definition import chain
from workflows.definition.catalogue import Catalogue, Known
from workflows.definition.chain import Chain, Seen
from workflows.definition.problems import Severity
from workflows.definition.shapes import Definition, Step
from workflows.definition.vocabulary import CONVERSATION, ERROR, LOOP, RUN, Vocabulary
from workflows.definition.walk import Place
from workflows.templating.filters import FILTERS
from workflows.templating.paths import Segment, written
from workflows.templating.templates import ROOTS, Reference

ANY = "any"


@dataclass(frozen=True)
class Named:
    """A value of a type; or why there is none."""

    type: str = ANY
    is_secure: bool = False
    code: str = ""
    message: str = ""
    severity: Severity = "error"


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


BEGINNING = Viewpoint(is_beginning=True)


def viewpoint(names: Names, at: Place | None) -> Viewpoint:
    """None is the end of the workflow."""
    return Viewpoint(at, names.chain.earlier(at))


def named(reference: Reference, names: Names, view: Viewpoint) -> Named:
    """What the reference names, its filters included."""
    found = _of_path(reference, names, view)
    return found if found.code else Named(_filtered(found.type, reference.filters), found.is_secure)


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
    match root:
        case "steps":
            return _of_step(reference, names, view)
        case "action":
            return _of_action(reference, names)
        case "secrets":
            return _of_secret(str(rest[0]), names)
        case "loop":
            return _of_loop(rest, view)
        case "now":
            return _below("string", (), rest, reference)
        case "conversation":
            return _of_fixed(CONVERSATION, reference)
        case "run":
            return _of_fixed(RUN, reference)
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
        return _in_object(
            {name: Output(name=name, type=type_, label=name) for name, type_ in ERROR.items()},
            path[3:],
            reference,
        )
    if len(path) < 3 or path[2] != "output":
        return Named(code="unknown_output", message=f"Use the output of “{label}”: steps.{path[1]}.output.")
    known = names.registry.find(target.step.action)
    if known is None:
        return Named()
    type_, fields = output_of(known, target.step)
    return _below(type_, fields, path[3:], reference)


_UNREACHABLE: Mapping[Seen, str] = {
    Seen.LATER: "has not run yet at this point",
    Seen.AROUND: "is not finished before the steps within it are",
    Seen.ELSEWHERE: "is in another branch, so it does not run before this",
    Seen.IN_LOOP: "runs once for each item of a loop; use the loop's output",
    Seen.SKIPPED: "is switched off, so it has no output",
}


def output_of(known: Known, step: Step) -> tuple[str, tuple[Output, ...]]:
    """The declared type of a step's output and what is in it. Named values are known from the step itself."""
    action = known.action
    if action.output_type == ANY and (values := _named_values(known, step)):
        return ANY, values
    return action.output_type, action.outputs


def _named_values(known: Known, step: Step) -> tuple[Output, ...]:
    rows = [step.inputs.get(one.name) for one in known.action.fields if one.kind is Kind.VALUES]
    found = (
        [row.get("name") for row in rows[0] if isinstance(row, dict)]
        if rows and isinstance(rows[0], list)
        else []
    )
    return tuple(Output(name=name, type=ANY, label=name) for name in found if isinstance(name, str) and name)


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


def _of_loop(rest: Sequence[Segment], view: Viewpoint) -> Named:
    if view.at is None or not chain.in_loop(view.at):
        return Named(code="not_here", message="“loop” exists only within a loop.")
    if rest and rest[0] not in LOOP:
        return Named(code="unknown_value", message="A loop has “item” and “index”.")
    return Named(LOOP[str(rest[0])] if len(rest) == 1 else ANY)


def _of_fixed(known: Mapping[str, str], reference: Reference) -> Named:
    outputs = {name: Output(name=name, type=type_, label=name) for name, type_ in known.items()}
    return _in_object(outputs, reference.path[1:], reference)


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


def _in_object(outputs: Mapping[str, Output], rest: Sequence[Segment], reference: Reference) -> Named:
    return _below("object", tuple(outputs.values()), rest, reference)


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
    return Named(ANY if reference.is_cut else type_)


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
