"""Branches of a split: on the chain, in the panel, added, moved, copied, deleted and brought back."""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from builder.presenters.pieces import item_of
from tests.support.make import (
    make_agent,
    make_branch,
    make_loop,
    make_published_workflow,
    make_split,
    make_step,
)
from workflows.models import Workflow
from workspaces.models import Workspace

SPLIT, SMALL, LARGE, OTHERWISE = "s_choose00", "b_Small000", "b_Large000", "b_chooseelse"
LOOP, FIRST, INSIDE, LAST = "s_each0000", "s_first000", "s_inside00", "s_last0000"


def branching(workspace: Workspace) -> Workflow:
    """Prepare; a split with two branches and *Otherwise*; a loop; a last step."""
    stop = {"id": "s_stop00000", "slug": "stop", "label": "Stop", "action": "flow.stop@1", "inputs": {}}
    steps = [
        make_step("prepare"),
        make_split(
            make_branch("Small", make_step("first"), make_step("second"), op="lt", right=100),
            make_branch("Large", op="gte", right=100),
        ),
        make_loop(make_step("inside")),
        make_step("last"),
    ]
    steps[1]["branches"][2]["steps"] = [stop]
    return make_published_workflow(make_agent(workspace), "After", "post_conversation", steps=steps)


@pytest.fixture
def workflow(workspace: Workspace) -> Workflow:
    return branching(workspace)


def branches(workflow: Workflow) -> list[str]:
    workflow.refresh_from_db()
    return [branch["label"] for branch in workflow.draft["steps"][1]["branches"]]


def inside(workflow: Workflow, branch: int = 0) -> list[str]:
    workflow.refresh_from_db()
    return [step["slug"] for step in workflow.draft["steps"][1]["branches"][branch]["steps"]]


def test_branches_stand_beside_each_other_with_their_rules_in_words(client: Client, url: str) -> None:
    page = client.get(url).content.decode()

    assert f'id="bh-{SMALL}"' in page
    assert "greeting <b>is less than</b> 100" in page
    assert "No other match" in page
    assert f'step={FIRST}"><span class="n">2a.1.</span>' in page
    assert f'step={INSIDE}"><span class="n">3.1.</span>' in page
    assert f'href="?add=head:{LARGE}"' in page
    assert f'href="?add=body:{LOOP}"' in page
    assert "Next item · at most 100 · on error: stop" in page


def test_a_branch_says_how_it_ends(client: Client, url: str) -> None:
    page = client.get(url).content.decode()

    assert page.count("Continues to 3</p>") == 2
    assert page.count("Ends here</p>") == 1


def test_a_step_added_in_a_branch_is_one_card_there_and_numbers_below(
    htmx: Callable[..., Client], url: str, workflow: Workflow
) -> None:
    form = {"anchor": f"head:{SMALL}", "action": "flow.delay@1", "rev": workflow.draft_revision}

    page = htmx(query=f"?add=head:{SMALL}").post(f"{url}steps/", form).content.decode()

    assert inside(workflow) == ["delay", "first", "second"]
    assert f'hx-swap-oob="afterbegin:#l-{SMALL}"' in page
    assert f'hx-swap-oob="outerHTML:#a-{FIRST} > .n">2a.2.</span>' in page
    assert 'id="chain"' not in page
    assert f'id="n-{LAST}"' not in page


def test_a_step_in_a_loop_moves_out_of_it_and_back(client: Client, url: str, workflow: Workflow) -> None:
    client.post(f"{url}steps/{INSIDE}/move/", {"to": f"after:{LOOP}"})
    workflow.refresh_from_db()
    assert [step["slug"] for step in workflow.draft["steps"]] == [
        "prepare",
        "choose",
        "each",
        "inside",
        "last",
    ]

    client.post(f"{url}steps/{INSIDE}/move/", {"to": f"body:{LOOP}"})
    workflow.refresh_from_db()
    assert [step["slug"] for step in workflow.draft["steps"][2]["body"]] == ["inside"]


def test_moving_into_a_branch_takes_the_card_out_and_puts_it_in(
    htmx: Callable[..., Client], url: str
) -> None:
    page = htmx().post(f"{url}steps/{LAST}/move/", {"to": f"head:{LARGE}"}).content.decode()

    assert f'<li hx-swap-oob="delete:{item_of(LAST)}">' in unescape(page)
    assert f'hx-swap-oob="afterbegin:#l-{LARGE}"' in page
    assert "Moved to position 2b.1" in page


def test_the_menu_leads_into_and_out_of_branches(htmx: Callable[..., Client], url: str) -> None:
    inner = htmx(target="menu").get(f"{url}steps/{FIRST}/menu/").content.decode()
    beside = htmx(target="menu").get(f"{url}steps/s_prepare0/menu/").content.decode()

    assert "Move out of branch Small" in inner
    assert "Move into branch Large" in beside
    assert f'value="head:{LARGE}"' in beside


def test_every_other_place_is_listed_to_move_to(client: Client, url: str) -> None:
    page = client.get(f"{url}steps/{FIRST}/move/").content.decode()

    assert "First in branch Large of 2" in page
    assert "After 3.1. Inside" in page
    assert f'value="after:{FIRST}"' not in page
    assert f'value="head:{SMALL}"' not in page  # it is there


def test_a_branch_is_added_before_otherwise_and_opened(
    htmx: Callable[..., Client], url: str, workflow: Workflow
) -> None:
    response = htmx().post(f"{url}steps/{SPLIT}/branches/")

    assert branches(workflow) == ["Small", "Large", "Branch 3", "Otherwise"]
    added = workflow.draft["steps"][1]["branches"][2]["id"]
    assert response["HX-Push-Url"] == f"{url}?step={SPLIT}&branch={added}"
    assert f'<li hx-swap-oob="outerHTML:{item_of(SPLIT)}">' in unescape(response.content.decode())


def test_branches_move_sideways_but_not_past_otherwise(client: Client, url: str, workflow: Workflow) -> None:
    client.post(f"{url}branches/{SMALL}/move/", {"to": "right"})
    client.post(f"{url}branches/{SMALL}/move/", {"to": "right"})

    assert branches(workflow) == ["Large", "Small", "Otherwise"]


def test_a_copy_of_a_branch_stands_beside_it(client: Client, url: str, workflow: Workflow) -> None:
    client.post(f"{url}branches/{SMALL}/duplicate/")

    assert branches(workflow)[:2] == ["Small", "Small (copy)"]


def test_a_branch_is_deleted_and_brought_back_with_its_steps(
    client: Client, url: str, workflow: Workflow
) -> None:
    assert (
        "2 steps in it will be deleted too" in client.get(f"{url}branches/{SMALL}/delete/").content.decode()
    )
    response = client.post(f"{url}branches/{SMALL}/delete/")
    assert branches(workflow) == ["Large", "Otherwise"]
    assert "The branch was deleted." in client.get(response["Location"]).content.decode()

    client.post(f"{url}restore-branch/", {"value": response["Location"].partition("=")[2]})
    assert branches(workflow) == ["Small", "Large", "Otherwise"]
    assert inside(workflow) == ["first", "second"]


def test_otherwise_cannot_be_deleted(client: Client, url: str, workflow: Workflow) -> None:
    response = client.post(f"{url}branches/{OTHERWISE}/delete/", headers={"HX-Request": "true"})

    assert response.status_code == 422
    assert branches(workflow) == ["Small", "Large", "Otherwise"]


def test_deleting_a_split_asks_what_to_keep(client: Client, url: str) -> None:
    page = client.get(f"{url}steps/{SPLIT}/delete/").content.decode()

    assert "Keep the steps of branch Small (2 steps)" in page
    assert "Delete all, 3 steps too" in page
    assert f'value="{LARGE}"' not in page  # there is nothing in it to keep


def test_the_steps_of_a_branch_take_the_place_of_their_split(
    htmx: Callable[..., Client], url: str, workflow: Workflow
) -> None:
    page = htmx().post(f"{url}steps/{SPLIT}/delete/", {"keep": SMALL}).content.decode()

    workflow.refresh_from_db()
    slugs = [step["slug"] for step in workflow.draft["steps"]]
    assert slugs == ["prepare", "first", "second", "each", "last"]
    assert f'<li hx-swap-oob="delete:{item_of(SPLIT)}">' in unescape(page)
    assert f'<li><article class="node" id="n-{FIRST}">' in page
    assert "Undo" in page


def test_the_split_s_panel_leads_to_its_branches(client: Client, url: str) -> None:
    page = client.get(f"{url}?step={SPLIT}").content.decode()

    assert "Branches, from left to right" in page
    assert f'href="{url}?step={SPLIT}&amp;branch={SMALL}"' in page
    assert f'action="{url}steps/{SPLIT}/branches/"' in page


def test_a_viewer_reads_the_rules_and_changes_nothing(url: str, viewer: Any) -> None:
    reader = Client()
    reader.force_login(viewer)

    page = reader.get(f"{url}?step={SPLIT}&branch={SMALL}").content.decode()

    assert "greeting <b>is less than</b> 100" in page
    assert "Save Changes" not in page
    assert "Add branch" not in page


@pytest.mark.parametrize("query", ["", f"?step={SPLIT}&branch={SMALL}", f"?step={LOOP}"])
def test_an_address_costs_few_queries_however_the_steps_are_nested(
    client: Client, url: str, query: str, django_assert_max_num_queries: Any
) -> None:
    client.get(url)  # content types and the like
    with django_assert_max_num_queries(8):
        client.get(url + query)
