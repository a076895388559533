"""What becomes of an agent's draft: kept whole, never overwritten unseen, live when it is published."""

import pytest
from django.db import DatabaseError, transaction

from tests.support.make import make_agent, make_workflow, make_workspace
from workflows import selectors
from workflows.errors import DefinitionInvalid, NotPublished, StaleDraft
from workflows.models import Agent, AgentChange, AgentVersion
from workflows.selectors import State
from workflows.services import agent_drafts, agents
from workspaces.models import AuditEntry
from workspaces.services.audit import Actor

pytestmark = pytest.mark.django_db

ADA, TOM = Actor(name="Ada"), Actor(name="Tom")
BROKEN = {"nodes": [{"id": "n_start0001", "type": "start", "name": "Hello", "strict_replies": True}]}


def saved(agent: Agent, **content: object) -> Agent:
    now = Agent.objects.get(pk=agent.pk)
    return agents.save(now, "instructions", content, revision=now.draft_revision, by=ADA)  # type: ignore[arg-type]


def test_a_section_is_saved_and_the_rest_stays() -> None:
    agent = make_agent(persona="Brief.", language="de")

    changed = saved(agent, persona="Long.")

    assert (changed.draft["persona"], changed.draft["language"]) == ("Long.", "de")
    assert changed.draft_revision == 2
    change = AgentChange.objects.get()
    assert change.before is not None
    assert (change.place, change.by_name, change.before["persona"]) == ("instructions", "Ada", "Brief.")


def test_saving_the_same_is_no_change() -> None:
    agent = make_agent(persona="Brief.")

    assert saved(agent, persona="Brief.").draft_revision == 1
    assert not AgentChange.objects.exists()


def test_only_a_later_change_of_the_same_section_is_a_conflict() -> None:
    agent = make_agent()
    saved(agent, persona="Long.")

    with pytest.raises(StaleDraft) as stale:
        agents.save(agent, "instructions", {"persona": "Mine."}, revision=1, by=TOM)
    assert [(change.step_id, change.by) for change in stale.value.changes] == [("instructions", "Ada")]
    assert agents.save(agent, "settings", {"language": "de"}, revision=1, by=TOM).draft["persona"] == "Long."


def test_replacing_everything_conflicts_with_any_change() -> None:
    agent = make_agent()
    saved(agent, persona="Long.")

    with pytest.raises(StaleDraft):
        agents.replace_draft(agent, {**agent.draft, "name": "Leo"}, revision=1, by=TOM)


def test_of_the_flow_only_what_is_named_is_replaced() -> None:
    agent = make_agent(flow={"nodes": [{"id": "n_start0001", "type": "start", "name": "Hello"}]})

    changed = agents.save(agent, "settings", {"flow": {"inactive_after_min": 5}}, revision=1, by=ADA)

    assert changed.draft["flow"]["inactive_after_min"] == 5
    assert len(changed.draft["flow"]["nodes"]) == 1


def test_what_was_on_an_old_screen_can_be_told() -> None:
    agent = make_agent(persona="First.")
    saved(agent, persona="Second.")
    changed = saved(agent, persona="Third.")

    seen = [agent_drafts.seen_at(changed, revision) for revision in (1, 2, 3)]

    assert [one.persona if one else None for one in seen] == ["First.", "Second.", None]
    assert agent_drafts.writer_since(changed, 1, "instructions") == "Ada"
    assert agent_drafts.writer_since(changed, 1, "settings") == ""


def test_publishing_freezes_and_what_is_edited_afterwards_does_not_touch_it() -> None:
    agent = make_agent(persona="Brief.")

    changed = saved(agent, persona="Long.")

    assert selectors.agent_state(changed) == State.UNPUBLISHED_CHANGES
    version = agents.publish(changed, revision=2, note="Longer", by=ADA)
    assert (version.number, version.note, version.definition["persona"]) == (2, "Longer", "Long.")
    assert AgentVersion.objects.get(number=1).definition["persona"] == "Brief."
    assert selectors.agent_state(Agent.objects.get()) == State.LIVE


def test_changing_a_value_back_by_hand_leaves_nothing_to_publish() -> None:
    agent = make_agent(persona="Brief.")
    saved(agent, persona="Long.")

    changed = saved(agent, persona="Brief.")

    assert selectors.agent_state(changed) == State.LIVE
    assert agents.publish(changed, by=ADA).number == 1


def test_a_version_of_before_a_key_was_added_is_not_a_change() -> None:
    agent = make_agent()
    older = {key: value for key, value in agent.draft.items() if key != "secure_metadata"}
    agent.live_version = AgentVersion(agent=agent, number=1, definition=older, sha256="0" * 64)

    assert selectors.agent_state(agent) == State.LIVE


def test_errors_keep_an_agent_from_going_live_and_warnings_do_not() -> None:
    agent = make_agent()
    make_workflow(agent, "refund")

    saved(agent, objective="Use @refund.")
    assert agents.publish(agent, by=ADA).number == 2
    saved(agent, objective="Use @nothing.")
    with pytest.raises(DefinitionInvalid, match="nothing"):
        agents.publish(agent, by=ADA)
    with pytest.raises(DefinitionInvalid):
        make_agent(flow=BROKEN)


def test_a_new_agent_may_mention_workflows_that_are_made_next() -> None:
    agent = make_agent(objective="Use @refund.")

    assert agent.live_version is not None
    assert [
        problem.code for problem in selectors.agent_problems(agent, selectors.agent_definition(agent))
    ] == ["unknown_workflow"]


def test_a_version_never_changes() -> None:
    make_agent()

    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        AgentVersion.objects.update(sha256="0" * 64)


def test_undo_returns_to_what_is_live_and_can_be_taken_back() -> None:
    agent = make_agent(persona="Brief.")
    saved(agent, persona="Long.")

    change = agents.undo(agent, revision=2, by=ADA)

    assert change is not None
    assert Agent.objects.get().draft["persona"] == "Brief."
    assert agents.bring_back(agent, change, revision=3, by=ADA).draft["persona"] == "Long."
    assert AuditEntry.objects.filter(verb="agent.undone").count() == 1


def test_without_changes_there_is_nothing_to_undo() -> None:
    assert agents.undo(make_agent(), revision=1, by=ADA) is None
    with pytest.raises(NotPublished):
        agents.undo(agents.begin(make_workspace(), "Mia", by=ADA), revision=1, by=ADA)


def test_an_old_version_comes_back_as_draft_or_live() -> None:
    agent = make_agent(persona="First.")
    saved(agent, persona="Second.")
    agents.publish(agent, by=ADA)
    first = AgentVersion.objects.get(number=1)

    agents.restore(agent, first, revision=2, by=ADA)
    restored = Agent.objects.get()
    assert restored.draft["persona"] == "First."
    assert restored.live_version.number == 2  # type: ignore[union-attr]
    rolled = agents.roll_back(agent, first, by=ADA)
    assert rolled.live_version == first
    assert AgentVersion.objects.count() == 2


def test_a_version_of_another_agent_is_refused() -> None:
    agent, other = make_agent(), make_agent()
    version = other.live_version
    assert version

    with pytest.raises(NotPublished):
        agents.roll_back(agent, version, by=ADA)
    with pytest.raises(NotPublished):
        agents.restore(agent, version, revision=1, by=ADA)


def test_an_old_version_that_names_what_is_gone_does_not_go_live() -> None:
    agent = make_agent()
    workflow = make_workflow(agent, "refund")
    saved(agent, persona="Use @refund.")
    agents.publish(agent, by=ADA)
    second = AgentVersion.objects.get(number=2)
    saved(agent, persona="")
    agents.publish(agent, by=ADA)
    workflow.delete()

    with pytest.raises(DefinitionInvalid, match="refund"):
        agents.roll_back(agent, second, by=ADA)


def test_archiving_is_audited_and_can_be_undone() -> None:
    agent = make_agent()

    assert agents.archive(agent, is_archived=True, by=ADA).archived_at is not None
    agents.archive(agent, is_archived=True, by=ADA)
    assert agents.archive(agent, is_archived=False, by=ADA).archived_at is None
    verbs = AuditEntry.objects.filter(verb__in=["agent.archived", "agent.unarchived"])
    assert verbs.count() == 2
