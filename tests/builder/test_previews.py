"""The line under a token field: how it reads with the newest samples, and what is wrong with it."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from builder.presenters import opened
from builder.presenters.previews import Asked, Piece, Preview, Previews
from tests.builder.conftest import MAIL, PREPARE, REST
from tests.support.make import make_conversation, make_secret
from tests.support.runs import rung
from workflows.models import Run, Workflow
from workflows.services import testing
from workspaces.models import Membership, User
from workspaces.services import audit

type Ask = Callable[..., Preview]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with rung():
        yield


@pytest.fixture
def ask(workflow: Workflow, editor: User) -> Ask:
    membership = Membership.objects.select_related("workspace").get(user=editor)

    def make(text: str, name: str = "i.text", step: str = MAIL, *, typed: bool = True) -> Preview:
        here = opened.open_draft(Workflow.objects.get(pk=workflow.pk), membership)
        return Previews(here, here.places.get(step)).of(Asked("i-x", name, text, typed))

    return make


def given(workflow: Workflow, **roots: Any) -> Run:
    data = testing.TestData(input=roots)
    return testing.test_workflow(workflow, data=data, answered={}, by=audit.system("tests"))


def test_a_token_reads_as_what_the_newest_run_held(ask: Ask, workflow: Workflow) -> None:
    given(workflow, variables={"plan": "gold"})

    pieces = ask("Your plan: {{ variables.plan | upcase }}!").pieces

    assert pieces == (Piece("Your plan: "), Piece("GOLD", "value"), Piece("!"))


def test_a_token_without_a_sample_stands_for_itself(ask: Ask) -> None:
    assert ask("Hi {{ conversation.customer.name }}").pieces == (
        Piece("Hi "),
        Piece("conversation.customer.name", "missing"),
    )


def test_a_conversation_is_read_only_where_a_token_wants_it(ask: Ask, workflow: Workflow) -> None:
    conversation = make_conversation(workflow.agent, channel="chat")
    Run.objects.filter(pk=given(workflow).pk).update(context_id=conversation.pk)

    assert ask("{{ conversation.channel }}").pieces == (Piece("chat", "value"),)
    conversation.delete()
    assert ask("{{ conversation.channel }}").pieces == (Piece("conversation.channel", "missing"),)


def test_secrets_are_dots(ask: Ask, workflow: Workflow) -> None:
    pieces = ask("{{ secrets.TOKEN }}", "i.headers.value", REST).pieces

    assert pieces == (Piece("••••••", "value"),)


def test_what_names_nothing_is_marked_and_the_reason_is_said(ask: Ask) -> None:
    preview = ask("{{ steps.nowhere.output }} and {{ variables.plan }}")

    assert preview.unknown == ("{{ steps.nowhere.output }}",)
    assert "There is no step “nowhere”." in [problem.message for problem in preview.problems]


def test_a_step_that_comes_later_is_not_reachable(ask: Ask) -> None:
    preview = ask("{{ steps.thank.output.message_id }}", "i.path", REST)

    assert preview.unknown
    assert "has not run yet at this point" in preview.problems[0].message


def test_of_a_text_that_is_stored_the_panel_itself_says_what_is_wrong(ask: Ask) -> None:
    preview = ask("{{ nowhere.x }}", typed=False)

    assert (preview.problems, preview.unknown) == ((), ("{{ nowhere.x }}",))


def test_a_secret_where_it_may_not_stand_is_refused_while_one_types(ask: Ask, workflow: Workflow) -> None:
    make_secret(workflow.workspace, "TOKEN")

    problems = ask("{{ secrets.TOKEN }}", "i.subject").problems

    assert any("cannot be used in “Subject”" in problem.message for problem in problems)


def test_tokens_in_json_may_hold_quotes(ask: Ask) -> None:
    preview = ask('{"a": "{{ variables.plan | default: \\"none\\" }}"}', "i.body", REST)

    assert [problem for problem in preview.problems if problem.is_error] == []
    assert preview.unknown == ()
    assert Piece("none", "value") in preview.pieces


def test_a_text_with_conditions_reads_as_a_whole(ask: Ask, workflow: Workflow) -> None:
    given(workflow, variables={"plan": "gold"})

    preview = ask("{% if variables.plan == 'gold' %}Dear {{ variables.plan }} member{% endif %}")

    assert preview.pieces == (Piece("Dear gold member"),)


def test_a_long_value_is_cut_and_line_breaks_are_blanks(ask: Ask, workflow: Workflow) -> None:
    given(workflow, variables={"plan": "x" * 200})

    pieces = ask("A\n  B {{ variables.plan }}").pieces

    assert pieces[0].text == "A B "
    assert pieces[1].text == f"{'x' * 80}…"


def test_fields_are_asked_for_together_and_answered_by_their_ids(
    client: Client, url: str, workflow: Workflow
) -> None:
    fields = {"id": ["i-subject", "i-text"], "name": ["i.subject", "i.text"], "text": ["{{ nope.x }}", "Hi"]}

    page = client.post(f"{url}previews/?step={MAIL}", {**fields, "typed": "i-subject"}).content.decode()

    assert page.count('class="pvs"') == 2
    assert 'id="i-text-pv"' in page
    assert "There is no “nope”" in page


def test_of_a_step_that_is_gone_nothing_breaks(client: Client, url: str, workflow: Workflow) -> None:
    fields = {"id": "i-x", "name": "i.x", "text": "{{ variables.plan }} {{"}

    assert client.post(f"{url}previews/?step=s_gone000001", fields).status_code == 200


def test_the_panel_says_where_to_ask(client: Client, url: str, workflow: Workflow) -> None:
    page = client.get(f"{url}?step={PREPARE}").content.decode()

    assert f'data-previews="{url}previews/?step={PREPARE}"' in page


def test_however_many_fields_it_is_a_handful_of_queries(
    client: Client, url: str, workflow: Workflow, django_assert_max_num_queries: Any
) -> None:
    conversation = make_conversation(workflow.agent, channel="chat")
    Run.objects.filter(pk=given(workflow).pk).update(context_id=conversation.pk)
    text = "{{ conversation.channel }} {{ variables.plan }} {{ steps.prepare.output.greeting }}"
    fields = {name: [f"i.text{at}" for at in range(30)] for name in ("id", "name")}
    client.get(url)

    with django_assert_max_num_queries(10):
        page = client.post(f"{url}previews/?step={MAIL}", {**fields, "text": [text] * 30})

    assert page.text.count("<b>chat</b>") == 30
