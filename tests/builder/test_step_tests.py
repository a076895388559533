"""Trying one step out in its panel: what is on the screen runs, what came of it is shown and kept."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from tests.builder.conftest import MAIL, PREPARE, REST
from tests.support.make import make_agent, make_published_workflow, make_step
from tests.support.runs import rung
from workflows.engine.advancing import advance
from workflows.models import Run, StepSample, Workflow
from workflows.services import testing
from workspaces.models import User, Workspace
from workspaces.services import audit

VALUES = {"i.step.label": "Prepare", "i.values.name": "greeting", "i.values.type": "text"}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with rung():
        yield


def tried(client: Client, url: str, step: str = PREPARE, **posted: Any) -> Any:
    form = {**VALUES, "i.values.value": "typed", "t.data": "{}", **posted}
    return client.post(f"{url}steps/{step}/test/", form)


def result_of(client: Client, url: str, step: str = PREPARE) -> str:
    run = Run.objects.get()
    advance(run.pk, "background")
    return client.get(f"{url}steps/{step}/test/?tested={run.pk}").content.decode()


def test_what_is_on_the_screen_runs_and_is_not_saved(
    htmx: Callable[..., Client], url: str, workflow: Workflow
) -> None:
    answer = tried(htmx(), url).content.decode()
    assert 'hx-trigger="load delay' in answer

    page = result_of(htmx(), url)

    assert "typed" in page
    assert 'id="test-badge" hx-swap-oob="true"' in page
    assert "hx-trigger" not in page
    workflow.refresh_from_db()
    assert "typed" not in json.dumps(workflow.draft)


def test_what_it_gave_is_what_the_next_step_sees(
    htmx: Callable[..., Client], client: Client, url: str, workflow: Workflow
) -> None:
    tried(htmx(), url)
    result_of(htmx(), url)

    assert "typed" in client.get(f"{url}variables/?step={MAIL}").content.decode()


def test_a_step_that_acts_only_pretends_unless_one_says_otherwise(
    htmx: Callable[..., Client], url: str, workflow: Workflow
) -> None:
    form = {"i.step.label": "Thank", "i.to": "b@example.com", "i.subject": "Hi", "i.text": "Hello"}

    tried(htmx(), url, MAIL, **form)
    assert set(Run.objects.get().input["samples"]) == {MAIL}

    Run.objects.all().delete()
    tried(htmx(), url, MAIL, **form, **{"t.act": "really"})
    assert Run.objects.get().input["samples"] == {}


def test_the_steps_before_it_gave_what_one_says(
    htmx: Callable[..., Client], url: str, workflow: Workflow
) -> None:
    data = {"variables": {"plan": "gold"}, "steps": {"prepare": {"greeting": "ahoy"}}}
    tried(
        htmx(),
        url,
        MAIL,
        **{"i.step.label": "Thank", "i.to": "b@example.com", "i.subject": "Hi", "i.text": "Hello"},
        **{"t.data": json.dumps(data)},
    )

    run = Run.objects.get()
    assert run.input["variables"] == {"plan": "gold"}
    assert run.steps.get(step_id=PREPARE).output == {"greeting": "ahoy"}


@pytest.mark.parametrize(
    ("posted", "said"),
    [
        ({"t.data": "{"}, "Not valid JSON"),
        ({"t.data": '{"steps": {"nobody": 1}}'}, "There is no step “nobody”"),
        ({"t.data": '{"steps": 7}'}, "is an object"),
        ({"t.data": '{"colour": {}}'}, "is not known here"),
        ({"i.values.type": "json", "i.values.value": "{"}, "Not valid JSON"),
    ],
)
def test_what_cannot_be_tried_is_said_and_starts_nothing(
    htmx: Callable[..., Client], url: str, workflow: Workflow, posted: dict[str, str], said: str
) -> None:
    answer = tried(htmx(), url, **posted)

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not Run.objects.exists()


def test_what_fails_is_said_in_plain_words(htmx: Callable[..., Client], url: str, workflow: Workflow) -> None:
    tried(htmx(), url, **{"i.values.value": "{{ variables.nothing }}"})

    page = result_of(htmx(), url)

    assert "A value was missing" in page
    assert "Failed" in page


def test_the_data_of_a_past_run_can_be_taken(
    htmx: Callable[..., Client], url: str, workflow: Workflow
) -> None:
    tried(htmx(), url, **{"t.data": '{"variables": {"plan": "silver"}}'})

    page = htmx().get(f"{url}steps/{PREPARE}/test/?t.run={Run.objects.get().pk}").content.decode()

    assert "silver" in page
    assert "selected" in page


def test_a_run_of_another_workflow_is_not_found(
    client: Client, url: str, workflow: Workflow, workspace: Workspace
) -> None:
    other = make_published_workflow(make_agent(workspace), "b", "post_conversation", steps=[make_step("x")])

    tried(client, url)
    run = Run.objects.get()
    step = other.draft["steps"][0]["id"]

    for query in (f"?tested={run.pk}", f"?t.run={run.pk}", "?tested=x"):
        assert client.get(f"/workflows/{other.pk}/steps/{step}/test/{query}").status_code == 404


def test_without_javascript_the_page_shows_what_came_of_it(
    client: Client, url: str, workflow: Workflow
) -> None:
    answer = tried(client, url)
    assert answer.status_code == 302

    advance(Run.objects.get().pk, "background")
    page = client.get(answer.url).content.decode()

    assert "Workflow steps" in page
    assert "typed" in page


def test_a_delay_in_a_test_is_skipped_by_one_click(htmx: Callable[..., Client], workspace: Workspace) -> None:
    wait = {"id": "s_wait000001", "slug": "wait", "action": "flow.delay@1"}
    wait["inputs"] = {"mode": "for", "amount": 2, "unit": "days"}  # type: ignore[assignment]
    workflow = make_published_workflow(make_agent(workspace), "Late", "post_conversation", steps=[wait])
    url = f"/workflows/{workflow.pk}/"
    form = {"i.step.label": "Wait", "i.mode": "for", "i.amount": "2", "i.unit": "days"}
    tried(htmx(), url, "s_wait000001", **form)
    assert "Skip the wait" in result_of(htmx(), url, "s_wait000001")

    run = Run.objects.get()
    htmx().post(f"/runs/{run.pk}/skip-wait/", {"t.step": "s_wait000001"})
    page = result_of(htmx(), url, "s_wait000001")

    assert "Succeeded" in page
    assert Run.objects.get().status == "succeeded"


def test_only_a_test_need_not_wait(client: Client, workflow: Workflow, url: str) -> None:
    tried(client, url)
    Run.objects.update(kind="production")

    assert client.post(f"/runs/{Run.objects.get().pk}/skip-wait/").status_code == 404


def test_a_sample_is_typed_kept_and_dropped(
    htmx: Callable[..., Client], client: Client, url: str, workflow: Workflow
) -> None:
    page = htmx().post(f"{url}steps/{PREPARE}/sample/", {"t.sample": '{"greeting": "ahoy"}'})
    assert "Chosen by" in page.content.decode()
    assert "ahoy" in client.get(f"{url}variables/?step={MAIL}").content.decode()

    htmx().post(f"{url}steps/{PREPARE}/sample/", {"do": "drop"})
    assert not StepSample.objects.exists()


def test_a_sample_that_is_no_json_is_kept_on_the_screen_only(
    htmx: Callable[..., Client], url: str, workflow: Workflow
) -> None:
    answer = htmx().post(f"{url}steps/{PREPARE}/sample/", {"t.sample": "{oops"})

    assert answer.status_code == 422
    assert "{oops" in answer.content.decode()
    assert not StepSample.objects.exists()


def test_what_a_step_gave_in_a_run_becomes_its_sample(client: Client, url: str, workflow: Workflow) -> None:
    tried(client, url)
    run = Run.objects.get()
    client.post(f"/runs/{run.pk}/sample/", {"path": PREPARE})
    assert not StepSample.objects.exists()

    advance(run.pk, "background")
    client.post(f"/runs/{run.pk}/sample/", {"path": PREPARE})

    kept = StepSample.objects.get()
    assert (kept.output, kept.run) == ({"greeting": "typed"}, run)


def test_the_panel_has_a_tab_for_it_and_fetches_nothing_before_it_is_opened(
    client: Client, url: str, workflow: Workflow, editor: User
) -> None:
    page = client.get(f"{url}?step={REST}").content.decode()

    assert f'href="{url}steps/{REST}/test/" data-tab="panel-test"' in page
    assert 'name="t.data"' not in page


def test_on_the_page_of_a_test_a_tester_skips_the_wait(
    client: Client, tester: User, viewer: User, workspace: Workspace
) -> None:
    wait = make_step("wait", id="s_wait000001", action="flow.delay@1")
    wait["inputs"] = {"mode": "for", "amount": 2, "unit": "days"}
    workflow = make_published_workflow(make_agent(workspace), "Late", "post_conversation", steps=[wait])
    run = testing.test_workflow(workflow, data=testing.TestData(), by=audit.system("test"))
    advance(run.pk, "background")

    for person, is_offered in ((viewer, False), (tester, True)):
        client.force_login(person)
        assert ("Skip the wait" in client.get(f"/runs/{run.pk}/").text) is is_offered

    assert client.post(f"/runs/{run.pk}/skip-wait/").status_code == 302
    advance(run.pk, "background")
    assert Run.objects.get().status == "succeeded"
