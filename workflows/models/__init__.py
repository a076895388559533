from workflows.models.agent import Agent, AgentChange, AgentVersion
from workflows.models.alert import AlertGroup, AlertSettings
from workflows.models.run import Outbox, Run, RunEvent, RunNumber, StepRun, WorkspaceLane
from workflows.models.sample import StepSample
from workflows.models.workflow import DraftChange, Workflow, WorkflowVersion

__all__ = [
    "Agent",
    "AgentChange",
    "AgentVersion",
    "AlertGroup",
    "AlertSettings",
    "DraftChange",
    "Outbox",
    "Run",
    "RunEvent",
    "RunNumber",
    "StepRun",
    "StepSample",
    "Workflow",
    "WorkflowVersion",
    "WorkspaceLane",
]
