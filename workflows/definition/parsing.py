"""Is this JSON a workflow? What can be stored becomes a Definition; all else is refused, with paths."""

import re

from connectors.declare import JSON
from workflows.definition import json_limits
from workflows.definition.catalogue import BRANCHING, LOOPING, Catalogue, Known, without_version
from workflows.definition.fields import normalised
from workflows.definition.problems import StructureInvalid
from workflows.definition.reader import Reader, join
from workflows.definition.settings_parsing import read_settings
from workflows.definition.shapes import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_STEPS,
    SCHEMA,
    Branch,
    Definition,
    Group,
    Policy,
    Rule,
    Settings,
    Step,
    Steps,
)

ID = re.compile(r"[sb]_[A-Za-z0-9]{8,40}")
SLUG = re.compile(r"[a-z][a-z0-9_]{0,63}")
MAX_LABEL = 200
_MAX_INPUT_LEVELS = 20
_STEP_KEYS = frozenset(
    ("id", "slug", "label", "action", "connection", "inputs", "branches", "body", "note", "enabled", "policy")
)
_BRANCH_KEYS = frozenset(("id", "label", "when", "otherwise", "on_error", "steps"))
_POLICY_KEYS = frozenset(("timeout_s", "retries", "on_error", "on_unknown"))


def parse(document: JSON, *, kind: str, registry: Catalogue) -> Definition:
    """The workflow that `document` describes, inputs canonical. Raises StructureInvalid and nothing else."""
    if problem := json_limits.find_problem(document, max_bytes=MAX_BYTES):
        raise StructureInvalid([problem])
    reader = Reader()
    source = reader.object(document, "", ("schema", "settings", "steps"))
    schema = source.get("schema")
    if isinstance(schema, bool) or schema != SCHEMA:
        reader.note(
            "schema", "unknown_schema", f"The schema must be {SCHEMA}; newer documents need a newer Parley."
        )
    settings = read_settings(reader, source.get("settings"), kind=kind)
    steps = _steps(reader, source, "", registry, depth=1)
    if reader.problems:
        raise StructureInvalid(reader.problems)
    return Definition(kind=kind, settings=settings, steps=steps)


def parse_step(document: JSON, *, registry: Catalogue) -> Step:
    """One step with all that it contains. Raises StructureInvalid."""
    if problem := json_limits.find_problem(document, max_bytes=MAX_BYTES):
        raise StructureInvalid([problem])
    reader = Reader()
    step = _step(reader, document, "step", registry, depth=1)
    if reader.problems:
        raise StructureInvalid(reader.problems)
    return step


def parse_settings(document: JSON, *, kind: str) -> Settings:
    """The settings alone, as the editor sends them. Raises StructureInvalid."""
    if problem := json_limits.find_problem(document, "settings", max_bytes=MAX_BYTES):
        raise StructureInvalid([problem])
    reader = Reader()
    settings = read_settings(reader, document, kind=kind)
    if reader.problems:
        raise StructureInvalid(reader.problems)
    return settings


def parse_rules(document: JSON) -> Group:
    """A branch's rules alone, as the editor sends them. Raises StructureInvalid."""
    if problem := json_limits.find_problem(
        document, "when", max_bytes=MAX_BYTES, max_levels=_MAX_INPUT_LEVELS
    ):
        raise StructureInvalid([problem])
    reader = Reader()
    group = _group(reader, document, "when", levels=2)
    if reader.problems:
        raise StructureInvalid(reader.problems)
    return group


def _steps(
    reader: Reader, source: dict[str, JSON], path: str, registry: Catalogue, depth: int, key: str = "steps"
) -> Steps:
    if depth > MAX_DEPTH and source.get(key):
        reader.note(join(path, key), "too_deep", f"Steps are nested at most {MAX_DEPTH} levels deep.")
        return ()
    steps = []
    for at, item in reader.items(source, key, path):
        reader.steps += 1
        if reader.steps > MAX_STEPS:
            reader.note(at, "too_many_steps", f"A workflow has at most {MAX_STEPS} steps.")
            break
        steps.append(_step(reader, item, at, registry, depth))
    return tuple(steps)


def _step(reader: Reader, value: JSON, path: str, registry: Catalogue, depth: int) -> Step:
    source = reader.object(value, path, _STEP_KEYS)
    step_id = _id(reader, source, path)
    action = reader.required_text(source, "action", path, most=200)
    known = registry.find(action)
    if known is None and action:
        reader.note(f"{path}.action", "unknown_action", f"There is no action “{action}”.", step_id=step_id)
    is_loop = without_version(action) in LOOPING
    if "body" in source and not is_loop:
        reader.note(f"{path}.body", "unknown_key", "Only a loop has a body.", step_id=step_id)
    return Step(
        id=step_id,
        slug=_slug(reader, source, path),
        label=reader.text(source, "label", path, most=MAX_LABEL),
        action=action,
        connection=reader.row_id(source, "connection", path),
        inputs=_inputs(reader, source, f"{path}.inputs", known, step_id),
        branches=_branches(reader, source, path, registry, depth),
        body=_steps(reader, source, path, registry, depth + 1, "body") if is_loop else None,
        note=reader.text(source, "note", path, most=10_000),
        enabled=reader.flag(source, "enabled", path, True),
        policy=_policy(reader, source.get("policy", {}), f"{path}.policy"),
    )


def _id(reader: Reader, source: dict[str, JSON], path: str) -> str:
    value = reader.required_text(source, "id", path, most=100)
    if value and not ID.fullmatch(value):
        reader.note(f"{path}.id", "bad_id", "An id is s_ or b_ and 8 to 40 letters or digits.")
    elif value in reader.ids:
        reader.note(f"{path}.id", "duplicate_id", f"“{value}” is used twice.", step_id=value)
    reader.ids.add(value)
    return value


def _slug(reader: Reader, source: dict[str, JSON], path: str) -> str:
    value = reader.required_text(source, "slug", path, most=100)
    if value and not SLUG.fullmatch(value):
        reader.note(
            f"{path}.slug",
            "bad_slug",
            "A slug begins with a letter and has small letters, digits and _ only.",
        )
    elif value and value in reader.slugs:
        reader.note(f"{path}.slug", "duplicate_slug", f"“{value}” is used twice.")
    reader.slugs.add(value)
    return value


def _inputs(
    reader: Reader, source: dict[str, JSON], path: str, known: Known | None, step_id: str
) -> dict[str, JSON]:
    inputs = source.get("inputs", {})
    if not isinstance(inputs, dict):
        reader.note(path, "wrong_type", "This must be an object.", step_id=step_id)
        return {}
    if problem := json_limits.find_problem(inputs, path, max_bytes=MAX_BYTES, max_levels=_MAX_INPUT_LEVELS):
        reader.note(problem.path, problem.code, problem.message, step_id=step_id)
    if known is None:
        return inputs
    names = {field.name for field in known.action.fields}
    for name in inputs.keys() - names:
        message = f"“{known.action.label}” has no field “{name[:60]}”."
        reader.note(join(path, name[:60]), "unknown_key", message, step_id=step_id, field=name[:60])
    return normalised(inputs, known.action)


def _policy(reader: Reader, value: JSON, path: str) -> Policy:
    source = reader.object(value, path, _POLICY_KEYS)
    return Policy(
        timeout_s=reader.number(source, "timeout_s", path, None),
        retries=reader.integer(source, "retries", path, None),
        on_error=reader.text(source, "on_error", path, "stop", most=20),
        on_unknown=reader.optional_text(source, "on_unknown", path),
    )


def _branches(
    reader: Reader, source: dict[str, JSON], path: str, registry: Catalogue, depth: int
) -> tuple[Branch, ...]:
    is_branching = without_version(str(source.get("action"))) in BRANCHING
    branches = []
    for at, item in reader.items(source, "branches", path):
        branch = _branch(reader, item, at, registry, depth)
        if not (is_branching or branch.on_error):
            reader.note(at, "unknown_key", "This step can have an error branch only.")
        branches.append(branch)
    return tuple(branches)


def _branch(reader: Reader, value: JSON, path: str, registry: Catalogue, depth: int) -> Branch:
    source = reader.object(value, path, _BRANCH_KEYS)
    return Branch(
        id=_id(reader, source, path),
        label=reader.text(source, "label", path, most=MAX_LABEL),
        when=_group(reader, source["when"], f"{path}.when", levels=2)
        if source.get("when") is not None
        else None,
        otherwise=reader.flag(source, "otherwise", path, False),
        on_error=reader.flag(source, "on_error", path, False),
        steps=_steps(reader, source, path, registry, depth + 1),
    )


def _group(reader: Reader, value: JSON, path: str, *, levels: int) -> Group:
    """`levels`: rules may be grouped in a group, and no deeper."""
    source = reader.object(value, path, ("all", "any"))
    if levels == 0:
        reader.note(path, "too_deep", "Rules are grouped at most once within a group.")
        return Group(mode="all")
    if len(source) != 1:
        reader.note(path, "wrong_type", "Rules are grouped by either “all” or “any”.")
        return Group(mode="all")
    mode = "any" if "any" in source else "all"
    return Group(
        mode=mode,
        rules=tuple(_rule(reader, item, at, levels) for at, item in reader.items(source, mode, path)),
    )


def _rule(reader: Reader, value: JSON, path: str, levels: int) -> Rule | Group:
    if isinstance(value, dict) and ("all" in value or "any" in value):
        return _group(reader, value, path, levels=levels - 1)
    source = reader.object(value, path, ("left", "op", "right"))
    return Rule(
        left=source.get("left"),
        op=reader.required_text(source, "op", path, most=40),
        right=source.get("right"),
    )
