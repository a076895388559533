"""A run laid over its chain: branches taken and not, passes of loops, error branches, what it waits for."""

import re
from typing import Any
from uuid import UUID

import pytest
from django.test import Client

from tests.support.runs import make_version, rung, set_values, start_run, step, step_id
from workflows.engine.advancing import advance
from workflows.models import Workflow
from workflows.services import drafting
from workspaces.models import User, Workspace
from workspaces.services import audit

ADA = audit.system("ada")


@pytest.fixture
def client(viewer: User) -> Client:
    client = Client()
    client.force_login(viewer)
    return client


def run_of(workspace: Workspace, *steps: Any, **over: Any) -> UUID:
    with rung():
        run_id = start_run(make_version(workspace, *steps, **over))
        advance(run_id, "background")
    return run_id


def branch(slug: str, *steps: Any, **over: Any) -> dict[str, Any]:
    return {"id": f"b_{slug:0<8}", "label": slug.capitalize(), "steps": list(steps), **over}


def split(*branches: Any) -> Any:
    return step("choose", "flow.split@1", {"mode": "first"}, branches=list(branches))


def loop(items: Any, *body: Any, **inputs: Any) -> Any:
    return step("each", "flow.loop@1", {"items": items, **inputs}, body=list(body))


def fail_on(value: int) -> Any:
    """A split whose branch cannot be decided for the item of this value."""
    rule = {"left": "{{ loop.item }}", "op": "gt", "right": 0}
    return step("judge", "flow.split@1", {"mode": "first"}, branches=[branch("fine", when={"all": [rule]})])


def card(page: str, slug: str) -> str:
    found = re.search(rf'<article class="node [^>]*id="n-{step_id(slug)}".*?</article>', page, re.DOTALL)
    assert found, slug
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def head(page: str, slug: str) -> str:
    found = re.search(rf'<div class="branch-head"[^>]*id="bh-b_{slug:0<8}".*?</div>', page, re.DOTALL)
    assert found, slug
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def test_the_branch_taken_is_told_from_the_others(client: Client, workspace: Workspace) -> None:
    rule = {"left": "yes", "op": "is", "right": "yes"}
    run_id = run_of(
        workspace,
        split(
            branch("large", set_values("big", a=1), when={"all": [{**rule, "right": "no"}]}),
            branch("small", set_values("little", a=1), when={"all": [rule]}),
        ),
    )

    page = client.get(f"/runs/{run_id}/").content.decode()

    assert head(page, "small") == "Small Taken yes is yes"
    assert head(page, "large").startswith("Large Not taken")
    assert "Succeeded Small" in card(page, "choose")
    assert "Succeeded" in card(page, "little")
    assert "Skipped" in card(page, "big")


def test_a_loop_shows_one_pass_and_leads_to_the_others(client: Client, workspace: Workspace) -> None:
    run_id = run_of(workspace, loop([10, 20, 30], set_values("note", item="{{ loop.item }}")))

    last = client.get(f"/runs/{run_id}/").content.decode()
    second = client.get(f"/runs/{run_id}/?step={step_id('note')}&item={step_id('each')}:2").content.decode()

    assert "item 3 of 3" in last
    assert "Next item</" not in last
    assert 'aria-label="Next item"' not in last
    assert "item 2 of 3" in second
    assert f"item={step_id('each')}:1#chain" in second
    assert ">20<" in second.replace("&quot;", "")


def test_the_first_pass_that_failed_is_shown_first(client: Client, workspace: Workspace) -> None:
    run_id = run_of(workspace, loop([1, "many", 3, "lots"], fail_on(1), on_item_error="continue"))

    page = client.get(f"/runs/{run_id}/").content.decode()

    assert "item 2 of 4" in page
    assert "2 failed" in page
    assert f"item={step_id('each')}:4#chain" in page
    assert "Next failed" in page
    assert "Failed" in card(page, "judge")
    assert "Succeeded" in card(page, "each")


def test_a_loop_that_broke_has_failed(client: Client, workspace: Workspace) -> None:
    run_id = run_of(workspace, loop([1, "many", 3], fail_on(1)), set_values("after", a=1))

    page = client.get(f"/runs/{run_id}/").content.decode()

    assert "item 2 of 2" in page
    assert "Failed" in card(page, "each")
    assert "Not reached" in card(page, "after")


def test_the_error_branch_says_that_the_run_went_on_there(client: Client, workspace: Workspace) -> None:
    over = {"policy": {"on_error": "branch"}}
    broken = loop("not a list", set_values("inside", a=1)) | over
    broken["branches"] = [branch("sorry", set_values("tell", a=1), on_error=True)]

    page = client.get(f"/runs/{run_of(workspace, broken)}/").content.decode()

    assert "Failed went on" in card(page, "each")
    assert head(page, "sorry") == "Sorry Taken When the step fails"
    assert "It worked" in page
    assert "Succeeded" in card(page, "tell")


@pytest.mark.parametrize(
    "item", ["s_each0000:99", "x", "s_each0000:-1", ":", "s_each0000:" + "9" * 400, "\x00:1"]
)
def test_a_pass_that_never_was_shows_the_usual_one(client: Client, workspace: Workspace, item: str) -> None:
    run_id = run_of(workspace, loop([1, 2], set_values("note", a=1)))

    response = client.get(f"/runs/{run_id}/", {"item": item})

    assert response.status_code == 200
    assert "item 2 of 2" in response.content.decode()


def test_a_waiting_step_says_for_what(client: Client, workspace: Workspace) -> None:
    wait = step("wait", "flow.wait_for_event@1", {"timeout": 2, "unit": "days"})

    page = client.get(f"/runs/{run_of(workspace, wait, kind='post_conversation')}/").content.decode()

    assert "Waiting for an event, at most until" in card(page, "wait")


def test_what_a_step_gave_can_be_its_sample_and_it_is_one_click_to_the_draft(
    editor: User, client: Client, workspace: Workspace
) -> None:
    run_id = run_of(workspace, set_values("one", greeting="hello"), kind="post_conversation")
    url = f"/runs/{run_id}/?step={step_id('one')}"
    assert "Use as sample" not in client.get(url).text

    client.force_login(editor)
    shown = client.get(url).text

    assert f'name="path" value="{step_id("one")}"' in shown
    assert "Open in draft" in shown


def test_it_is_said_in_how_many_steps_the_draft_differs(client: Client, workspace: Workspace) -> None:
    run_id = run_of(workspace, set_values("one", greeting="hello"), kind="post_conversation")
    assert "your draft differs" not in client.get(f"/runs/{run_id}/").text

    workflow = Workflow.objects.get()
    drafting.save_step(
        workflow, step_id("one"), revision=workflow.draft_revision, inputs={}, connection=None, by=ADA
    )

    assert "your draft differs in 1 step " in client.get(f"/runs/{run_id}/").text
