"""Workflows that do something of everything, with effects that the sink can count."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from connectors.declare import JSON
from connectors.models import Connection
from tests.engine_faults.world.judging import SECRET_KEY
from tests.engine_faults.world.told import Sink
from tests.support.make import make_connection
from tests.support.runs import make_version, set_values, step, step_id
from workflows.models import Agent, WorkflowVersion
from workspaces.models import Workspace

LIMIT_S = 1
"""Of each step that reaches the sink: with the margin, a dead worker keeps its run for two seconds."""
POLICY: dict[str, JSON] = {"timeout_s": LIMIT_S}
MAIL_LIMIT_S = 3
"""A mail is handed over in a dozen turns, each of which a busy machine makes wait."""


def put(sink: Sink, slug: str, mode: str = "ok", *, method: str = "PUT", **policy: JSON) -> dict[str, JSON]:
    """May be repeated, unless it is a POST. It carries a secret, that the sink says back."""
    token: JSON = [{"name": "X-Token", "value": f"{{{{ secrets.{SECRET_KEY} }}}}"}]
    inputs: dict[str, JSON] = {"method": method, "url": sink.url(mode, slug), "headers": token}
    return step(slug, "rest.request@1", inputs, policy={**POLICY, **policy})


def mail(sink: Sink, slug: str, connection: Connection, mode: str = "ok", **policy: JSON) -> dict[str, JSON]:
    inputs: dict[str, JSON] = {"to": f"{mode}@{slug}.example.com", "subject": "Hello", "text": "Hello."}
    return step(
        slug,
        "email.send@1",
        inputs,
        connection=str(connection.pk),
        policy={"timeout_s": MAIL_LIMIT_S, **policy},
    )


def delay(slug: str, seconds: float) -> dict[str, JSON]:
    return step(slug, "flow.delay@1", {"mode": "for", "amount": seconds, "unit": "seconds"})


def branch(name: str, *steps: JSON, **over: JSON) -> dict[str, JSON]:
    return {"id": f"b_{name.ljust(8, '0')}", "label": name, "steps": list(steps), **over}


def always(left: str = "{{ run.id }}") -> dict[str, JSON]:
    return {"all": [{"left": left, "op": "exists", "right": None}]}


def mailbox(workspace: Workspace, sink: Sink) -> Connection:
    address: dict[str, Any] = {"host": "127.0.0.1", "port": sink.smtp, "security": "none"}
    return make_connection(workspace, "email", **address, **{"from": "shop@example.com"})


@dataclass(frozen=True)
class Everything:
    """Steps of all kinds; `mark` keeps one workflow's apart from another's."""

    mark: str
    version: WorkflowVersion
    effects: Sequence[str]
    """Paths of the steps that reach the sink, in order."""
    parks: Sequence[str]
    """Paths of the steps that let go of the run."""
    post: str
    """The one that must not be repeated."""
    session: str

    def id(self, name: str) -> str:
        return step_id(self.mark + name)


def everything(
    workspace: Workspace, sink: Sink, connection: Connection, mark: str, *, limit_s: int = 0
) -> Everything:
    """Once through: branch, loop, delay, mail, POST, session, event, called workflow, PUT; `limit_s` of each
    that reaches the sink.
    """
    limit: dict[str, Any] = {"timeout_s": limit_s} if limit_s else {}

    def at(name: str) -> str:
        return mark + name

    def reach(name: str, **over: Any) -> dict[str, JSON]:
        return put(sink, at(name), **limit, **over)

    effects = [
        step_id(at("branch")),
        f"{step_id(at('loop'))}[0]/{step_id(at('item'))}",
        f"{step_id(at('loop'))}[1]/{step_id(at('item'))}",
        step_id(at("mail")),
        step_id(at("post")),
        step_id(at("last")),
    ]
    agent = Agent.objects.create(workspace=workspace, name="Mia", draft={})
    called = make_version(workspace, reach("called"), agent=agent, response={"a": "1"})
    call: dict[str, JSON] = {"workflow": str(called.workflow_id), "input": {}}
    taken = branch(at("taken"), reach("branch"), when=always())
    version = make_version(
        workspace,
        set_values(at("first"), a=1),
        step(at("split"), "flow.split@1", branches=[branch(at("never"), reach("never")), taken]),
        step(at("loop"), "flow.loop@1", {"items": [1, 2]}, body=[reach("item")]),
        delay(at("delay"), 0.3),
        mail(sink, at("mail"), connection, **limit),
        reach("post", method="POST", on_error="continue"),
        step(at("session"), "flow.set_session@1", {"name": "seen", "value": "yes"}),
        step(at("wait"), "flow.wait_for_event@1", {"timeout": 0.3}, policy={"on_error": "continue"}),
        step(at("call"), "flow.call_workflow@1", call),
        reach("last"),
        agent=agent,
        kind="post_conversation",
    )
    parks = [step_id(at(name)) for name in ("delay", "wait", "call")]
    return Everything(mark, version, effects, parks, step_id(at("post")), step_id(at("session")))
