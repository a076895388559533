"""The pages on which an agent is edited: what is typed is kept, two people never overwrite each other."""

from typing import Any

import pytest
from django.test import Client

from tests.support.make import make_agent, make_workflow
from workflows.models import Agent, AgentVersion
from workflows.services import agents
from workspaces.models import User, Workspace
from workspaces.services.audit import Actor

TOM = Actor(name="tom@example.com")
PAGES = ("instructions", "variables", "analysis", "settings", "versions", "flow", "changes")


@pytest.fixture
def agent(workspace: Workspace) -> Agent:
    return make_agent(
        workspace,
        persona="You are Mia.",
        objective="Help.",
        variables=[{"name": "plan", "sample": "gold", "required": True}],
        secure_metadata=[{"name": "customer_id", "description": "Of the shop."}],
        analysis=[{"name": "Mood", "key": "mood", "type": "enum", "choices": ["good", "bad"]}],
    )


@pytest.fixture
def url(agent: Agent) -> str:
    return f"/agents/{agent.pk}/"


def instructions(agent: Agent, **over: Any) -> dict[str, Any]:
    draft = Agent.objects.get(pk=agent.pk).draft
    texts = {
        "persona": draft["persona"],
        "objective": draft["objective"],
        **{f"rules.{scope}": text for scope, text in draft["rules"].items()},
    }
    given = {f"i.{name}": text for name, text in {**texts, **over}.items()}
    return {"rev": Agent.objects.get(pk=agent.pk).draft_revision, **given}


def now(agent: Agent) -> dict[str, Any]:
    draft: dict[str, Any] = Agent.objects.get(pk=agent.pk).draft
    return draft


@pytest.mark.parametrize("page", PAGES)
def test_each_tab_is_a_page_of_its_own(client: Client, url: str, page: str) -> None:
    text = client.get(f"{url}{page}/").content.decode()

    assert "<html" in text
    assert "Mia" in text


def test_a_saved_section_is_in_the_draft_and_not_live(client: Client, agent: Agent, url: str) -> None:
    response = client.post(f"{url}instructions/", instructions(agent, **{"rules.call": "Slowly."}))

    assert response["Location"] == f"{url}instructions/"
    assert now(agent)["rules"]["call"] == "Slowly."
    page = client.get(f"{url}instructions/").content.decode()
    assert "Unpublished changes" in page
    assert "instructions edited · by you" in page
    assert "Live v1" in page


def test_what_cannot_be_read_is_refused_at_its_place_and_kept(client: Client, agent: Agent, url: str) -> None:
    response = client.post(
        f"{url}instructions/", instructions(agent, persona="Hi {{ broken", objective="New.")
    )

    page = response.content.decode()
    assert response.status_code == 422
    assert "Hi {{ broken" in page
    assert "New." in page
    assert 'href="#i-persona"' in page
    assert now(agent)["persona"] == "You are Mia."


def test_an_unknown_mention_is_stored_and_said(client: Client, agent: Agent, url: str) -> None:
    make_workflow(agent, "refund")
    client.post(f"{url}instructions/", instructions(agent, persona="Use @nothing and @refund."))

    page = client.get(f"{url}instructions/").content.decode()
    assert "There is no action workflow “nothing”" in page
    assert "“refund” is not live" in page
    assert "refund · Draft only" in page


def test_fields_of_two_people_go_together(client: Client, agent: Agent, url: str) -> None:
    form = instructions(agent, persona="Mine.")
    agents.save(agent, "instructions", {"objective": "Theirs."}, revision=1, by=TOM)

    client.post(f"{url}instructions/", form)

    assert (now(agent)["persona"], now(agent)["objective"]) == ("Mine.", "Theirs.")


def test_the_same_field_is_shown_twice_and_one_is_chosen(client: Client, agent: Agent, url: str) -> None:
    form = instructions(agent, persona="Mine.")
    agents.save(agent, "instructions", {"persona": "Theirs."}, revision=1, by=TOM)

    response = client.post(f"{url}instructions/", form)

    page = response.content.decode()
    assert response.status_code == 409
    assert "tom changed Persona while you edited" in page
    assert "Mine." in page
    assert "Theirs." in page
    chosen = {**form, "rev": 2, "conflict": "persona", "do": "mine:persona"}
    again = client.post(f"{url}instructions/form/", chosen).content.decode()
    assert 'name="conflict"' not in again
    client.post(f"{url}instructions/", {**form, "rev": 2})
    assert now(agent)["persona"] == "Mine."


def test_a_workflow_that_was_renamed_meanwhile_keeps_its_new_name(
    client: Client, agent: Agent, url: str
) -> None:
    workflow = make_workflow(agent, "refund")
    client.post(f"{url}instructions/", instructions(agent, persona="Use @refund."))
    form = instructions(agent, persona="Use @refund, please.")
    client.post(
        f"/workflows/{workflow.pk}/settings/",
        {"rev": workflow.draft_revision, "i.name": "pay_back", "i.message.mode": "default"},
    )

    client.post(f"{url}instructions/", form)

    assert now(agent)["persona"] == "Use @pay_back, please."


def test_variables_keep_their_types(client: Client, agent: Agent, url: str) -> None:
    rows = {
        "i.variables.name": ["plan", "limit", ""],
        "i.variables.type": ["string", "integer", "string"],
        "i.variables.description": ["", "How much.", ""],
        "i.variables.sample": ["gold", "12", ""],
        "i.variables.required": ["yes", "", ""],
        "i.secure_metadata.name": ["customer_id"],
        "i.secure_metadata.description": ["Of the shop."],
    }

    client.post(f"{url}variables/", {"rev": 1, **rows})

    assert now(agent)["variables"] == [
        {"name": "plan", "type": "string", "description": "", "sample": "gold", "required": True},
        {"name": "limit", "type": "integer", "description": "How much.", "sample": 12, "required": False},
    ]
    assert now(agent)["secure_metadata"] == [{"name": "customer_id", "description": "Of the shop."}]


def test_a_row_that_cannot_be_stored_says_why_and_nothing_is_lost(
    client: Client, agent: Agent, url: str
) -> None:
    rows = {
        "i.variables.name": ["1st", "other"],
        "i.variables.type": ["string", "integer"],
        "i.variables.description": ["", "Kept text"],
        "i.variables.sample": ["", "1"],
        "i.variables.required": ["", ""],
    }

    response = client.post(f"{url}variables/", {"rev": 1, **rows})

    page = response.content.decode()
    assert response.status_code == 422
    assert "Kept text" in page
    assert 'href="#i-variables-1"' in page
    assert now(agent)["variables"][0]["name"] == "plan"


def test_a_row_is_added_without_saving(client: Client, agent: Agent, url: str) -> None:
    rows = {
        "i.analysis.name": ["Mood"],
        "i.analysis.key": ["mood"],
        "i.analysis.type": ["enum"],
        "i.analysis.description": [""],
        "i.analysis.choices": ["good, bad"],
    }

    page = client.post(f"{url}analysis/form/", {"rev": 1, "do": "add:analysis", **rows}).content.decode()

    assert "i-analysis-2" in page
    assert len(now(agent)["analysis"]) == 1


def test_an_analysis_property_with_choices_is_an_enum(client: Client, agent: Agent, url: str) -> None:
    rows = {
        "i.analysis.name": ["Mood"],
        "i.analysis.key": ["mood"],
        "i.analysis.type": ["string"],
        "i.analysis.description": [""],
        "i.analysis.choices": ["good, bad"],
    }

    response = client.post(f"{url}analysis/", {"rev": 1, **rows})

    assert response.status_code == 422
    assert "Only the type enum has choices" in response.content.decode()


def test_settings_of_the_model_and_the_channels(client: Client, agent: Agent, url: str) -> None:
    form = {
        "rev": 1,
        "i.name": "Leo",
        "i.language": "de",
        "i.time_zone": "Europe/Berlin",
        "i.channels": "chat",
        "i.flow.inactive_after_min": "10",
        "i.model.provider": "openai",
        "i.model.connection": "",
        "i.model.model": "gpt-test",
        "i.model.temperature": "1",
    }

    client.post(f"{url}settings/", form)

    draft = now(agent)
    assert (draft["name"], draft["language"], draft["channels"]) == ("Leo", "de", ["chat"])
    assert draft["flow"]["inactive_after_min"] == 10
    assert draft["model"] == {
        "provider": "openai",
        "connection": None,
        "model": "gpt-test",
        "temperature": 1.0,
    }
    assert Agent.objects.get().name == "Leo"
    bad = client.post(f"{url}settings/", {**form, "rev": 2, "i.language": "german", "i.name": ""})
    assert bad.status_code == 422


def test_publishing_undoing_and_bringing_back(client: Client, agent: Agent, url: str) -> None:
    client.post(f"{url}instructions/", instructions(agent, persona="Second."))
    page = client.get(f"{url}changes/").content.decode()
    assert "Second." in page
    assert "Publish Agent" in page

    client.post(f"{url}publish/", {"rev": 2, "note": "Better"})
    assert Agent.objects.get().live_version.note == "Better"  # type: ignore[union-attr]
    client.post(f"{url}instructions/", instructions(agent, persona="Third."))
    undone = client.post(f"{url}undo/", {"rev": 3})
    assert now(agent)["persona"] == "Second."
    value = undone["Location"].partition("undone=")[2]
    assert "Bring it back" in client.get(undone["Location"]).content.decode()
    client.post(f"{url}bring-back/", {"value": value})
    assert now(agent)["persona"] == "Third."


def test_a_stale_publish_is_reviewed_again(client: Client, agent: Agent, url: str) -> None:
    client.post(f"{url}instructions/", instructions(agent, persona="Second."))

    response = client.post(f"{url}publish/", {"rev": 1, "note": "Mine"})

    assert response.status_code == 409
    assert "1 more change arrived" in response.content.decode()
    assert "Mine" in response.content.decode()
    assert AgentVersion.objects.count() == 1


def test_errors_block_publishing_with_links_and_workflows_that_are_not_live_are_listed(
    client: Client, agent: Agent, url: str
) -> None:
    workflow = make_workflow(agent, "refund")
    client.post(f"{url}instructions/", instructions(agent, persona="@refund @nothing"))

    response = client.post(f"{url}publish/", {"rev": 2})

    page = response.content.decode()
    assert response.status_code == 422
    assert f'href="{url}instructions/#i-persona"' in page
    assert f'href="/workflows/{workflow.pk}/"' in page
    assert "1 workflow that it refers to is not live" in page


def test_versions_are_seen_compared_restored_and_reverted(client: Client, agent: Agent, url: str) -> None:
    client.post(f"{url}instructions/", instructions(agent, persona="Second."))
    client.post(f"{url}publish/", {"rev": 2})

    assert "You are Mia." in client.get(f"{url}versions/1/").content.decode()
    compared = client.get(f"{url}versions/compare/", {"from": "1", "to": "2"}).content.decode()
    assert "<del>You are Mia.</del>" in compared
    assert "<ins>Second.</ins>" in compared
    client.post(f"{url}versions/1/restore/")
    assert now(agent)["persona"] == "You are Mia."
    client.post(f"{url}versions/1/revert/")
    assert Agent.objects.get().live_version.number == 1  # type: ignore[union-attr]
    assert client.get(f"{url}versions/9/").status_code == 404
    assert client.get(f"{url}versions/compare/", {"from": "nine"}).status_code == 404


def test_an_agent_goes_out_and_comes_in(client: Client, agent: Agent, url: str, workspace: Workspace) -> None:
    make_workflow(agent, "refund")
    sent = client.get(f"{url}export/")
    assert sent["Content-Disposition"] == 'attachment; filename="mia.json"'

    response = client.post(f"/w/{workspace.slug}/agents/import/", {"text": sent.content.decode()})

    twin = Agent.objects.exclude(pk=agent.pk).get()
    assert response["Location"] == f"/agents/{twin.pk}/"
    assert twin.draft["persona"] == "You are Mia."


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Choose the file"),
        ("{nothing", "not a JSON file"),
        ("[]", "cannot be imported"),
        ('{"format": "parley.agent", "schema": 1, "agent": {"name": "A", "colour": 1}}', "agent.colour"),
    ],
)
def test_a_file_that_is_no_agent_is_refused_with_what_is_wrong(
    client: Client, workspace: Workspace, text: str, said: str
) -> None:
    response = client.post(f"/w/{workspace.slug}/agents/import/", {"text": text})

    assert response.status_code == 422
    assert said in response.content.decode()
    assert not Agent.objects.exists()


def test_a_twin_and_the_archive(client: Client, agent: Agent, url: str, workspace: Workspace) -> None:
    client.post(f"{url}clone/")
    assert Agent.objects.filter(name="Mia (copy)").exists()

    client.post(f"{url}archive/", {"archived": "yes"})

    listed = client.get(f"/w/{workspace.slug}/agents/").content.decode()
    assert f'href="{url}"' not in listed
    assert f'href="{url}"' in client.get(f"/w/{workspace.slug}/agents/?archived=yes").content.decode()
    client.post(f"{url}archive/", {"archived": "no"})
    assert Agent.objects.get(pk=agent.pk).archived_at is None


def test_a_viewer_reads_everything_and_changes_nothing(viewer: User, agent: Agent, url: str) -> None:
    client = Client()
    client.force_login(viewer)

    for page in (*PAGES, "versions/1", "versions/compare"):
        text = client.get(f"{url}{page}/").content.decode()
        assert "Save Changes" not in text
        assert "Publish Agent" not in text
    assert client.post(f"{url}instructions/", instructions(agent)).status_code == 403


def test_a_mentioned_workflow_is_made_while_one_writes(client: Client, agent: Agent, url: str) -> None:
    headers = {"HX-Request": "true", "HX-Target": "at-pop"}

    response = client.post(f"{url}workflows/", {"kind": "action", "name": "refund"}, headers=headers)

    assert 'data-name="refund"' in response.content.decode()
    again = client.post(f"{url}workflows/", {"kind": "action", "name": "refund"}, headers=headers)
    assert again.status_code == 422
