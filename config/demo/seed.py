"""How does the demo workspace come to be? Through the services people use; what is there stays."""

from django.conf import settings

from config.demo import mia
from config.demo.conversations import SAMPLES, Sample
from config.stack import keys
from config.stack.places import Places
from connectors.declare import JSON
from connectors.models import Connection
from connectors.services import connections
from conversations.models import Conversation
from conversations.services import ending, starting, tool_calls
from conversations.services.starting import Opening
from conversations.transcripts import Entry
from workflows.models import Agent, Workflow
from workflows.models.workflow import WorkflowKind
from workflows.services import agents, drafting, publishing
from workspaces.models import Membership, Role, User, Workspace
from workspaces.services.audit import Actor
from workspaces.services.signing_in import DEMO_VISITOR, DEMO_WORKSPACE

ADMIN = "admin@example.com"


def seed() -> Workspace:
    """Repeatable: a second call adds what is missing and points connections to where the mocks now are."""
    workspace, _ = Workspace.objects.get_or_create(
        slug=DEMO_WORKSPACE, defaults={"name": "Northwind Store", "time_zone": "Europe/Berlin"}
    )
    by = _people(workspace)
    tickets = _connection(
        workspace, by, "rest", "Northwind tickets", {"base_url": f"http://{settings.DEMO_TICKETS}"}
    )
    host, _, port = settings.DEMO_MAIL.partition(":")
    mail = _connection(
        workspace,
        by,
        "email",
        "Northwind mail",
        {"host": host, "port": int(port), "security": "none", "from": "Mia <mia@northwind.example>"},
    )
    if not Agent.objects.in_workspace(workspace).exists():
        _mia(workspace, by, tickets, mail)
    return workspace


def _people(workspace: Workspace) -> Actor:
    """Gives back the administrator, who makes the rest; the password is random.

    The visitor may do all but own the demo, and is never staff.
    """
    visitor = User.objects.filter(email=DEMO_VISITOR).first()
    if visitor is None:
        visitor = User.objects.create_user(DEMO_VISITOR, name="Demo visitor")
    Membership.objects.get_or_create(workspace=workspace, user=visitor, defaults={"role": Role.ADMIN})
    if not User.objects.filter(email=ADMIN).exists():
        password = keys.value(Places(settings.VAR_DIR), "ADMIN_PASSWORD")
        User.objects.create_superuser(ADMIN, password, name="Administrator")
    admin = User.objects.get(email=ADMIN)
    Membership.objects.get_or_create(workspace=workspace, user=admin, defaults={"role": Role.OWNER})
    return Actor(name=admin.name, user=admin)


def _connection(workspace: Workspace, by: Actor, app: str, name: str, values: dict[str, JSON]) -> Connection:
    known = Connection.objects.in_workspace(workspace).filter(app=app, name=name).first()
    if known is None:
        return connections.create(workspace, app, name, values, by=by)
    if values.items() <= known.settings.items():
        return known
    return connections.change(known, name, values, by=by)


def _mia(workspace: Workspace, by: Actor, tickets: Connection, mail: Connection) -> None:
    fields = {name: value for name, value in mia.AGENT.items() if name != "name"}
    agent = agents.create(workspace, str(mia.AGENT["name"]), by=by, **fields)
    look_up = _workflow(agent, by, WorkflowKind.ACTION, mia.LOOK_UP_ORDER)
    refund = _workflow(agent, by, WorkflowKind.ACTION, mia.REFUND_ORDER)
    flow = mia.flow(look_up=str(look_up.pk), refund=str(refund.pk))
    agents.replace_draft(agent, {**agent.draft, "flow": flow}, revision=agent.draft_revision, by=by)
    agents.publish(agent, note="With her conversation flow", by=by)
    Agent.objects.filter(pk=agent.pk).update(is_sample=True)
    agent.refresh_from_db()
    after = mia.after_the_conversation(str(tickets.pk), str(mail.pk))
    _workflow(agent, by, WorkflowKind.POST_CONVERSATION, after)
    for sample in SAMPLES:
        _conversation(agent, sample)


def _workflow(agent: Agent, by: Actor, kind: str, document: mia.Document) -> Workflow:
    about = document["settings"]
    assert isinstance(about, dict)
    made = drafting.create(agent, kind, str(about["name"]), str(about["description"]), by=by)
    filled: Workflow = drafting.replace(made, document, revision=made.draft_revision, by=by)
    publishing.publish(filled, revision=filled.draft_revision, note="The demo as it comes", by=by)
    return filled


def _conversation(agent: Agent, sample: Sample) -> None:
    """Really held: its tools are called now, its follow-up runs as soon as a worker is there."""
    opening = Opening(
        agent=agent,
        channel=sample.channel,
        customer=sample.customer,
        variables={"first_name": sample.first_name},
        external_id=sample.external_id,
        is_sample=True,
    )
    conversation: Conversation = starting.start(opening).conversation
    for number, (name, arguments) in enumerate(sample.calls, start=1):
        tool_calls.call(
            conversation, tool_call_id=f"{sample.external_id}-{number}", name=name, arguments=arguments
        )
    said = [Entry(role=role, text=text) for role, text in sample.said]
    ending.end(conversation, by="person", transcript=said, analysis=sample.analysis)
