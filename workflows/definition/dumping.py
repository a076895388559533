"""How is a workflow written as JSON? Complete and always alike, so that equal workflows are equal bytes."""

import hashlib
import json

from connectors.declare import JSON
from workflows.definition.catalogue import BRANCHING, without_version
from workflows.definition.shapes import (
    SCHEMA,
    ActionVariable,
    Branch,
    Definition,
    Group,
    Message,
    Policy,
    ResponseField,
    Rule,
    Settings,
    Step,
)


def dump(definition: Definition) -> dict[str, JSON]:
    """The document; `parse` takes it back."""
    return {
        "schema": SCHEMA,
        "settings": dump_settings(definition.settings, kind=definition.kind),
        "steps": [dump_step(step) for step in definition.steps],
    }


def canonical(definition: Definition) -> bytes:
    """Sorted keys, no spaces: what is hashed and compared."""
    return _bytes(dump(definition))


def digest(definition: Definition) -> str:
    return hashlib.sha256(canonical(definition)).hexdigest()


def dump_settings(settings: Settings, *, kind: str) -> dict[str, JSON]:
    common: dict[str, JSON] = {"name": settings.name, "description": settings.description}
    if settings.order_key:  # left out otherwise, so that older documents keep their digests
        common["order_key"] = settings.order_key
    if kind != "action":
        return {**common, "enabled": settings.enabled}
    return {
        **common,
        "message": _message(settings.message),
        "deadline_s": settings.deadline_s,
        "variables": [_variable(variable) for variable in settings.variables],
        "response": [_response(field) for field in settings.response],
    }


def dump_step(step: Step) -> dict[str, JSON]:
    document: dict[str, JSON] = {
        "id": step.id,
        "slug": step.slug,
        "label": step.label,
        "action": step.action,
        "connection": step.connection,
        "inputs": dict(step.inputs),
        "note": step.note,
        "enabled": step.enabled,
        "policy": dump_policy(step.policy),
    }
    if step.branches or without_version(step.action) in BRANCHING:
        document["branches"] = [dump_branch(branch) for branch in step.branches]
    if step.body is not None:
        document["body"] = [dump_step(inner) for inner in step.body]
    return document


def dump_policy(policy: Policy) -> dict[str, JSON]:
    return {
        "timeout_s": policy.timeout_s,
        "retries": policy.retries,
        "on_error": policy.on_error,
        "on_unknown": policy.on_unknown,
    }


def _bytes(value: JSON) -> bytes:
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def dump_branch(branch: Branch) -> dict[str, JSON]:
    document: dict[str, JSON] = {"id": branch.id, "label": branch.label}
    if branch.when is not None:
        document["when"] = _group(branch.when)
    if branch.otherwise:
        document["otherwise"] = True
    if branch.on_error:
        document["on_error"] = True
    return {**document, "steps": [dump_step(step) for step in branch.steps]}


def _group(group: Group) -> dict[str, JSON]:
    return {group.mode: [_group(rule) if isinstance(rule, Group) else _rule(rule) for rule in group.rules]}


def _rule(rule: Rule) -> dict[str, JSON]:
    return {"left": rule.left, "op": rule.op, "right": rule.right}


def _message(message: Message) -> dict[str, JSON]:
    delayed = message.delayed
    return {
        "mode": message.mode,
        "text": message.text,
        "delayed": None if delayed is None else {"after_ms": delayed.after_ms, "text": delayed.text},
        "failure": message.failure,
        "timeout": message.timeout,
        **({"confirm": message.confirm} if message.confirm else {}),
    }


def _variable(variable: ActionVariable) -> dict[str, JSON]:
    return {
        "name": variable.name,
        "type": variable.type,
        "description": variable.description,
        "required": variable.required,
        "source": variable.source,
        "from": variable.origin,
        "sample": variable.sample,
        "enum": list(variable.enum),
    }


def _response(field: ResponseField) -> dict[str, JSON]:
    return {"name": field.name, "type": field.type, "description": field.description, "value": field.value}
