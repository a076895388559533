"""With which values does a run of a conversation start? Small ones are copied; secure ones go by name."""

from collections.abc import Iterable, Mapping
from typing import Any

from connectors.declare import JSON
from conversations.models import Conversation, Edition
from workflows import selectors
from workflows.definition import values
from workflows.definition.agent_document import AgentDefinition
from workflows.definition.document import ActionVariable
from workflows.definition.problems import Problem
from workflows.errors import InputInvalid
from workflows.models import Agent


def described(conversation: Conversation) -> AgentDefinition:
    """The agent as it was when the conversation started; with the edition *draft* as it is now."""
    version = conversation.agent_version
    if version is None or conversation.edition == Edition.DRAFT:
        return described_now(conversation.agent, conversation.edition)
    return selectors.agent_definition_of(version)


def described_now(agent: Agent, edition: str = Edition.LIVE) -> AgentDefinition:
    if agent.live_version is None or edition == Edition.DRAFT:
        return selectors.agent_definition(agent)
    return selectors.agent_definition_of(agent.live_version)


def run_input(conversation: Conversation | None, action: Mapping[str, JSON]) -> dict[str, Any]:
    """A variable that is declared but was not given is null, so that a step can ask for it."""
    if conversation is None:
        return {"action": dict(action), "variables": {}, "analysis": {}, "session": {}}
    declared = {item.name: None for item in described(conversation).variables}
    return {
        "action": dict(action),
        "variables": {**declared, **conversation.variables},
        "analysis": conversation.analysis,
        "session": conversation.session,
    }


def action_values(
    variables: Iterable[ActionVariable],
    given: Mapping[str, JSON],
    conversation: Conversation | None,
    *,
    path: str,
) -> dict[str, JSON]:
    """Every action variable: as given, else from where it is trusted, else null. Raises InputInvalid."""
    declared = list(variables)
    trusted = {
        item.name: _trusted(item.origin, conversation)
        for item in declared
        if item.source == "trusted" and given.get(item.name) is None
    }
    checked = {**given, **{name: value for name, value in trusted.items() if not _is_secure(value)}}
    wanted = [item for item in declared if not _is_secure(trusted.get(item.name))]
    if problems := values.problems(wanted, checked, path=path, undeclared_allowed=False):
        raise InputInvalid(problems)
    filled = {**given, **trusted}
    _refuse_forged(declared, filled, path)
    return {item.name: _converted(filled.get(item.name), item.type) for item in declared}


def refuse_trusted(variables: Iterable[ActionVariable], given: Mapping[str, JSON], *, path: str) -> None:
    """What is trusted is for the platform to fill in; the model neither sees nor sets it."""
    names = {item.name for item in variables if item.source == "trusted"} & set(given)
    if names:
        raise InputInvalid(
            [
                Problem(
                    f"{path}.{name}",
                    "unknown_field",
                    f"{name} is not one of the values this takes",
                    field=name,
                )
                for name in sorted(names)
            ]
        )


def _trusted(origin: str, conversation: Conversation | None) -> JSON:
    if conversation is None:
        return None
    root, _, name = origin.partition(".")
    if root == "secure":
        return {"$secure": name} if conversation.secure_values.filter(name=name).exists() else None
    sources: dict[str, Mapping[str, JSON]] = {
        "variables": conversation.variables,
        "session": conversation.session,
    }
    return sources.get(root, {}).get(name)


def _refuse_forged(declared: Iterable[ActionVariable], filled: Mapping[str, JSON], path: str) -> None:
    """Only a variable declared to stand for a secure value may; not what a model or a caller sends."""
    forged = [
        Problem(f"{path}.{item.name}", "wrong_type", f"{item.name} cannot be a secure value", field=item.name)
        for item in declared
        if _is_secure(value := filled.get(item.name)) and value != _marker(item)
    ]
    if forged:
        raise InputInvalid(forged)


def _marker(variable: ActionVariable) -> JSON:
    root, _, name = variable.origin.partition(".")
    return {"$secure": name} if variable.source == "trusted" and root == "secure" else None


def _is_secure(value: JSON) -> bool:
    return isinstance(value, dict) and set(value) == {"$secure"}


def _converted(value: JSON, type_: str) -> JSON:
    """1.0 is an integer in JSON, and should print as one."""
    return int(value) if type_ == "integer" and isinstance(value, float) else value
