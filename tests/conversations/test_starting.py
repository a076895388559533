import pytest

from conversations.models import Conversation, SecureValue
from conversations.services import importing, starting
from conversations.services.starting import Opening
from conversations.transcripts import Entry
from tests.support.make import make_agent, make_conversation, make_published_workflow
from workflows.errors import InputInvalid
from workflows.models import Run

pytestmark = pytest.mark.django_db

PLAN = {"name": "plan", "type": "string", "required": True}


def test_a_conversation_keeps_the_agent_version_it_started_with() -> None:
    agent = make_agent()

    assert make_conversation(agent).agent_version == agent.live_version


@pytest.mark.parametrize(
    ("variables", "code"), [({}, "required"), ({"plan": None}, "required"), ({"plan": 3}, "wrong_type")]
)
def test_a_variable_that_is_missing_or_wrong_is_refused(variables: dict[str, object], code: str) -> None:
    agent = make_agent(variables=[PLAN])

    with pytest.raises(InputInvalid) as refused:
        make_conversation(agent, variables=variables)

    assert [(problem.path, problem.code) for problem in refused.value.problems] == [("variables.plan", code)]
    assert not Conversation.objects.exists()


def test_variables_that_the_agent_does_not_declare_are_kept() -> None:
    assert make_conversation(variables={"other": [1]}).variables == {"other": [1]}


def test_secure_metadata_is_encrypted_at_rest() -> None:
    conversation = make_conversation(secure_metadata={"card": "4111-CANARY"})

    value = SecureValue.objects.get(conversation=conversation)
    assert value.name == "card"
    assert "CANARY" not in value.ciphertext
    assert "CANARY" not in str(vars(conversation))


@pytest.mark.parametrize("name", ["", "a b", "1st", "x" * 65, "ü"])
def test_a_name_of_secure_metadata_has_a_form(name: str) -> None:
    with pytest.raises(InputInvalid) as refused:
        make_conversation(secure_metadata={name: "value"})

    assert refused.value.problems[0].path == f"secure_metadata.{name}"


def test_the_same_external_id_is_the_same_conversation() -> None:
    agent = make_agent()
    first = starting.start(Opening(agent=agent, channel="chat", external_id="ext-1"))
    again = starting.start(Opening(agent=agent, channel="call", external_id="ext-1"))
    elsewhere = starting.start(Opening(agent=make_agent(), channel="chat", external_id="ext-1"))

    assert (first.is_new, again.is_new, elsewhere.is_new) == (True, False, True)
    assert again.conversation == first.conversation


def test_an_imported_conversation_is_ended_with_its_transcript_and_its_follow_up() -> None:
    agent = make_agent(analysis=[{"name": "Mood", "key": "mood", "type": "string"}])
    make_published_workflow(agent, "After", "post_conversation", enabled=True)
    opening = Opening(agent=agent, channel="call", external_id="ext-1")
    said = [Entry(role="user", text="Hi")]

    first = importing.bring_in(opening, said)
    again = importing.bring_in(opening, said)

    assert (first.is_new, again.is_new) == (True, False)
    assert (first.conversation.status, first.conversation.analysis) == ("ended", {"mood": None})
    assert first.conversation.messages.count() == 1
    assert Run.objects.get().context_id == first.conversation.pk
