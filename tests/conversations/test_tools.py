import pytest
from django.utils import timezone

from conversations import tools
from tests.support.make import make_agent, make_published_workflow, make_workflow
from tests.support.program import Program
from workspaces.models import Workspace

pytestmark = pytest.mark.django_db

ORDER = {
    "name": "order_number",
    "type": "integer",
    "description": "The number on the receipt.",
    "required": True,
}
SPEED = {"name": "speed", "type": "string", "enum": ["fast", "slow"]}
CUSTOMER = {"name": "customer", "type": "string", "source": "trusted", "from": "secure.customer_id"}


def test_tools_are_functions_with_the_spoken_variables(program: Program, workspace: Workspace) -> None:
    agent = make_agent(workspace)
    make_published_workflow(
        agent, "refund_order", description="Pay it back.", variables=[ORDER, SPEED, CUSTOMER]
    )

    answer = program.get(f"/agents/{agent.pk}/tools")

    assert answer.json() == {
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "refund_order",
                    "description": "Pay it back.",
                    "parameters": {
                        "type": "object",
                        "properties": {
                            "order_number": {"type": "integer", "description": "The number on the receipt."},
                            "speed": {"type": "string", "enum": ["fast", "slow"]},
                        },
                        "required": ["order_number"],
                        "additionalProperties": False,
                    },
                },
            }
        ]
    }


def test_only_live_action_workflows_are_tools() -> None:
    agent = make_agent()
    make_workflow(agent, "draft_only")
    make_published_workflow(agent, "After", "post_conversation", enabled=True)
    paused = make_published_workflow(agent, "paused")
    paused.paused_at = timezone.now()
    paused.save()
    make_published_workflow(agent, "live")
    make_published_workflow(make_agent(agent.workspace), "of_another_agent")

    assert [tool.name for tool in tools.of(agent.pk)] == ["live"]
