"""How long does a workspace keep what its runs took and gave, and the runs?"""

from django.db import transaction

from workspaces.errors import Invalid, Problem
from workspaces.models import Workspace
from workspaces.services import audit
from workspaces.services.audit import Actor

PAYLOAD_DAYS = range(7, 31)
RUN_DAYS = range(30, 366)


@transaction.atomic
def keep(workspace: Workspace, *, payload_days: int, run_days: int, by: Actor) -> None:
    """From the next night on. Raises Invalid."""
    problems = [
        Problem(name, "out_of_range", f"Choose {allowed[0]} to {allowed[-1]} days.")
        for name, days, allowed in (
            ("payload_days", payload_days, PAYLOAD_DAYS),
            ("run_days", run_days, RUN_DAYS),
        )
        if days not in allowed
    ]
    if problems:
        raise Invalid(problems)
    workspace.payload_days, workspace.run_days = payload_days, run_days
    workspace.save(update_fields=["payload_days", "run_days"])
    audit.record(
        workspace, by, "retention.changed", of=workspace, payload_days=payload_days, run_days=run_days
    )
