from workflows.models.agent import Agent, AgentVersion
from workflows.models.run import Outbox, Run, StepRun, WorkspaceLane
from workflows.models.workflow import DraftChange, Workflow, WorkflowVersion

__all__ = [
    "Agent",
    "AgentVersion",
    "DraftChange",
    "Outbox",
    "Run",
    "StepRun",
    "Workflow",
    "WorkflowVersion",
    "WorkspaceLane",
]
