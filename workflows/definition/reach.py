"""What can a token name at this place? The groups of the variable picker, nearest steps first."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from connectors.declare import JSON, Output
from workflows.definition.catalogue import Catalogue
from workflows.definition.chain import Chain, Seen, in_loop, loops_around
from workflows.definition.check_settings import view_of
from workflows.definition.names import (
    GOES_ON,
    Names,
    Viewpoint,
    is_secure_origin,
    items_of,
    loop_values,
    named,
    run_values,
    session_set,
    viewpoint,
)
from workflows.definition.outputs import ANY, output_of, type_of
from workflows.definition.shapes import Definition, Step
from workflows.definition.vocabulary import CONVERSATION, CUSTOMER, ERROR, Vocabulary
from workflows.definition.walk import Place
from workflows.templating.errors import MissingValue
from workflows.templating.paths import lookup, written
from workflows.templating.tokens import Reference, TokenSyntax, references


class _Each:
    def __str__(self) -> str:
        return "…"


_EACH = _Each()
"""Where a path has the index of an item: all of them, one after the other."""
EACH = f"[{_EACH}]"
UNFOLDED = 3
"""Steps whose values are seen at once; of those further away first one row each."""
_EARLY = ("message", "order_key")
"""Fields of the settings that are filled in before the end of the workflow, where the panel stands."""
_UNWRITABLE = re.compile(r'["{}%\r\n]')
"""Keys with these cannot stand in a token."""
_MAX_LEVELS = 4
_MAX_ENTRIES = 80


@dataclass(frozen=True, kw_only=True)
class Entry:
    path: str
    """Goes between `{{` and `}}`."""
    label: str
    type: str
    sample: JSON = None
    secure: bool = False
    optional: bool = False
    """May be empty: its step stands in a branch that is not always taken."""
    not_in: tuple[str, ...] = ()
    """Fields of the settings that cannot name it yet."""

    @property
    def is_each(self) -> bool:
        return EACH in self.path

    @property
    def token(self) -> str:
        """What is put into a field; for each item of a list it needs tags."""
        if not self.is_each:
            return f"{{{{ {self.path} }}}}"
        items, _, inner = self.path.partition(EACH)
        return f"{{% for item in {items} %}}{{{{ item{inner} }}}}\n{{% endfor %}}"

    @property
    def token_without_tags(self) -> str:
        """Empty where only tags can say it."""
        if not self.is_each:
            return self.token
        items, _, inner = self.path.partition(EACH)
        return "" if inner or self.type == "object" else f"{{{{ {items} | join: ', ' }}}}"


@dataclass(frozen=True, kw_only=True)
class Group:
    label: str
    root: str
    entries: Sequence[Entry]
    source: str = ""
    """The id of the step that it comes from, if it does."""


def reachable(
    definition: Definition,
    at: str | None,
    *,
    registry: Catalogue,
    vocabulary: Vocabulary,
    samples: Mapping[str, JSON],
) -> list[Group]:
    """`at` is a step's id, or None for the settings: the response fields are filled at the end.

    `samples` is step id → what the step last gave back. What is offered, the check accepts: both ask `named`.
    """
    names = Names(definition, registry, vocabulary, Chain(definition))
    place = names.chain.by_id.get(at) if at else None
    view = viewpoint(names, place)
    groups = list(_steps(names, place, samples))
    if place is not None and in_loop(place):
        groups.insert(0, _loop(names, place, samples))
    session = {**vocabulary.session, **dict.fromkeys(session_set(names, view), ANY)}
    groups += [
        _conversation(),
        _named("Variables", "variables", vocabulary.variables),
        _action_variables(definition),
        _named("Session", "session", session),
        _named("Secure metadata", "secure", vocabulary.secure, secure=True),
        _named("Secrets", "secrets", dict.fromkeys(sorted(vocabulary.secrets), "string"), secure=True),
        _fixed("This run", "run", run_values(definition), Entry(path="now", label="Now", type="string")),
    ]
    if definition.kind != "action":
        analysis = _named("Analysis", "analysis", vocabulary.analysis)
        groups.insert(_index_after(groups, "action"), analysis)
    known = [replace(group, entries=[*_known(group.entries, names, view)]) for group in groups]
    return [group for group in known if group.entries]


def _known(entries: Sequence[Entry], names: Names, view: Viewpoint) -> Iterator[Entry]:
    """Those that name something here; at the end, with the earlier fields that know nothing of it."""
    early = {field: view_of(field, names) for field in _EARLY} if view.at is None else {}
    for entry in entries:
        reference = _reference(entry)
        if reference is None or named(reference, names, view).code:
            continue
        not_in = tuple(field for field, other in early.items() if named(reference, names, other).code)
        yield replace(entry, not_in=not_in) if not_in else entry


def _reference(entry: Entry) -> Reference | None:
    """None when a name has what cannot stand in a token."""
    path, _, _ = entry.path.partition(EACH)
    with suppress(TokenSyntax):
        found = references(f"{{{{ {path} }}}}")
        return found[0] if len(found) == 1 and found[0].is_whole else None
    return None


def _index_after(groups: Sequence[Group], root: str) -> int:
    return next(index for index, group in enumerate(groups, start=1) if group.root == root)


def _steps(names: Names, place: Place | None, samples: Mapping[str, JSON]) -> Iterator[Group]:
    for distance, (target, seen) in enumerate(names.chain.nearest_first(place)):
        step, known = target.step, names.registry.find(target.step.action)
        if known is None:
            continue
        goes_on = step.policy.on_error in GOES_ON
        entries: list[Entry] = []
        if seen is not Seen.FAILED:
            output, path = output_of(known, step, names.definition, names.vocabulary), _output_path(step)
            optional = seen is Seen.MAYBE or goes_on
            found = _entries(output, path, samples.get(step.id), optional=optional)
            below = [entry for entry in found if entry.path != written(path)]
            entries += (below if below and distance < UNFOLDED else found)[:_MAX_ENTRIES]
        if goes_on:
            errors = _errors(step, optional=seen is not Seen.FAILED)
            entries += errors[1:] if distance < UNFOLDED else errors
        label = f"{target.number}. {step.label or step.slug}"
        yield Group(label=label, root="steps", source=step.id, entries=entries)


def _output_path(step: Step) -> tuple[str, ...]:
    return ("steps", step.slug, "output")


def _errors(step: Step, *, optional: bool) -> list[Entry]:
    """What it leaves when it fails and the run goes on; first all of it."""
    path = ("steps", step.slug, "error")
    return [
        Entry(path=written(path), label="Error", type="object", optional=optional),
        *(
            Entry(path=written((*path, name)), label=f"Error {name}", type=type_, optional=optional)
            for name, type_ in ERROR.items()
        ),
    ]


def _loop(names: Names, place: Place, samples: Mapping[str, JSON]) -> Group:
    item, index = loop_values(names, place)
    sample = first_item(loops_around(place)[-1], names, samples)
    entries = _entries(item, ("loop", "item"), sample, optional=False)
    entries += _entries(index, ("loop", "index"), None, optional=False)
    return Group(label="Current item", root="loop", entries=entries)


def first_item(loop: Step, names: Names, samples: Mapping[str, JSON]) -> JSON:
    """Of the list that the loop's source gave last."""
    items = loop.inputs.get("items")
    source = items_of(loop)
    if source is not None and source.path[0] == "steps" and len(source.path) > 2:
        target = names.chain.by_slug.get(str(source.path[1]))
        output = samples.get(target.step.id) if target else None
        try:
            items = lookup({"output": output}, source.path[2:])
        except MissingValue:
            return None
    return items[0] if isinstance(items, list) and items else None


def _entries(output: Output, path: tuple[object, ...], sample: JSON, *, optional: bool) -> list[Entry]:
    """The value itself and what is declared, or was last seen, below it."""
    shown = output.sample if sample is None else sample
    here = Entry(path=written(path), label=output.label, type=output.type, sample=shown, optional=optional)
    if len(path) > _MAX_LEVELS + 2:
        return [here]
    found = [here]
    for inner, key, inner_sample in _below(output, sample):
        if key is _EACH and _EACH in path:
            continue
        found += _entries(inner, (*path, key), inner_sample, optional=optional)
        if len(found) > _MAX_ENTRIES:
            break
    return found


def _below(output: Output, sample: JSON) -> Iterator[tuple[Output, object, JSON]]:
    if output.type == "array":
        first = sample[0] if isinstance(sample, list) and sample else None
        type_ = "object" if output.fields else type_of(first)
        yield Output(name="first", type=type_, label="First item", fields=output.fields), "first", first
        yield Output(name="each", type=type_, label="Each item", fields=output.fields), _EACH, first
        yield Output(name="size", type="integer", label="How many"), "size", _length(sample)
        return
    seen = sample if isinstance(sample, dict) else {}
    for field in output.fields:
        yield field, field.name, seen.get(field.name)
    if output.type == ANY or not output.fields:
        declared = {field.name for field in output.fields}
        for key, value in seen.items():
            if key not in declared and not _UNWRITABLE.search(key):
                yield Output(name=key, type=type_of(value), label=key), key, value


def _length(sample: JSON) -> JSON:
    return len(sample) if isinstance(sample, list) else None


def _fixed(label: str, root: str, known: Mapping[str, str], *more: Entry) -> Group:
    """Parley's own names, which read better in words."""
    plain = _named(label, root, known).entries
    entries = [replace(entry, label=entry.label.replace("_", " ").capitalize()) for entry in plain]
    return Group(label=label, root=root, entries=[*entries, *more])


def _conversation() -> Group:
    customer = [
        Entry(path=written(("conversation", "customer", name)), label=f"Customer's {name}", type=type_)
        for name, type_ in CUSTOMER.items()
    ]
    return _fixed("Conversation", "conversation", CONVERSATION, *customer)


def _named(label: str, root: str, known: Mapping[str, str], *, secure: bool = False) -> Group:
    entries = [
        Entry(path=written((root, name)), label=name, type=type_, secure=secure)
        for name, type_ in known.items()
    ]
    return Group(label=label, root=root, entries=entries)


def _action_variables(definition: Definition) -> Group:
    entries = [
        Entry(
            path=written(("action", variable.name)),
            label=variable.name,
            type=variable.type,
            sample=None if is_secure_origin(variable.origin) else variable.sample,
            secure=is_secure_origin(variable.origin),
            optional=not variable.required,
        )
        for variable in definition.settings.variables
    ]
    return Group(label="Action variables", root="action", entries=entries)
