"""The order key of a workflow's settings: filled in when a run begins, and never kept in the clear."""

import pytest

from tests.support.make import make_agent, make_conversation, make_published_workflow
from workflows.models import Run, Workflow
from workflows.services import starting
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db
PHONE = "{{ conversation.customer.phone }}"


@pytest.fixture
def ordered(workspace: Workspace) -> Workflow:
    agent = make_agent(workspace)
    return make_published_workflow(agent, "After", "post_conversation", enabled=True, order_key=PHONE)


def begin(workflow: Workflow, phone: str | None, *, kind: str = "production", key: str | None = None) -> Run:
    conversation = make_conversation(workflow.agent, customer={"phone": phone} if phone else {})
    assert workflow.live_version
    started = starting.start(
        workspace=workflow.workspace,
        workflow=workflow,
        version=workflow.live_version,
        kind=kind,
        trigger="api",
        lane="background",
        trigger_key=f"test:{conversation.pk}",
        input={"action": {"n": 5}},
        context_id=conversation.pk,
        order_key=key,
        hint=False,
    )
    return Run.objects.get(pk=started.run_id)


def test_runs_of_one_person_share_a_key_and_others_do_not(ordered: Workflow) -> None:
    first, again, other = (begin(ordered, phone) for phone in ("+49301", "+49301", "+49302"))

    assert first.order_key
    assert first.order_key == again.order_key != other.order_key


def test_the_number_itself_is_not_kept(ordered: Workflow) -> None:
    assert "49301" not in str(begin(ordered, "+49301").order_key)


def test_a_person_whose_number_is_not_known_waits_for_nobody(ordered: Workflow) -> None:
    assert begin(ordered, None).order_key is None


def test_what_the_program_says_goes_first(ordered: Workflow) -> None:
    assert begin(ordered, "+49301", key="mine").order_key == "mine"


def test_a_test_keeps_to_no_order(ordered: Workflow) -> None:
    assert begin(ordered, "+49301", kind="test").order_key is None


def test_without_a_key_none_waits(workspace: Workspace) -> None:
    workflow = make_published_workflow(make_agent(workspace))

    assert begin(workflow, "+49301").order_key is None


def test_a_missing_value_in_a_text_orders_nothing(workspace: Workspace) -> None:
    workflow = make_published_workflow(make_agent(workspace), order_key="Order {{ variables.gone }}")

    assert begin(workflow, "+49301").order_key is None


def test_an_action_variable_may_be_the_key(workspace: Workspace) -> None:
    variables = [{"name": "n", "type": "integer"}]
    workflow = make_published_workflow(make_agent(workspace), order_key="{{ action.n }}", variables=variables)

    assert begin(workflow, None).order_key == begin(workflow, None).order_key is not None
