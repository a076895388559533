"""A workflow gets another name: every text of its agent follows, in the same transaction."""

import pytest

from tests.support.make import make_agent, make_document, make_published_workflow, make_workflow
from workflows.errors import DefinitionInvalid
from workflows.models import Agent, AgentChange, Workflow
from workflows.services import agent_drafts, agents, drafting, publishing
from workspaces.services.audit import Actor

pytestmark = pytest.mark.django_db

ADA = Actor(name="Ada")


def rename(workflow: Workflow, name: str) -> Workflow:
    now = Workflow.objects.get(pk=workflow.pk)
    content = make_document(name, *now.draft["steps"])
    return drafting.replace(now, content, revision=now.draft_revision, by=ADA)


def test_saving_resolves_each_name_to_the_workflows_id() -> None:
    agent = make_agent()
    workflow = make_workflow(agent, "refund")

    changed = agents.save(agent, "instructions", {"persona": "Use @refund or @other."}, revision=1, by=ADA)

    assert changed.references == {"refund": str(workflow.pk)}


def test_renaming_rewrites_the_draft_and_not_what_is_live() -> None:
    agent = make_agent(persona="Call mia@refund, @refund and @refund_all.")
    workflow = make_published_workflow(agent, "refund")
    make_workflow(agent, "refund_all")

    rename(workflow, "pay_back")

    agent = Agent.objects.get()
    assert agent.draft["persona"] == "Call mia@refund, @pay_back and @refund_all."
    assert agent.references.keys() == {"pay_back", "refund_all"}
    assert agent.live_version.definition["persona"].endswith("@refund and @refund_all.")  # type: ignore[union-attr]
    change = AgentChange.objects.get()
    assert (change.operation, change.details) == (
        agent_drafts.RENAMED,
        {"from": "refund", "to": "pay_back"},
    )


def test_undoing_the_name_rewrites_back() -> None:
    agent = make_agent(persona="Call @refund.")
    workflow = rename(make_published_workflow(agent, "refund"), "pay_back")

    publishing.undo(workflow, revision=workflow.draft_revision, by=ADA)

    assert Agent.objects.get().draft["persona"] == "Call @refund."


def test_a_text_that_was_on_a_screen_meanwhile_follows_too() -> None:
    agent = make_agent(persona="Call @refund.")
    rename(rename(make_workflow(agent, "refund"), "pay_back"), "money_back")

    rewrite = agent_drafts.renamed_since(agent, 1)

    assert rewrite("First @refund, then @pay_back.") == "First @money_back, then @money_back."


def test_a_name_that_is_taken_changes_nothing() -> None:
    agent = make_agent(persona="Call @refund.")
    make_workflow(agent, "pay_back")

    with pytest.raises(DefinitionInvalid):
        rename(make_workflow(agent, "refund"), "pay_back")

    assert Agent.objects.get().draft["persona"] == "Call @refund."


def test_what_a_name_meant_is_kept_when_the_workflow_is_gone() -> None:
    agent = make_agent()
    workflow = make_workflow(agent, "refund")
    agents.save(agent, "instructions", {"persona": "Use @refund."}, revision=1, by=ADA)
    gone = str(workflow.pk)
    workflow.delete()

    agent = agents.save(
        Agent.objects.get(), "instructions", {"objective": "Also @refund."}, revision=2, by=ADA
    )

    assert agent.references == {"refund": gone}
