"""What happens when a step is slow or fails, chosen in its panel."""

from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from builder.forms import policy
from builder.presenters.pieces import item_of
from connectors import registry
from tests.builder.conftest import MAIL, PREPARE, REST
from workflows.models import Workflow


def fields_of(ref: str) -> dict[str, Any]:
    known = registry.default().find(ref)
    assert known
    return {field.name: field for field in policy.fields(known)}


def save(client: Client, url: str, workflow: Workflow, step: str = REST, **over: str) -> Any:
    form = {
        "rev": str(workflow.draft_revision),
        "i.step.label": "Look up",
        "i.step.connection": workflow.draft["steps"][1]["connection"],
        "i.method": "POST",
        "i.path": "/orders",
        **over,
    }
    return client.post(f"{url}steps/{step}/", form)


def stored(workflow: Workflow) -> Any:
    workflow.refresh_from_db()
    return workflow.draft["steps"][1]


def test_flow_control_is_asked_only_where_to_go_on() -> None:
    assert list(fields_of("flow.loop@1")) == ["step.on_error"]
    assert list(fields_of("flow.stop@1")) == []


def test_an_unknown_outcome_is_asked_about_where_a_request_must_not_be_repeated() -> None:
    shown_when = fields_of("rest.request@1")["step.on_unknown"].shown_when["method"]

    assert set(shown_when) == {"POST", "PATCH"}


def test_the_usual_outcome_is_told_in_words() -> None:
    first = [fields_of(ref)["step.on_unknown"].choices[0].label for ref in ("rest.request@1", "email.send@1")]

    assert first == ["As is usual for it: fail, and let a person decide", "As is usual for it: try again"]


def test_the_policy_is_stored(client: Client, url: str, workflow: Workflow) -> None:
    chosen = {"i.step.timeout_s": "12", "i.step.retries": "3", "i.step.on_error": "continue"}
    save(client, url, workflow, **chosen, **{"i.step.on_unknown": "skip"})

    assert stored(workflow)["policy"] == {
        "timeout_s": 12,
        "retries": 3,
        "on_error": "continue",
        "on_unknown": "skip",
    }


def test_the_error_branch_appears_in_the_chain(
    htmx: Callable[..., Client], url: str, workflow: Workflow
) -> None:
    response = save(htmx(query=f"?step={REST}"), url, workflow, **{"i.step.on_error": "branch"})

    page = response.content.decode()
    branch = stored(workflow)["branches"][0]["id"]
    assert f'<li hx-swap-oob="outerHTML:{item_of(REST)}">' in unescape(page)
    assert f'href="?add=head:{branch}"' in page
    assert "When the step fails" in page
    assert "It worked" in page
    assert f'id="n-{PREPARE}"' not in page


def test_an_error_branch_with_steps_is_not_thrown_away(client: Client, url: str, workflow: Workflow) -> None:
    save(client, url, workflow, **{"i.step.on_error": "branch"})
    head = f"head:{stored(workflow)['branches'][0]['id']}"
    client.post(f"{url}steps/{MAIL}/move/", {"to": head})
    workflow.refresh_from_db()

    response = save(client, url, workflow, **{"i.step.on_error": "stop"})

    page = response.content.decode()
    assert response.status_code == 422
    assert 'id="i-step-on_error-error"' in page
    assert "First move or delete the steps of its error branch." in page
    assert stored(workflow)["policy"]["on_error"] == "branch"


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_question_follows_the_method_that_stands_in_the_form(
    client: Client, url: str, workflow: Workflow, method: str
) -> None:
    form = {"rev": str(workflow.draft_revision), "i.method": method, "i.step.label": "Look up"}

    page = client.post(f"{url}steps/{REST}/form/", form).content.decode()

    assert ("If we can’t tell whether it happened" in page) == (method == "POST")
