"""Invariant 7: a secret leaves for its target, and is found nowhere else."""

import base64
import html
import json
from typing import Any
from urllib.parse import quote_plus
from uuid import uuid4

import pytest

from connectors.declare import Inputs
from connectors.errors import Rejected
from tests.support.dying import lease_ends
from tests.support.make import make_secret
from tests.support.probe import Died, Probe, note
from tests.support.runs import error_of, make_version, set_values, start_run
from workflows.engine import context
from workflows.engine.advancing import advance
from workflows.models import Run
from workspaces.models import Workspace
from workspaces.vault import Secret

pytestmark = pytest.mark.django_db
CANARY = 'canary "42"/<ü>+value'
SECURE = "customer-4711-secure"


class Conversation(context.NoConversation):
    def reveal(self, name: str) -> Secret:
        if name != "customer_id":
            raise KeyError(name)
        return Secret(SECURE)


@pytest.fixture(autouse=True)
def conversation() -> Any:
    before = list(context._provider)
    context.provide(lambda *_: Conversation())
    yield
    context._provider[:] = before


def _run(workspace: Workspace, *steps: Any, **over: Any) -> Run:
    make_secret(workspace, "TOKEN", CANARY)
    run_id = start_run(
        make_version(workspace, *steps, **over), context_id=uuid4(), input=over.pop("input", {})
    )
    advance(run_id, "background")
    return Run.objects.get(pk=run_id)


def _stored(run: Run) -> str:
    rows = [list(row.values()) for row in run.steps.values("input", "output", "error")]
    return json.dumps([rows, run.result, run.error, run.input], ensure_ascii=False)


def _is_clean(run: Run) -> bool:
    octets = CANARY.encode()
    forms = [CANARY, json.dumps(CANARY)[1:-1], quote_plus(CANARY), octets.hex(), html.escape(CANARY), SECURE]
    return not any(form in _stored(run) for form in forms)


def test_a_secret_reaches_the_call_and_not_the_journal(workspace: Workspace, probe: Probe) -> None:
    run = _run(workspace, note("only", secret="Bearer {{ secrets.TOKEN }}"))

    assert probe.seen[0]["secret"] == f"Bearer {CANARY}"
    assert run.steps.get().input == {"text": "only", "secret": "Bearer •••"}
    assert _is_clean(run)


def test_what_a_service_answers_with_is_masked_in_every_spelling(workspace: Workspace, probe: Probe) -> None:
    def echo(inputs: Inputs) -> Any:
        sent = str(inputs["secret"])
        basic = [base64.b64encode(f"{'u' * pad}{sent}:x".encode()).decode() for pad in range(3)]
        return {
            "plain": f"you sent {sent}!",
            "quoted": quote_plus(sent),
            "json": json.dumps({"got": sent}),
            "html": html.escape(sent),
            "hex": sent.encode().hex(),
            "base64": basic,
            sent: "as a key",
            "nested": [[{"deep": sent}]],
        }

    probe.then = echo
    run = _run(
        workspace,
        note("echo", secret="{{ secrets.TOKEN }}"),
        set_values("copy", all="{{ steps.echo.output }}"),
        response={"said": "{{ steps.copy.output.all.plain }}"},
    )

    assert run.result == {"said": "you sent •••!"}
    assert _is_clean(run)
    output: Any = run.steps.get(action="probe.note@1").output
    for encoded in output["base64"]:
        assert "•••" in encoded


def test_an_error_that_quotes_a_secret_is_masked(workspace: Workspace, probe: Probe) -> None:
    def refuse(inputs: Inputs) -> Any:
        raise Rejected(f"Unknown token {inputs['secret']}")

    probe.then = refuse
    run = _run(workspace, note("only", secret="{{ secrets.TOKEN }}"))

    assert error_of(run)["message"] == "Unknown token •••"
    assert _is_clean(run)


def test_a_field_that_does_not_accept_secrets_gets_none(workspace: Workspace, probe: Probe) -> None:
    run = _run(workspace, note("only", "{{ secrets.TOKEN }}"))

    assert run.status == "failed"
    assert "Secrets cannot be used in this field" in str(error_of(run)["message"])
    assert probe.calls == []


@pytest.mark.parametrize("text", ["{{ secrets.TOKEN }}", "{{ secure.customer_id }}"])
def test_no_flow_step_and_no_response_field_gets_one(workspace: Workspace, probe: Probe, text: str) -> None:
    assert _run(workspace, set_values("only", a=text)).status == "failed"
    Run.objects.all().delete()
    assert _run_again(workspace, text).status == "failed"


def _run_again(workspace: Workspace, text: str) -> Run:
    run_id = start_run(make_version(workspace, response={"a": text}), context_id=uuid4())
    advance(run_id, "background")
    return Run.objects.get(pk=run_id)


def test_an_action_variable_from_secure_metadata_stays_secure(workspace: Workspace, probe: Probe) -> None:
    make_secret(workspace, "TOKEN", CANARY)
    version = make_version(workspace, note("only", secret="id={{ action.customer }}"))
    run_id = start_run(
        version, context_id=uuid4(), input={"action": {"customer": {"$secure": "customer_id"}}}
    )

    advance(run_id, "background")

    run = Run.objects.get(pk=run_id)
    assert probe.seen[0]["secret"] == f"id={SECURE}"
    assert run.steps.get().input == {"text": "only", "secret": "id=•••"}
    assert _is_clean(run)


def test_a_secret_of_an_earlier_step_stays_masked_after_a_restart(workspace: Workspace, probe: Probe) -> None:
    make_secret(workspace, "TOKEN", CANARY)
    version = make_version(
        workspace,
        note("first", secret="{{ secrets.TOKEN }} {{ secure.customer_id }}"),
        note("second", action="noted"),
    )
    run_id = start_run(version, context_id=uuid4())

    def die_in_second(inputs: Inputs) -> Any:
        if inputs["text"] == "second":
            probe.then = lambda _: {"remembered": [CANARY, SECURE]}
            raise Died
        return {}

    probe.then = die_in_second
    with pytest.raises(Died):
        advance(run_id, "background")
    lease_ends(run_id)
    advance(run_id, "background")

    run = Run.objects.get(pk=run_id)
    assert run.status == "succeeded"
    assert _is_clean(run)


def test_a_missing_secret_is_named(workspace: Workspace, probe: Probe) -> None:
    run = _run(workspace, note("only", secret="{{ secrets.OTHER }}"))

    assert error_of(run)["code"] == "missing_value"
    assert "secrets.OTHER" in str(error_of(run)["message"])


def test_a_filter_that_cannot_take_the_mask_masks_the_field(workspace: Workspace, probe: Probe) -> None:
    run = _run(workspace, note("only", secret="{{ secrets.TOKEN | size | plus: 1 }}"))

    assert run.status == "succeeded"
    assert _is_clean(run)
