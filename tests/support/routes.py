"""Who may go where? One line for every route; `tests/architecture/test_every_url.py` walks them all.

A page names the least role for reading (`get`) and for writing (`post`); a method that it leaves out must be
refused. An API route names the scope of each method. PARAMETERS fill in a route's `<parameters>` from a
workspace that gets one of everything; a parameter that no route had before needs a line there.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from ninja import NinjaAPI

from tests.support.make import (
    make_agent,
    make_api_key,
    make_branch,
    make_connection,
    make_conversation,
    make_phone_line,
    make_published_workflow,
    make_secret,
    make_split,
    make_step,
    make_widget,
    make_workspace,
)
from workflows.engine import waking
from workflows.models import Agent, Run, Workflow
from workflows.services import flows, starting
from workspaces.ids import uuid7
from workspaces.models import ApiKey, Role, Workspace
from workspaces.services import audit

ANYONE = "anyone"
SIGNED_IN = "signed in"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
READ, RUN, WRITE = ApiKey.Scope.READ, ApiKey.Scope.RUN, ApiKey.Scope.WRITE


@dataclass(frozen=True, kw_only=True)
class Page:
    get: Role | str | None = None
    post: Role | str | None = None
    names_nothing: bool = False
    """A POST without fields names no object, and so is 404 even for those who may send it."""


VIEWER, TESTER, EDITOR, ADMIN = Role.VIEWER, Role.TESTER, Role.EDITOR, Role.ADMIN


def reads(least: Role) -> Page:
    return Page(get=least)


def writes(least: Role, *, names_nothing: bool = False) -> Page:
    return Page(post=least, names_nothing=names_nothing)


def both(least: Role) -> Page:
    return Page(get=least, post=least)


HIDDEN = Page()
"""There is nothing to see, for anybody."""
OPEN_TO_ALL_METHODS = Page(get=ANYONE)
"""A library's own view, which answers every method with the same text."""

PAGES: Mapping[str, Page] = {
    "api/v1/docs": Page(get=ANYONE),
    "api/v1/openapi.json": OPEN_TO_ALL_METHODS,
    "api/v1/": HIDDEN,
    "demo/inbox": HIDDEN,  # there is none without DEMO=1
    "healthz": Page(get=ANYONE),
    "readyz": Page(get=ANYONE),
    "metrics": Page(get=ANYONE),
    # --- workspaces
    "login": Page(get=ANYONE, post=ANYONE),
    "logout": Page(post=ANYONE),
    "welcome/demo": Page(post=ANYONE),
    "w/<slug:slug>/settings/secrets/": both(ADMIN),
    "secrets/<uuid:secret_id>/": both(ADMIN),
    "secrets/<uuid:secret_id>/delete": both(ADMIN),
    "w/<slug:slug>/settings/keys/": both(ADMIN),
    "keys/<uuid:key_id>/delete": both(ADMIN),
    # --- conversations
    "agents/<uuid:agent_id>/chat/": both(TESTER),
    "agents/<uuid:agent_id>/chat/dock/": both(TESTER),
    "w/<slug:slug>/conversations/": reads(VIEWER),
    "w/<slug:slug>/conversations/export/": writes(VIEWER, names_nothing=True),
    "conversations/<uuid:conversation_id>/": reads(VIEWER),
    "conversations/<uuid:conversation_id>/export/": reads(VIEWER),
    "widget.js": Page(get=ANYONE),
    "widget/<str:public_key>/": Page(get=ANYONE),
    "widget/<str:public_key>/look": Page(get=ANYONE),
    "widget/<str:public_key>/welcome": Page(post=ANYONE),
    "widget/<str:public_key>/sessions": Page(post=ANYONE),
    "conversations/<uuid:conversation_id>/take-over/": writes(EDITOR),
    "conversations/<uuid:conversation_id>/say/": writes(EDITOR),
    "conversations/<uuid:conversation_id>/hand-back/": writes(EDITOR),
    "calls/<str:line_key>/": Page(post=ANYONE),
    "calls/<str:line_key>/after/": Page(post=ANYONE),
    # --- builder
    "": Page(get=SIGNED_IN),
    "w/<slug:slug>/": reads(VIEWER),
    "help/": Page(get=SIGNED_IN),
    "help/<slug:page>/": Page(get=SIGNED_IN),
    "help/pictures/<slug:picture>.png": Page(get=SIGNED_IN),
    "w/<slug:slug>/first-steps/": writes(EDITOR),
    "w/<slug:slug>/agents/": Page(get=VIEWER, post=EDITOR),
    "w/<slug:slug>/templates/": reads(VIEWER),
    "w/<slug:slug>/templates/<slug:template>/": Page(get=VIEWER, post=EDITOR),
    "agents/<uuid:agent_id>/": reads(VIEWER),
    "agents/<uuid:agent_id>/workflows/": writes(EDITOR),
    "w/<slug:slug>/agents/import/": both(EDITOR),
    **{
        f"agents/<uuid:agent_id>/{section}/{rest}": page
        for section in ("instructions", "variables", "analysis", "settings")
        for rest, page in (("", Page(get=VIEWER, post=EDITOR)), ("form/", writes(EDITOR)))
    },
    "agents/<uuid:agent_id>/channels/": reads(VIEWER),
    "agents/<uuid:agent_id>/channels/widget/": writes(EDITOR),
    "agents/<uuid:agent_id>/channels/widget/secret/": writes(ADMIN),
    "agents/<uuid:agent_id>/channels/phone/": writes(ADMIN),
    "agents/<uuid:agent_id>/channels/inquiry/": writes(ADMIN),
    "agents/<uuid:agent_id>/changes/": reads(VIEWER),
    "agents/<uuid:agent_id>/publish/": writes(EDITOR),
    "agents/<uuid:agent_id>/undo/": both(EDITOR),
    "agents/<uuid:agent_id>/bring-back/": writes(EDITOR, names_nothing=True),
    "agents/<uuid:agent_id>/versions/": reads(VIEWER),
    "agents/<uuid:agent_id>/versions/compare/": reads(VIEWER),
    "agents/<uuid:agent_id>/versions/<int:number>/": reads(VIEWER),
    "agents/<uuid:agent_id>/versions/<int:number>/restore/": writes(EDITOR),
    "agents/<uuid:agent_id>/versions/<int:number>/revert/": writes(EDITOR),
    "agents/<uuid:agent_id>/clone/": writes(EDITOR),
    "agents/<uuid:agent_id>/export/": reads(EDITOR),
    "agents/<uuid:agent_id>/archive/": writes(EDITOR),
    "agents/<uuid:agent_id>/flow/": reads(VIEWER),
    "agents/<uuid:agent_id>/flow/nodes/": writes(EDITOR),
    "agents/<uuid:agent_id>/flow/nodes/<slug:node_id>/": writes(EDITOR),
    "agents/<uuid:agent_id>/flow/nodes/<slug:node_id>/form/": writes(EDITOR),
    "agents/<uuid:agent_id>/flow/nodes/<slug:node_id>/delete/": both(EDITOR),
    "agents/<uuid:agent_id>/flow/restore/": writes(EDITOR, names_nothing=True),
    "workflows/<uuid:workflow_id>/": reads(VIEWER),
    "workflows/<uuid:workflow_id>/variables/": reads(VIEWER),
    "workflows/<uuid:workflow_id>/variables/new/": writes(EDITOR),
    "workflows/<uuid:workflow_id>/previews/": writes(EDITOR),
    "workflows/<uuid:workflow_id>/settings/": writes(EDITOR),
    "workflows/<uuid:workflow_id>/settings/form/": writes(EDITOR),
    "workflows/<uuid:workflow_id>/outline/": reads(VIEWER),
    "workflows/<uuid:workflow_id>/steps/": writes(EDITOR),
    "workflows/<uuid:workflow_id>/steps/<slug:step_id>/": writes(EDITOR),
    "workflows/<uuid:workflow_id>/steps/<slug:step_id>/form/": writes(EDITOR),
    "workflows/<uuid:workflow_id>/steps/<slug:step_id>/menu/": reads(EDITOR),
    "workflows/<uuid:workflow_id>/steps/<slug:step_id>/duplicate/": writes(EDITOR),
    "workflows/<uuid:workflow_id>/steps/<slug:step_id>/copy/": reads(VIEWER),
    "workflows/<uuid:workflow_id>/steps/<slug:step_id>/name/": writes(EDITOR),
    "workflows/<uuid:workflow_id>/steps/<slug:step_id>/note/": both(EDITOR),
    "workflows/<uuid:workflow_id>/steps/<slug:step_id>/replace/": writes(EDITOR),
    "workflows/<uuid:workflow_id>/paste/": both(EDITOR),
    "workflows/<uuid:workflow_id>/steps/<slug:step_id>/move/": both(EDITOR),
    "workflows/<uuid:workflow_id>/steps/<slug:step_id>/enabled/": writes(EDITOR),
    "workflows/<uuid:workflow_id>/steps/<slug:step_id>/delete/": both(EDITOR),
    "workflows/<uuid:workflow_id>/steps/<slug:step_id>/branches/": writes(EDITOR),
    "workflows/<uuid:workflow_id>/branches/<slug:branch_id>/": writes(EDITOR),
    "workflows/<uuid:workflow_id>/branches/<slug:branch_id>/form/": writes(EDITOR),
    "workflows/<uuid:workflow_id>/branches/<slug:branch_id>/menu/": reads(EDITOR),
    "workflows/<uuid:workflow_id>/branches/<slug:branch_id>/move/": writes(EDITOR),
    "workflows/<uuid:workflow_id>/branches/<slug:branch_id>/duplicate/": writes(EDITOR),
    "workflows/<uuid:workflow_id>/branches/<slug:branch_id>/delete/": both(EDITOR),
    "workflows/<uuid:workflow_id>/restore-branch/": writes(EDITOR, names_nothing=True),
    "workflows/<uuid:workflow_id>/restore/": writes(EDITOR, names_nothing=True),
    "workflows/<uuid:workflow_id>/changes/": reads(VIEWER),
    "workflows/<uuid:workflow_id>/publish/": writes(EDITOR),
    "workflows/<uuid:workflow_id>/undo/": both(EDITOR),
    "workflows/<uuid:workflow_id>/bring-back/": writes(EDITOR, names_nothing=True),
    "workflows/<uuid:workflow_id>/versions/": reads(VIEWER),
    "workflows/<uuid:workflow_id>/versions/compare/": HIDDEN,  # without `?from=` it compares nothing
    "workflows/<uuid:workflow_id>/versions/<int:number>/": reads(VIEWER),
    "workflows/<uuid:workflow_id>/versions/<int:number>/restore/": writes(EDITOR),
    "workflows/<uuid:workflow_id>/versions/<int:number>/roll-back/": both(EDITOR),
    "workflows/<uuid:workflow_id>/test/": both(Role.TESTER),
    "workflows/<uuid:workflow_id>/steps/<slug:step_id>/test/": both(EDITOR),
    "workflows/<uuid:workflow_id>/steps/<slug:step_id>/sample/": writes(EDITOR),
    "runs/<uuid:run_id>/skip-wait/": writes(TESTER, names_nothing=True),  # only of a test
    "runs/<uuid:run_id>/sample/": writes(EDITOR),
    "workflows/<uuid:workflow_id>/export/": reads(VIEWER),
    "workflows/<uuid:workflow_id>/import/": both(EDITOR),
    "workflows/<uuid:workflow_id>/switch/": writes(EDITOR, names_nothing=True),  # no action workflow has one
    "workflows/<uuid:workflow_id>/pause/": writes(EDITOR),
    "workflows/<uuid:workflow_id>/resume/": writes(EDITOR),
    "w/<slug:slug>/follow-ups/": Page(get=VIEWER, post=EDITOR),
    "w/<slug:slug>/runs/": reads(VIEWER),
    "w/<slug:slug>/runs/retry/": both(EDITOR),
    "runs/<uuid:run_id>/": reads(VIEWER),
    "runs/<uuid:run_id>/cancel/": both(EDITOR),
    "runs/<uuid:run_id>/retry/": both(EDITOR),
    "runs/<uuid:run_id>/resume/": both(EDITOR),
    "runs/<uuid:run_id>/run-now/": writes(EDITOR),
    "runs/<uuid:run_id>/postpone/": both(EDITOR),
    "w/<slug:slug>/settings/alerts/": both(ADMIN),
    "w/<slug:slug>/settings/alerts/test/": writes(ADMIN),
    "w/<slug:slug>/settings/alerts/secret/": writes(ADMIN),
    "w/<slug:slug>/settings/data/": both(ADMIN),
    "w/<slug:slug>/settings/data/erase/": writes(ADMIN),
    "w/<slug:slug>/settings/data/samples/": both(ADMIN),
    "w/<slug:slug>/connections/": reads(VIEWER),
    "w/<slug:slug>/connections/new/<slug:app>/": both(ADMIN),
    "connections/<uuid:connection_id>/": both(ADMIN),
    "connections/<uuid:connection_id>/test/": writes(ADMIN),
    "connections/<uuid:connection_id>/delete/": both(ADMIN),
}

API: Mapping[str, Mapping[str, str]] = {
    "agents": {"GET": READ, "POST": WRITE},
    "agents/<agent_id>": {"GET": READ},
    "agents/<agent_id>/draft": {"PUT": WRITE},
    "agents/<agent_id>/export": {"GET": READ},
    "agents/import": {"POST": WRITE},
    "agents/<agent_id>/publish": {"POST": WRITE},
    "agents/<agent_id>/tools": {"GET": READ},
    "agents/<agent_id>/workflows": {"GET": READ, "POST": WRITE},
    "workflows/<workflow_id>": {"GET": READ},
    "workflows/<workflow_id>/draft": {"PUT": WRITE},
    "workflows/<workflow_id>/publish": {"POST": WRITE},
    "workflows/<workflow_id>/runs": {"POST": RUN},
    "workflows/<workflow_id>/undo": {"POST": WRITE},
    "workflows/<workflow_id>/versions": {"GET": READ},
    "runs": {"GET": READ},
    "runs/<run_id>": {"GET": READ},
    "runs/<run_id>/cancel": {"POST": RUN},
    "runs/<run_id>/run-now": {"POST": RUN},
    "runs/<run_id>/postpone": {"POST": RUN},
    "runs/<run_id>/resume": {"POST": RUN},
    "runs/<run_id>/retry": {"POST": RUN},
    "events/<token>": {"POST": ANYONE},
    "runs/retry": {"POST": RUN},
    "conversations": {"GET": READ, "POST": RUN},
    "conversations/<conversation_id>": {"GET": READ},
    "conversations/<conversation_id>/end": {"POST": RUN},
    "conversations/<conversation_id>/messages": {"POST": RUN},
    "conversations/<conversation_id>/tool-calls": {"POST": RUN},
    "personalization": {"POST": RUN},
    "connections": {"GET": READ, "POST": WRITE},
    "connections/<connection_id>/test": {"POST": WRITE},
}
"""Below `/api/v1/`."""

OPEN_SOCKETS = frozenset({"ws/widget/<str:public_key>/"})
"""These let everybody knock and ask for their own proof in the first frame; see tests/conversations."""

SIGNED_SOCKETS = frozenset({"ws/calls/<str:line_key>/"})
"""Opened by another server with a signature; see tests/conversations."""

SOCKETS: Mapping[str, Role] = {
    "ws/chat/<uuid:chat_id>/": TESTER,
    "ws/conversations/<uuid:conversation_id>/": VIEWER,
    "ws/conversations/<slug:slug>/": VIEWER,
    "ws/runs/<uuid:run_id>/": VIEWER,
    "ws/workflows/<uuid:workflow_id>/": VIEWER,
    "ws/runs/<slug:slug>/": VIEWER,
    "ws/follow-ups/<slug:slug>/": VIEWER,
}

PARAMETERS: Mapping[str, Callable[["World"], object]] = {
    "slug": lambda world: world.workspace.slug,
    "secret_id": lambda world: make_secret(world.workspace).pk,
    "key_id": lambda world: make_api_key(world.workspace)[0].pk,
    "agent_id": lambda world: make_agent(world.workspace).pk,
    "workflow_id": lambda world: (
        make_published_workflow(
            world.agent(),
            steps=[
                make_step(),
                make_split(make_branch("first", make_step("inside"), op="is", right="hello")),
            ],
        ).pk
    ),
    "page": lambda world: "publishing",
    "picture": lambda world: "home-1280-light",
    "template": lambda world: "refund",
    "branch_id": lambda world: world.workflow().draft["steps"][1]["branches"][0]["id"],
    "node_id": lambda world: make_node(world.agent()),
    "number": lambda world: world.agent().live_version.number,  # type: ignore[union-attr]
    "step_id": lambda world: world.workflow().draft["steps"][0]["id"],
    "run_id": lambda world: make_run(world.workflow()).pk,
    "conversation_id": lambda world: make_conversation(world.agent()).pk,
    "chat_id": lambda world: make_conversation(world.agent(), kind="test").pk,
    "connection_id": lambda world: make_connection(world.workspace).pk,
    "app": lambda world: "rest",
    "line_key": lambda world: make_phone_line(world.agent()).public_key,
    "public_key": lambda world: make_widget(world.agent()).public_key,
    "token": lambda world: waking.url(UUID(world.value("run_id"))).rpartition("/")[2],
}


def make_node(agent: Agent) -> str:
    _, node = flows.add_node(agent, "turn", after="n_start0001", by=audit.system("walk"))
    return node.id


def make_run(workflow: Workflow) -> Run:
    assert workflow.live_version
    started = starting.start(
        workspace=workflow.workspace,
        workflow=workflow,
        version=workflow.live_version,
        kind="production",
        trigger="api",
        lane="background",
        trigger_key="walk",
        input={},
    )
    return Run.objects.get(pk=started.run_id)


PARAMETER = re.compile(r"<(?:(?P<converter>\w+):)?(?P<name>\w+)>")


class World:
    """A workspace with one of everything, made when a route asks for it."""

    def __init__(self, slug: str) -> None:
        self.workspace: Workspace = make_workspace(slug)
        self._made: dict[str, str] = {}

    def value(self, parameter: str) -> str:
        if parameter not in self._made:
            self._made[parameter] = str(PARAMETERS[parameter](self))
        return self._made[parameter]

    def agent(self) -> Agent:
        return Agent.objects.get(pk=self.value("agent_id"))

    def workflow(self) -> Workflow:
        return Workflow.objects.get(pk=self.value("workflow_id"))

    def path(self, route: str) -> str:
        return "/" + PARAMETER.sub(lambda found: self.value(found["name"]), route)


def path_of_nothing(route: str) -> str:
    """The route's address with ids that nothing has."""
    nothing = {"slug": "nowhere", "number": "999"}
    return "/" + PARAMETER.sub(lambda found: nothing.get(found["name"]) or str(uuid7()), route)


def api_routes(api: NinjaAPI) -> dict[str, set[str]]:
    """Route below /api/v1/ → methods. One that the API's description leaves out counts as a page."""
    described = api.get_openapi_schema()["paths"]
    angled = str.maketrans("{}", "<>")
    return {
        path.removeprefix("/api/v1/").translate(angled): {method.upper() for method in methods}
        for path, methods in described.items()
    }
