"""What can a run do next, and what came of a step? The words between the plan, which decides, and the hands,
which act.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from connectors.declare import JSON
from workflows.definition.document import Step


@dataclass(frozen=True, kw_only=True)
class StepError:
    """Why a step failed, in words for the person who built it."""

    code: str
    message: str
    http_status: int | None = None
    maybe_done: bool = False
    """The request had left and no answer came: the effect may or may not have taken place."""
    may_pass: bool = False
    """The other side was not to be had, or not for now: worth another try."""


@dataclass(frozen=True)
class Done:
    output: JSON
    at: datetime


@dataclass(frozen=True)
class Skipped:
    at: datetime
    why: str = ""


@dataclass(frozen=True)
class Failed:
    error: StepError
    at: datetime


type Outcome = Done | Skipped | Failed


@dataclass(frozen=True)
class Perform:
    """Do this app step and send back its outcome."""

    step: Step
    path: str
    values: Mapping[str, Any]
    """The roots its fields may name, as they stand now; secrets and secure values sealed."""
    now: datetime


@dataclass(frozen=True)
class Note:
    """Nothing to do: a step decided from what is already known. It is written with the next commit."""

    step: Step
    path: str
    outcome: Outcome
    started_at: datetime
    inputs: JSON = None


@dataclass(frozen=True)
class Sleep:
    """Let go of the run until then, or until what `reason` names happens."""

    step: Step
    path: str
    until: datetime
    reason: Literal["delay", "event"]


@dataclass(frozen=True)
class Respond:
    """Give whoever waits this answer now; what follows goes on in the background."""

    step: Step
    path: str
    result: JSON
    now: datetime


@dataclass(frozen=True)
class Remember:
    """Set a session variable of the conversation, and send back the outcome."""

    step: Step
    path: str
    name: str
    value: JSON
    now: datetime


@dataclass(frozen=True)
class CallWorkflow:
    """Run another workflow of the agent with these values, and send back what came of it."""

    step: Step
    path: str
    workflow: str
    given: Mapping[str, JSON]
    now: datetime


@dataclass(frozen=True)
class Finish:
    status: Literal["succeeded", "failed", "cancelled"]
    result: JSON = None
    error: dict[str, JSON] | None = None


type Act = Perform | Remember | CallWorkflow
"""What has an effect outside of the run; it is answered with its outcome."""
type Move = Act | Note | Sleep | Respond
"""What the planner yields; it returns a Finish."""


def after(started_at: datetime, took_ms: int) -> datetime:
    """When a step ended, from what is stored of it: the same before and after a restart."""
    return started_at + timedelta(milliseconds=took_ms)
