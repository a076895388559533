"""What is said of a changed agent: by section, in words, and nothing when nothing changed."""

from typing import Any

from tests.workflows.definition.test_agent_flow import START, TURN, outcome
from workflows.definition import agent_diff, agent_document
from workflows.definition.agent_document import AgentDefinition

END = {"id": "n_bye000001", "type": "end", "name": "Bye"}


def agent(**document: Any) -> AgentDefinition:
    return agent_document.parse({"schema": 1, "name": "Mia", **document})


def told(before: AgentDefinition | None, after: AgentDefinition) -> dict[str, dict[str, tuple[str, str]]]:
    changes = agent_diff.diff(before, after, {"id-refund": "refund_order"})
    return {
        f"{change.label} {change.change}": {
            field.label: (field.before, field.after) for field in change.fields
        }
        for change in changes
    }


def test_the_same_agent_has_no_changes() -> None:
    one = agent(flow={"nodes": [START]})

    assert told(one, one) == {}


def test_changes_are_told_by_section() -> None:
    before = agent(persona="Brief.", variables=[{"name": "plan"}])
    after = agent(
        persona="Long.",
        language="de",
        rules={"call": "Slowly."},
        variables=[{"name": "tier", "type": "integer", "required": True}],
        analysis=[{"name": "Mood", "key": "mood", "type": "enum", "choices": ["good", "bad"]}],
    )

    assert told(before, after) == {
        "Instructions edited": {"Persona": ("Brief.", "Long."), "Rules for calls": ("", "Slowly.")},
        "Variables edited": {
            "Variable “plan”": ("name: plan\ntype: string\nrequired: no", ""),
            "Variable “tier”": ("", "name: tier\ntype: integer\nrequired: yes"),
        },
        "Analysis edited": {
            "Property “mood”": (
                "",
                "name: Mood\nkey: mood\ntype: enum\nchoices: good, bad",
            )
        },
        "Settings edited": {"Language": ("en", "de")},
    }


def test_nodes_are_told_by_name_with_where_their_outcomes_lead() -> None:
    turn = {**TURN, "outcomes": [outcome(1, END["id"], description="They say goodbye.")]}
    before = agent(flow={"nodes": [START, turn, END]})
    run = {"id": "n_refund001", "type": "workflow", "name": "Refund", "workflow": "id-refund"}
    moved = {**turn, "script": "Hello.", "outcomes": [outcome(1, run["id"])]}
    after = agent(flow={"nodes": [START, moved, run]})

    changes = told(before, after)

    assert changes["Find the need edited"] == {
        "Exact words": ("", "Hello."),
        "Outcome “Way 1”": ("→ Bye\nThey say goodbye.", "→ Refund"),
    }
    assert changes["Refund added"]["Workflow"] == ("", "refund_order")
    assert changes["Bye removed"] == {}


def test_of_a_new_agent_everything_is_told() -> None:
    assert told(None, agent(persona="Brief."))["Instructions edited"] == {"Persona": ("", "Brief.")}
