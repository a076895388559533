from workflows.models.agent import Agent, AgentVersion
from workflows.models.run import Outbox, Run, RunEvent, RunNumber, StepRun, WorkspaceLane
from workflows.models.workflow import DraftChange, Workflow, WorkflowVersion

__all__ = [
    "Agent",
    "AgentVersion",
    "DraftChange",
    "Outbox",
    "Run",
    "RunEvent",
    "RunNumber",
    "StepRun",
    "Workflow",
    "WorkflowVersion",
    "WorkspaceLane",
]
