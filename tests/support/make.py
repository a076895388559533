"""Plain makers of the rows tests need; each takes what the test is about and fills in the rest."""

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from connectors.models import Connection
from connectors.services import connections
from conversations.models import Conversation, PhoneLine, Widget
from conversations.services import phone_lines, starting, widgets
from conversations.services.starting import Opening
from workflows.models import Agent, Workflow
from workflows.services import agents, drafting, publishing
from workspaces.models import ApiKey, Membership, Role, Secret, User, Workspace
from workspaces.services import api_keys, audit, secrets

_numbers = count(1)


def make_workspace(slug: str = "", **over: str) -> Workspace:
    slug = slug or f"workspace-{next(_numbers)}"
    return Workspace.objects.create(**{"slug": slug, "name": slug.capitalize(), **over})


def make_person(name: str = "Someone", *, email: str = "") -> User:
    """Somebody with no workspace; signs in by `client.force_login`, as a password costs time."""
    return User.objects.create_user(email or f"{name.lower()}-{next(_numbers)}@example.com", name=name)


def make_member(workspace: Workspace, role: Role) -> User:
    person = make_person(role.label)
    Membership.objects.create(workspace=workspace, user=person, role=role)
    return person


def make_secret(workspace: Workspace, key: str = "CRM_TOKEN", value: str = "value-of-the-secret") -> Secret:
    return secrets.add(workspace, key, value, "", by=audit.system("test"))


def make_api_key(workspace: Workspace, *scopes: str, name: str = "Shop backend") -> tuple[ApiKey, str]:
    """The row and the clear key; with every scope unless some are named."""
    by = audit.system("test")
    return api_keys.create(workspace, name, scopes or ApiKey.Scope.values, expires_at=None, by=by)


def make_connection(workspace: Workspace, app: str = "rest", name: str = "", **settings: Any) -> Connection:
    """`settings` as the API has them; without any, what the app needs at least."""
    least = {
        "rest": {"base_url": "http://127.0.0.1"},
        "openai": {"model": "test-model"},
        "email": {"host": "127.0.0.1", "from": "shop@example.com"},
    }
    by = audit.system("test")
    name = name or f"Connection {next(_numbers)}"
    return connections.create(workspace, app, name, {**least[app], **settings}, by=by)


# --- Agents, workflows, conversations ----------------------------------------------------------------------
def make_agent(workspace: Workspace | None = None, name: str = "Mia", **fields: Any) -> Agent:
    """`fields` of its document; version 1 is live."""
    return agents.create(workspace or make_workspace(), name, by=audit.system("test"), **fields)


def make_document(name: str, *steps: dict[str, Any], **settings: Any) -> dict[str, Any]:
    return {"schema": 1, "settings": {"name": name, **settings}, "steps": list(steps)}


def make_step(slug: str = "prepare", value: str = "hello", **over: Any) -> dict[str, Any]:
    """One that sets the value `greeting`, and so touches nothing outside."""
    return {
        "id": f"s_{slug.replace('_', ''):0<8}",
        "slug": slug,
        "label": slug.capitalize(),
        "action": "flow.set_values@1",
        "inputs": {"values": [{"name": "greeting", "value": value}]},
        **over,
    }


def make_split(*branches: dict[str, Any], slug: str = "choose", **over: Any) -> dict[str, Any]:
    """*Otherwise* is added at the end."""
    otherwise = make_branch("Otherwise", id=f"b_{slug.replace('_', '')}else", otherwise=True)
    return {
        "id": f"s_{slug.replace('_', ''):0<8}",
        "slug": slug,
        "label": slug.capitalize(),
        "action": "flow.split@1",
        "inputs": {"mode": "first"},
        "branches": [*branches, otherwise],
        **over,
    }


def make_branch(label: str, *steps: dict[str, Any], **over: Any) -> dict[str, Any]:
    """Rules: `when`, or `op` and `right` of one rule about what `make_step` sets."""
    known = {"id": f"b_{label.replace(' ', ''):0<8}", "label": label, "steps": list(steps)}
    op, right = over.pop("op", ""), over.pop("right", None)
    rule = {"left": "{{ steps.prepare.output.greeting }}", "op": op, "right": right}
    return known | ({"when": {"all": [rule]}} if op else {}) | over


def make_loop(*body: dict[str, Any], slug: str = "each", **over: Any) -> dict[str, Any]:
    return {
        "id": f"s_{slug.replace('_', ''):0<8}",
        "slug": slug,
        "label": slug.capitalize(),
        "action": "flow.loop@1",
        "inputs": {"items": [1, 2, 3]},
        "body": list(body),
        **over,
    }


def make_workflow(
    agent: Agent | None = None,
    name: str = "",
    kind: str = "action",
    *,
    steps: Sequence[dict[str, Any]] | None = None,
    **settings: Any,
) -> Workflow:
    """A draft; with one step unless some are given."""
    by = audit.system("test")
    name = name or f"workflow_{next(_numbers)}"
    made = drafting.create(agent or make_agent(), kind, name, by=by)
    document = make_document(name, *([make_step()] if steps is None else steps), **settings)
    return drafting.replace(made, document, revision=made.draft_revision, by=by)


def make_published_workflow(
    agent: Agent | None = None,
    name: str = "",
    kind: str = "action",
    *,
    steps: Sequence[dict[str, Any]] | None = None,
    **settings: Any,
) -> Workflow:
    workflow = make_workflow(agent, name, kind, steps=steps, **settings)
    publishing.publish(workflow, revision=workflow.draft_revision, by=audit.system("test"))
    workflow.refresh_from_db()
    return workflow


def make_published(agent: Agent, document: Mapping[str, Any], kind: str = "action") -> Workflow:
    """A live workflow from its whole document."""
    by = audit.system("test")
    made = drafting.create(agent, kind, document["settings"]["name"], by=by)
    filled = drafting.replace(made, dict(document), revision=made.draft_revision, by=by)
    publishing.publish(filled, revision=filled.draft_revision, by=by)
    filled.refresh_from_db()
    return filled


def make_flow(agent: Agent, flow: Mapping[str, Any]) -> None:
    """Publishes the agent with another flow."""
    by = audit.system("test")
    agents.replace_draft(agent, {**agent.draft, "flow": dict(flow)}, revision=agent.draft_revision, by=by)
    agents.publish(agent, by=by)
    agent.refresh_from_db()


def make_conversation(agent: Agent | None = None, **opening: Any) -> Conversation:
    """Open; `opening` as starting.Opening has it."""
    return starting.start(Opening(agent=agent or make_agent(), **{"channel": "chat", **opening})).conversation


def make_widget(agent: Agent | None = None, **wanted: Any) -> Widget:
    """One that is on; `wanted` as widgets.Wanted has it."""
    usual = {
        "is_enabled": True,
        "origins": "https://shop.example",
        "theme": "auto",
        "accent": "#4f46e5",
        "title": "",
        "teaser": "",
        "page_variables": "",
    }
    by = audit.system("test")
    return widgets.save(agent or make_agent(), widgets.Wanted(**{**usual, **wanted}), by=by)


def make_phone_line(agent: Agent | None = None, **wanted: Any) -> PhoneLine:
    """One that is on; `wanted` as phone_lines.Wanted has it."""
    usual = {
        "is_enabled": True,
        "auth_token": "a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6",
        "tts_provider": "",
        "voice": "",
    }
    by = audit.system("test")
    return phone_lines.save(agent or make_agent(), phone_lines.Wanted(**{**usual, **wanted}), by=by)
