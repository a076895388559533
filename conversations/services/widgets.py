"""How is the chat on customers' pages set up? At once, and written to the audit log."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from conversations import colours, inputs, origins, tools
from conversations.models import Theme, Widget
from workflows.models import Agent
from workspaces import vault
from workspaces.errors import Invalid, Problem
from workspaces.services import audit
from workspaces.services.audit import Actor

KEY_PREFIX, SECRET_PREFIX = "wk_", "wsk_"
FORMER_IS_VALID = timedelta(hours=24)
MOST_ORIGINS = 50


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The settings as typed: origins and variables in lines or with commas."""

    is_enabled: bool
    origins: str
    theme: str
    accent: str
    title: str
    teaser: str
    page_variables: str


def of(agent: Agent) -> Widget:
    """What is stored, or the defaults, unsaved."""
    found = Widget.objects.in_workspace(agent.workspace).filter(agent=agent).first()
    return found or Widget(workspace=agent.workspace, agent=agent)


def find(public_key: str) -> Widget | None:
    """One that is on, of an agent that is live and chats."""
    rows = Widget.objects.select_related("workspace", "agent__workspace", "agent__live_version")
    live = rows.filter(is_enabled=True, agent__archived_at=None, agent__live_version__isnull=False)
    found: Widget | None = live.filter(public_key=public_key).first()
    if found is None or "chat" not in inputs.described_now(found.agent).channels:
        return None
    return found


def save(agent: Agent, wanted: Wanted, *, by: Actor) -> Widget:
    """Raises Invalid."""
    problems: list[Problem] = []
    pages = _origins(wanted, problems)
    accent = colours.normal(wanted.accent)
    if accent is None:
        problems.append(Problem("accent", "form", "Use a colour such as #4f46e5."))
    if wanted.theme not in Theme.values:
        problems.append(Problem("theme", "unknown", "Choose one of the themes."))
    names = _page_variables(agent, wanted.page_variables, problems)
    if problems:
        raise Invalid(problems)
    with transaction.atomic():
        widget = _locked(agent)
        widget.is_enabled, widget.origins, widget.theme = wanted.is_enabled, pages, wanted.theme
        widget.accent, widget.title, widget.teaser = accent or "", wanted.title.strip(), wanted.teaser.strip()
        widget.page_variables = names
        widget.save()
        audit.record(
            agent.workspace,
            by,
            "widget.changed",
            of=widget,
            name=agent.name,
            is_enabled=widget.is_enabled,
            origins=pages,
        )
    return widget


@transaction.atomic
def replace_secret(agent: Agent, *, by: Actor) -> str:
    """The new one, shown this once; tokens of the former one are good for another day."""
    widget = _locked(agent)
    if widget.secret:
        widget.former_secret = _sealed(widget, _opened(widget), "former")
        widget.former_until = timezone.now() + FORMER_IS_VALID
    clear = SECRET_PREFIX + secrets.token_urlsafe(32)
    widget.secret_version += 1
    widget.secret = _sealed(widget, clear, f"current:{widget.secret_version}")
    widget.save()
    audit.record(agent.workspace, by, "widget.secret_replaced", of=widget, name=agent.name)
    return clear


def secrets_of(widget: Widget) -> list[vault.Secret]:
    """Those that a token may be signed with, the newest first."""
    found = [_opened_secret(widget)] if widget.secret else []
    if widget.former_secret and widget.former_until and widget.former_until > timezone.now():
        place = _place(widget, "former")
        found.append(vault.decrypt(widget.workspace, widget.former_secret, bound_to=place))
    return found


def trusted_names(agent: Agent) -> frozenset[str]:
    """Variables that a live action workflow takes as trusted: no page may set them."""
    origins_of = [item.origin for tool in tools.of(agent.pk) for item in tool.definition.settings.variables]
    return frozenset(one.removeprefix("variables.") for one in origins_of if one.startswith("variables."))


def _locked(agent: Agent) -> Widget:
    new = Widget(workspace=agent.workspace, agent=agent, public_key=KEY_PREFIX + secrets.token_urlsafe(18))
    Widget.objects.bulk_create([new], ignore_conflicts=True)
    rows = Widget.objects.select_for_update(of=("self",)).select_related("workspace")
    return rows.get(agent=agent)


def _origins(wanted: Wanted, problems: list[Problem]) -> list[str]:
    pages: list[str] = []
    for typed in _words(wanted.origins):
        page = origins.normal(typed)
        if page is None:
            message = f"“{typed[:80]}” is no origin. Use https:// and a host: https://shop.example."
            problems.append(Problem("origins", "form", message))
        elif page not in pages:
            pages.append(page)
    if len(pages) > MOST_ORIGINS:
        problems.append(Problem("origins", "too_many", f"At most {MOST_ORIGINS} origins."))
    if wanted.is_enabled and not pages and not problems:
        problems.append(Problem("origins", "required", "Name the pages that may show the widget."))
    return pages


def _page_variables(agent: Agent, typed: str, problems: list[Problem]) -> list[str]:
    names = list(dict.fromkeys(_words(typed)))
    declared = {item.name for item in inputs.described_now(agent).variables}
    trusted = trusted_names(agent)
    for name in names:
        if name not in declared:
            message = f"The live agent defines no variable “{name[:64]}”."
            problems.append(Problem("page_variables", "unknown", message))
        elif name in trusted:
            message = f"“{name}” is trusted by an action workflow: only a signed token may set it."
            problems.append(Problem("page_variables", "trusted", message))
    return names


def _words(typed: str) -> list[str]:
    return typed.replace(",", " ").split()


def _opened(widget: Widget) -> str:
    return _opened_secret(widget).reveal()


def _opened_secret(widget: Widget) -> vault.Secret:
    place = _place(widget, f"current:{widget.secret_version}")
    return vault.decrypt(widget.workspace, widget.secret, bound_to=place)


def _sealed(widget: Widget, clear: str, place: str) -> str:
    return vault.encrypt(widget.workspace, clear, bound_to=_place(widget, place))


def _place(widget: Widget, which: str) -> str:
    return f"widget_secret:{widget.pk}:{which}"
