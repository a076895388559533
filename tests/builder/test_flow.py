"""The conversation flow's page: by links and forms alone, with what leads where said before it breaks."""

from typing import Any

import pytest
from django.test import Client

from tests.support.make import make_agent, make_published_workflow, make_workflow
from workflows.definition import agent_flow
from workflows.models import Agent
from workflows.services import flows
from workspaces.models import User, Workspace
from workspaces.services.audit import Actor

ADA = Actor(name="Ada")
START = agent_flow.START_ID


@pytest.fixture
def agent(workspace: Workspace) -> Agent:
    """Start → Find the need → Say goodbye."""
    made = make_agent(workspace)
    _, turn = flows.add_node(made, "turn", after=START, name="Find the need", by=ADA)
    flows.add_node(made, "end", after=turn.id, name="Say goodbye", by=ADA)
    return Agent.objects.get(pk=made.pk)


@pytest.fixture
def url(agent: Agent) -> str:
    return f"/agents/{agent.pk}/flow/"


def nodes(agent: Agent) -> dict[str, dict[str, Any]]:
    return {node["name"]: node for node in Agent.objects.get(pk=agent.pk).draft["flow"]["nodes"]}


def form_of(agent: Agent, name: str, **over: Any) -> dict[str, Any]:
    """What the panel of a turn posts."""
    node, revision = nodes(agent)[name], Agent.objects.get(pk=agent.pk).draft_revision
    outcomes = node["outcomes"]
    given: dict[str, Any] = {
        "i.name": node["name"],
        **{f"i.instructions.{scope}": text for scope, text in node["instructions"].items()},
        "i.script": node["script"],
        "i.notes": node["notes"],
        **{f"i.outcomes.{column}": [one[column] or "" for one in outcomes] for column in outcomes[0]},
    }
    return {"rev": revision, **given, **over}


def test_the_graph_links_every_node_and_the_list_says_the_same(
    client: Client, agent: Agent, url: str
) -> None:
    graph = client.get(url).content.decode()
    listed = client.get(f"{url}?view=list").content.decode()

    for name, node in nodes(agent).items():
        assert f'href="{url}?node={node["id"]}"' in graph
        assert 'aria-label="' in graph
        assert name in listed
    assert graph.count('class="edge"') == 2
    assert "<svg" in graph
    assert 'class="graph"' not in listed


def test_a_node_is_opened_by_its_address(client: Client, agent: Agent, url: str) -> None:
    page = client.get(f"{url}?node={nodes(agent)['Find the need']['id']}").content.decode()

    assert 'value="Find the need"' in page
    assert "reached from Conversation start" in page
    assert 'aria-current="true"' in page
    assert "no longer in the flow" in client.get(f"{url}?node=n_nobody001").content.decode()


def test_a_node_is_added_into_a_way(client: Client, agent: Agent, url: str) -> None:
    turn = nodes(agent)["Find the need"]
    place = f"{turn['id']}:{turn['outcomes'][0]['id']}"
    assert "Add a node" in client.get(f"{url}?add={place}").content.decode()

    response = client.post(f"{url}nodes/", {"type": "turn", "place": place})

    added = nodes(agent)["Agent turn"]
    assert response["Location"] == f"{url}?node={added['id']}"
    assert nodes(agent)["Find the need"]["outcomes"][0]["to"] == added["id"]
    assert added["outcomes"][0]["to"] == nodes(agent)["Say goodbye"]["id"]


@pytest.mark.parametrize("post", [{}, {"type": "start"}, {"type": "turn", "place": "n_gone00001:"}])
def test_what_cannot_be_added_is_refused_with_the_reason(
    client: Client, agent: Agent, url: str, post: dict[str, str]
) -> None:
    response = client.post(f"{url}nodes/", post)

    assert response.status_code == 422
    assert 'class="errsum"' in response.content.decode()
    assert len(nodes(agent)) == 3


def test_a_saved_turn_keeps_its_outcomes_and_makes_new_targets(
    client: Client, agent: Agent, url: str
) -> None:
    turn = nodes(agent)["Find the need"]
    old = turn["outcomes"][0]
    form = form_of(
        agent,
        "Find the need",
        **{
            "i.instructions.shared": "Ask what they need.",
            "i.outcomes.id": [old["id"], "", ""],
            "i.outcomes.name": ["Done", "Refund", ""],
            "i.outcomes.description": ["", "They want money back.", ""],
            "i.outcomes.to": [old["to"], "new:workflow", ""],
        },
    )

    client.post(f"{url}nodes/{turn['id']}/", form)

    saved = nodes(agent)["Find the need"]
    assert saved["instructions"]["shared"] == "Ask what they need."
    assert [one["name"] for one in saved["outcomes"]] == ["Done", "Refund"]
    assert saved["outcomes"][0]["id"] == old["id"]
    assert saved["outcomes"][1]["to"] == nodes(agent)["Run workflow"]["id"]


def test_an_outcome_without_a_name_is_refused_and_nothing_is_lost(
    client: Client, agent: Agent, url: str
) -> None:
    turn = nodes(agent)["Find the need"]
    form = form_of(
        agent, "Find the need", **{"i.outcomes.name": [""], "i.outcomes.description": ["Kept text"]}
    )

    response = client.post(f"{url}nodes/{turn['id']}/", {**form, "i.script": "Typed"})

    page = response.content.decode()
    assert response.status_code == 422
    assert "Name the outcome" in page
    assert "Kept text" in page
    assert "Typed" in page


def test_an_outcome_row_is_added_and_removed_without_saving(client: Client, agent: Agent, url: str) -> None:
    turn = nodes(agent)["Find the need"]
    form = form_of(agent, "Find the need")

    more = client.post(f"{url}nodes/{turn['id']}/form/", {**form, "do": "add:outcomes"}).content.decode()
    fewer = client.post(
        f"{url}nodes/{turn['id']}/form/", {**form, "do": "remove:outcomes:0"}
    ).content.decode()

    assert 'id="i-outcomes-2"' in more
    assert 'id="i-outcomes-1"' not in fewer
    assert len(nodes(agent)["Find the need"]["outcomes"]) == 1


def test_two_people_in_one_node_see_both_versions(client: Client, agent: Agent, url: str) -> None:
    turn = nodes(agent)["Find the need"]
    form = form_of(agent, "Find the need", **{"i.script": "Mine."})
    flows.save_node(
        agent,
        turn["id"],
        {"script": "Theirs."},
        revision=agent.draft_revision,
        by=Actor(name="tom@example.com"),
    )

    response = client.post(f"{url}nodes/{turn['id']}/", form)

    page = response.content.decode()
    assert response.status_code == 409
    assert "tom changed Exact words while you edited" in page
    assert "Mine." in page
    assert "Theirs." in page


def test_another_workflow_shows_its_variables(client: Client, agent: Agent, url: str) -> None:
    variable = {"name": "order_number", "type": "integer", "source": "spoken"}
    workflow = make_published_workflow(agent, "look_up", variables=[variable])
    _, node = flows.add_node(agent, "workflow", after=nodes(agent)["Find the need"]["id"], by=ADA)
    end = nodes(agent)["Say goodbye"]["id"]
    form = {
        "rev": Agent.objects.get().draft_revision,
        "i.name": "Look up",
        "i.workflow": str(workflow.pk),
        "i.notes": "",
    }

    redrawn = client.post(f"{url}nodes/{node.id}/form/", form).content.decode()
    assert 'name="i.input.order_number"' in redrawn
    ways = {f"i.outcomes.{key}": end for key in agent_flow.ENDINGS}
    filled = {**form, **ways, "i.input.order_number": "{{ variables.order }}"}
    client.post(f"{url}nodes/{node.id}/", filled)

    saved = nodes(agent)["Look up"]
    assert saved["workflow"] == str(workflow.pk)
    assert saved["input"] == {"order_number": "{{ variables.order }}"}
    assert saved["outcomes"] == dict.fromkeys(agent_flow.ENDINGS, end)
    page = client.get(f"{url}?node={node.id}").content.decode()
    assert f'href="/workflows/{workflow.pk}/"' in page
    chain = client.get(f"/workflows/{workflow.pk}/").content.decode()
    assert f'href="{url}?node={node.id}#node-{node.id}"' in chain


def test_a_workflow_that_is_gone_is_to_be_relinked(client: Client, agent: Agent, url: str) -> None:
    workflow = make_workflow(agent, "look_up")
    _, node = flows.add_node(
        agent,
        "workflow",
        after=nodes(agent)["Find the need"]["id"],
        content={"workflow": str(workflow.pk)},
        by=ADA,
    )
    assert "not live" in client.get(url).content.decode()

    workflow.delete()

    assert "Its workflow is gone: relink" in client.get(f"{url}?view=list").content.decode()
    assert "Relink" in client.get(f"{url}?node={node.id}").content.decode()
    assert client.post(f"/agents/{agent.pk}/publish/", {"rev": 5}).status_code in (409, 422)


def test_deleting_says_what_leads_there_and_can_be_undone(client: Client, agent: Agent, url: str) -> None:
    turn = nodes(agent)["Find the need"]

    asked = client.get(f"{url}nodes/{turn['id']}/delete/").content.decode()
    assert "1 outcome leads here" in asked
    response = client.post(f"{url}nodes/{turn['id']}/delete/")

    assert "Find the need" not in nodes(agent)
    page = client.get(response["Location"]).content.decode()
    assert "The node was deleted." in page
    client.post(f"{url}restore/", {"value": response["Location"].partition("deleted=")[2]})
    assert nodes(agent)["Find the need"] == turn


def test_the_start_cannot_be_deleted(client: Client, agent: Agent, url: str) -> None:
    client.post(f"{url}nodes/{START}/delete/")

    assert "Conversation start" in nodes(agent)


def test_above_sixty_nodes_the_list_opens_first(client: Client, agent: Agent, url: str) -> None:
    for number in range(59):
        flows.add_node(agent, "end", after=START, name=f"End {number}", by=ADA) if number < 18 else (
            flows.add_node(agent, "turn", name=f"Turn {number}", by=ADA)
        )

    assert 'class="graph"' not in client.get(url).content.decode()
    assert 'class="graph"' in client.get(f"{url}?view=graph").content.decode()


def test_a_new_agents_flow_invites_to_add(client: Client, workspace: Workspace) -> None:
    page = client.get(f"/agents/{make_agent(workspace).pk}/flow/").content.decode()

    assert "Nothing follows the start yet" in page
    assert "Add the first node" in page


def test_a_viewer_sees_the_flow_and_its_nodes_only(viewer: User, agent: Agent, url: str) -> None:
    client = Client()
    client.force_login(viewer)

    page = client.get(f"{url}?node={nodes(agent)['Find the need']['id']}").content.decode()

    assert "Find the need" in page
    assert "Save Changes" not in page
    assert "Add node" not in page
    assert "Add a node" not in client.get(f"{url}?add=here").content.decode()


def test_a_change_comes_as_pieces_of_the_page(client: Client, agent: Agent, url: str) -> None:
    turn = nodes(agent)["Find the need"]
    headers = {
        "HX-Request": "true",
        "HX-Target": "panel",
        "HX-Current-URL": f"http://testserver{url}?view=list",
    }

    response = client.post(
        f"{url}nodes/{turn['id']}/", form_of(agent, "Find the need", **{"i.name": "Ask"}), headers=headers
    )

    page = response.content.decode()
    assert "<html" not in page
    assert 'id="flow-view" hx-swap-oob="true"' in page
    assert 'class="graph"' not in page, "the list that was open stays open"
    assert 'id="banner"' in page
    assert "Ask saved to draft" in page
