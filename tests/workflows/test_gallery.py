"""Every template of the gallery is begun, filled in, published, and run to its end against local sinks."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from connectors import registry
from connectors.declare import JSON
from connectors.models import Connection
from tests.support.make import make_agent, make_connection, make_conversation
from tests.support.runs import Rung, rung, start_run
from tests.support.sink import HttpSink, SmtpSink
from workflows import selectors
from workflows.definition import walk
from workflows.engine import waking
from workflows.engine.advancing import advance
from workflows.gallery import Template, templates
from workflows.models import Run, Workflow
from workflows.services import beginning, drafting, publishing
from workspaces.models import Workspace
from workspaces.services import audit

pytestmark = pytest.mark.django_db
BY = audit.system("test")
TEAM = "team@northwind.example"
CUSTOMER: dict[str, JSON] = {"name": "Jonas Weber", "email": "jonas@mail.example", "phone": "+4930901820"}
ANSWER: dict[str, Any] = {
    "id": "T-17",
    "slots": ["2026-11-30T09:00"],
    "label": "https://labels.example/17",
    "link": "https://survey.example/17",
    "choices": [{"message": {"content": "A lamp arrived broken. To do: send a new one."}}],
}
"""What every service outside says: what the templates want of any of them."""
BAD_GRADE: dict[str, JSON] = {"grade": 2, "comment": "Slow."}


@dataclass(frozen=True, kw_only=True)
class Story:
    """What a template is run with, and what comes of it."""

    given: dict[str, JSON] = field(default_factory=dict)
    """Of the action variables, beside their samples."""
    analysis: dict[str, JSON] = field(default_factory=dict)
    customer: Mapping[str, JSON] = field(default_factory=lambda: CUSTOMER)
    answer: dict[str, Any] = field(default_factory=lambda: ANSWER)
    event: Mapping[str, JSON] | None = field(default_factory=lambda: dict(BAD_GRADE))
    """None: nothing comes before the time is over."""
    requests: tuple[str, ...] = ()
    mails: tuple[str, ...] = ()
    """To whom, in order."""
    result: dict[str, JSON] = field(default_factory=dict)


JONAS, NOBODY = "jonas@mail.example", {"phone": "+4930901820"}
STORIES = {
    "order-status": [
        Story(result={"found": True, "status": "in transit", "eta": "2026-11-27"}),
        Story(given={"order_number": 7}, result={"found": False, "status": None, "eta": None}),
    ],
    "refund": [
        Story(given={"order_number": 7}, result={"refunded": False, "amount": 0}),
        Story(result={"refunded": False, "amount": 64.9}),
        Story(given={"amount": 60}, result={"refunded": False, "amount": 64.9}),
        Story(given={"amount": 64.9}, result={"refunded": True, "amount": 64.9}),
    ],
    "appointment": [
        Story(
            requests=("GET /slots?day=2026-11-30", "POST /bookings"),
            result={"booked": True, "time": "2026-11-30T09:00", "booking": "T-17"},
        ),
        Story(answer={"slots": []}, requests=("GET /slots?day=2026-11-30",), result={"booked": False}),
    ],
    "send-a-link": [
        Story(requests=("POST /messages",), result={"sent": True, "by": "SMS"}),
        Story(customer={"email": JONAS}, mails=(JONAS,), result={"sent": True, "by": "e-mail"}),
        Story(customer={}, result={"sent": False, "by": ""}),
    ],
    "hand-over": [Story(mails=(TEAM,), result={"told": True})],
    "lead": [
        Story(requests=("POST /leads",), mails=(TEAM,), result={"lead": "T-17"}),
        Story(given={"people": 3}, requests=("POST /leads",), result={"lead": "T-17"}),
    ],
    "crm-note": [
        Story(requests=("POST /notes",), mails=(JONAS,)),
        Story(customer=NOBODY, requests=("POST /notes",)),
    ],
    "ticket": [
        Story(analysis={"resolved": False}, requests=("POST /tickets",), mails=(JONAS,)),
        Story(analysis={"resolved": True}),
        Story(customer=NOBODY, requests=("POST /tickets",)),
    ],
    "call-back": [Story(analysis={"call_back": True}, mails=(TEAM,)), Story()],
    "staged-follow-up": [
        Story(requests=("POST /returns",), mails=(JONAS, JONAS)),
        Story(event=None, requests=("POST /returns",), mails=(JONAS, JONAS, TEAM)),
    ],
    "survey": [
        Story(requests=("POST /surveys",), mails=(JONAS, TEAM)),
        Story(event={"grade": 5}, requests=("POST /surveys",), mails=(JONAS,)),
        Story(event=None, requests=("POST /surveys",), mails=(JONAS,)),
    ],
    "summary": [Story(requests=("POST /chat/completions",), mails=(TEAM,))],
}
TOLD = [(slug, story) for slug, stories in STORIES.items() for story in stories]
UNTOLD = [(slug, Story()) for slug in templates() if slug not in STORIES]


@pytest.fixture(autouse=True)
def bell(settings: Settings) -> Iterator[Rung]:
    settings.OUTBOUND_ALLOW = ["127.0.0.1/32"]
    with rung() as bell:
        yield bell


@pytest.mark.parametrize(("slug", "story"), [*TOLD, *UNTOLD])
def test_a_template_runs_to_its_end_once_it_is_filled_in(
    slug: str, story: Story, workspace: Workspace, http_sink: HttpSink, smtp_sink: SmtpSink
) -> None:
    http_sink.answer = json.dumps(story.answer).encode()
    workflow = filled_in(begun(templates()[slug], workspace, http_sink, smtp_sink))
    publishing.publish(workflow, revision=workflow.draft_revision, by=BY)
    workflow.refresh_from_db()

    run = finished(started(workflow, story), story.event)

    assert run.status == "succeeded", run.error
    assert {name: (run.result or {})[name] for name in story.result} == story.result
    if (slug, story) in TOLD:
        assert [f"{one.method} {one.path}" for one in http_sink.requests] == list(story.requests)
        assert [mail.recipients[0] for mail in smtp_sink.mails] == list(story.mails)


@pytest.mark.parametrize("slug", templates())
def test_a_template_needs_no_more_than_it_says(slug: str, workspace: Workspace) -> None:
    template = templates()[slug]
    known = registry.default()
    connected = {
        step.slug: known.actions[step.action].app
        for step in (place.step for place in walk.places(template.definition))
        if known.actions[step.action].app.connection
    }

    assert {slug: app.slug for slug, app in connected.items()} == {
        step: need.app for need in template.file.needs for step in need.steps
    }


@pytest.mark.parametrize("slug", templates())
def test_what_is_to_be_filled_in_is_marked(slug: str, workspace: Workspace) -> None:
    workflow = beginning.begin(make_agent(workspace), templates()[slug], connections={}, by=BY).workflow

    wrong = [problem for problem in selectors.problems(workflow) if problem.is_error]
    assert {problem.code for problem in wrong} <= {"needs_connection", "required"}
    assert all(problem.step_id for problem in wrong)
    assert not [problem for problem in selectors.problems(workflow) if problem.code == "undefined_name"]


def begun(template: Template, workspace: Workspace, http: HttpSink, smtp: SmtpSink) -> Workflow:
    places: dict[str, dict[str, Any]] = {
        "rest": {"base_url": http.url},
        "openai": {"base_url": http.url, "model": "test-model"},
        "email": {"host": "127.0.0.1", "port": smtp.port, "security": "none"},
    }
    chosen: dict[str, str] = {}
    for need in template.file.needs:
        connection: Connection = make_connection(workspace, need.app, **places[need.app])
        chosen |= dict.fromkeys(need.steps, str(connection.pk))
    return beginning.begin(make_agent(workspace), template, connections=chosen, by=BY).workflow


def filled_in(workflow: Workflow) -> Workflow:
    """As a person does it: every field that is missing gets the team's address."""
    definition = selectors.definition(workflow)
    for problem in [problem for problem in selectors.problems(workflow) if problem.is_error]:
        assert problem.code == "required", problem
        step = walk.require(definition, problem.step_id).step
        workflow = drafting.save_step(
            workflow,
            step.id,
            revision=workflow.draft_revision,
            inputs={**step.inputs, problem.field: TEAM},
            connection=step.connection,
            by=BY,
        )
    return workflow


def started(workflow: Workflow, story: Story) -> Run:
    conversation = make_conversation(workflow.agent, customer=dict(story.customer))
    variables = selectors.definition(workflow).settings.variables
    samples = {variable.name: variable.sample for variable in variables}
    assert workflow.live_version
    given: dict[str, JSON] = {"action": {**samples, **story.given}, "analysis": story.analysis}
    run_id = start_run(workflow.live_version, context_id=conversation.pk, input=given)
    return Run.objects.get(pk=run_id)


def finished(run: Run, event: Mapping[str, JSON] | None) -> Run:
    """A wait ends by the event, or by its time."""
    for _ in range(10):
        advance(run.pk, "background")
        run.refresh_from_db()
        if run.status != "queued":
            return run
        if run.wait_reason == "event" and event is not None:
            address = "/api/v1/events/" + waking.url(run.pk).rpartition("/")[2]
            assert Client().post(address, json.dumps(event), "application/json").status_code == 200
        else:
            Run.objects.filter(pk=run.pk).update(next_at=timezone.now() - timedelta(seconds=1))
    raise AssertionError(f"The run still waits: {run.wait_reason}")
