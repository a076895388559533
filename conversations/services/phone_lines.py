"""How is an agent's telephone set up? At once, with a line in the audit log; its token is never shown."""

import secrets
from dataclasses import dataclass

from django.db import transaction

from conversations import inputs
from conversations.models import PhoneLine
from workflows.models import Agent
from workspaces import vault
from workspaces.errors import Invalid, Problem
from workspaces.services import audit
from workspaces.services.audit import Actor

KEY_PREFIX = "pl_"
PROVIDERS = {"": "Twilio’s choice", "ElevenLabs": "ElevenLabs", "Google": "Google", "Amazon": "Amazon"}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    is_enabled: bool
    auth_token: str
    """Empty keeps the present one."""
    tts_provider: str
    voice: str


def of(agent: Agent) -> PhoneLine:
    """What is stored, or the defaults, unsaved."""
    found = PhoneLine.objects.in_workspace(agent.workspace).filter(agent=agent).first()
    return found or PhoneLine(workspace=agent.workspace, agent=agent)


def find(public_key: str) -> PhoneLine | None:
    """One that is on, of an agent that is live and takes calls."""
    rows = PhoneLine.objects.select_related("workspace", "agent__workspace", "agent__live_version")
    live = rows.filter(is_enabled=True, agent__archived_at=None, agent__live_version__isnull=False)
    found: PhoneLine | None = live.filter(public_key=public_key).first()
    if found is None or "call" not in inputs.described_now(found.agent).channels:
        return None
    return found


def save(agent: Agent, wanted: Wanted, *, by: Actor) -> PhoneLine:
    """Raises Invalid."""
    token = wanted.auth_token.strip()
    with transaction.atomic():
        line = _locked(agent)
        if problems := list(_problems(line, wanted, token)):
            raise Invalid(problems)
        if token:
            line.token_version += 1
            line.auth_token = vault.encrypt(line.workspace, token, bound_to=_place(line))
        line.is_enabled, line.tts_provider = wanted.is_enabled, wanted.tts_provider
        line.voice = wanted.voice.strip()
        line.save()
        audit.record(
            agent.workspace,
            by,
            "phone_line.changed",
            of=line,
            name=agent.name,
            is_enabled=line.is_enabled,
            new_token=bool(token),
        )
    return line


def token_of(line: PhoneLine) -> vault.Secret:
    return vault.decrypt(line.workspace, line.auth_token, bound_to=_place(line))


def _problems(line: PhoneLine, wanted: Wanted, token: str) -> list[Problem]:
    found = []
    if wanted.is_enabled and not (token or line.auth_token):
        found.append(Problem("auth_token", "required", "Paste the auth token of the Twilio account."))
    if token and not (token.isascii() and token.isalnum() and 16 <= len(token) <= 64):
        found.append(Problem("auth_token", "form", "An auth token has letters and digits only."))
    if wanted.tts_provider not in PROVIDERS:
        found.append(Problem("tts_provider", "unknown", "Choose one of the providers."))
    if wanted.voice.strip() and not wanted.tts_provider:
        found.append(Problem("tts_provider", "required", "Say whose voice it is."))
    return found


def _locked(agent: Agent) -> PhoneLine:
    new = PhoneLine(workspace=agent.workspace, agent=agent, public_key=KEY_PREFIX + secrets.token_urlsafe(18))
    PhoneLine.objects.bulk_create([new], ignore_conflicts=True)
    rows = PhoneLine.objects.select_for_update(of=("self",)).select_related("workspace")
    return rows.get(agent=agent)


def _place(line: PhoneLine) -> str:
    return f"phone_line:{line.pk}:{line.token_version}"
