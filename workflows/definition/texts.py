"""Where can tokens stand? Every text of a definition that may hold one, to be read or to be rewritten."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from connectors.declare import JSON
from workflows.definition.shapes import (
    Branch,
    Definition,
    Group,
    Message,
    ResponseField,
    Rule,
    Settings,
    Step,
)

type Rewrite = Callable[[str], str]


def strings(value: JSON, path: str) -> Iterator[tuple[str, str]]:
    """Every text within a JSON value, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from strings(item, f"{path}[{index}]")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from strings(item, f"{path}.{key}")


def rule_strings(group: Group, path: str) -> Iterator[tuple[str, str]]:
    for index, rule in enumerate(group.rules):
        at = f"{path}.{group.mode}[{index}]"
        if isinstance(rule, Group):
            yield from rule_strings(rule, at)
        else:
            yield from strings(rule.left, f"{at}.left")
            yield from strings(rule.right, f"{at}.right")


def message_strings(message: Message, path: str) -> Iterator[tuple[str, str]]:
    yield f"{path}.text", message.text
    if message.delayed is not None:
        yield f"{path}.delayed.text", message.delayed.text
    yield f"{path}.failure", message.failure
    yield f"{path}.timeout", message.timeout
    yield f"{path}.confirm", message.confirm


def in_definition(definition: Definition, rewrite: Rewrite) -> Definition:
    """The definition with every text that may hold tokens rewritten."""
    return replace(
        definition,
        settings=_in_settings(definition.settings, rewrite),
        steps=tuple(in_step(step, rewrite) for step in definition.steps),
    )


def in_step(step: Step, rewrite: Rewrite) -> Step:
    """The same for a step and all that it contains."""
    return replace(
        step,
        inputs={name: in_json(value, rewrite) for name, value in step.inputs.items()},
        branches=tuple(_in_branch(branch, rewrite) for branch in step.branches),
        body=None if step.body is None else tuple(in_step(inner, rewrite) for inner in step.body),
    )


def in_group(group: Group, rewrite: Rewrite) -> Group:
    return replace(group, rules=tuple(_in_rule(rule, rewrite) for rule in group.rules))


def in_json(value: JSON, rewrite: Rewrite) -> JSON:
    if isinstance(value, str):
        return rewrite(value)
    if isinstance(value, list):
        return [in_json(item, rewrite) for item in value]
    if isinstance(value, dict):
        return {key: in_json(item, rewrite) for key, item in value.items()}
    return value


def _in_branch(branch: Branch, rewrite: Rewrite) -> Branch:
    return replace(
        branch,
        when=None if branch.when is None else in_group(branch.when, rewrite),
        steps=tuple(in_step(step, rewrite) for step in branch.steps),
    )


def _in_rule(rule: Rule | Group, rewrite: Rewrite) -> Rule | Group:
    if isinstance(rule, Group):
        return in_group(rule, rewrite)
    return replace(rule, left=in_json(rule.left, rewrite), right=in_json(rule.right, rewrite))


def _in_settings(settings: Settings, rewrite: Rewrite) -> Settings:
    return replace(
        settings,
        order_key=rewrite(settings.order_key),
        message=_in_message(settings.message, rewrite),
        response=tuple(_in_response(field, rewrite) for field in settings.response),
    )


def _in_message(message: Message, rewrite: Rewrite) -> Message:
    delayed = message.delayed
    return replace(
        message,
        text=rewrite(message.text),
        delayed=None if delayed is None else replace(delayed, text=rewrite(delayed.text)),
        failure=rewrite(message.failure),
        timeout=rewrite(message.timeout),
        confirm=rewrite(message.confirm),
    )


def _in_response(field: ResponseField, rewrite: Rewrite) -> ResponseField:
    return replace(field, value=in_json(field.value, rewrite))
