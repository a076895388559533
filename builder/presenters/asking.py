"""What is asked before something is done that cannot be taken back?"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.urls import reverse

from workflows.definition.document import Step
from workflows.models import Run


@dataclass(frozen=True)
class Question:
    title: str
    text: str
    url: str
    """Where *yes* is posted."""
    action: str
    back: str
    no: str = "Leave it"
    is_danger: bool = False
    fields: Mapping[str, str] = field(default_factory=dict)


def cancel(run: Run, back: str) -> Question:
    return Question(
        title="Cancel this run?" if run.wait_reason in (None, "start") else "Cancel this follow-up?",
        text="What it was to do next is not done. What was done before stays done.",
        url=reverse("builder:cancel_run", args=[run.pk]),
        action="Cancel it",
        back=back,
        no="Keep it",
        is_danger=True,
    )


def resume(run: Run, risk: str, back: str) -> Question:
    return Question(
        title="Resume this run?",
        text=f"{risk} Five workers in a row died of it.".strip(),
        url=reverse("builder:resume_run", args=[run.pk]),
        action="Resume",
        back=back,
        is_danger=True,
    )


def retry(run: Run, version: str, risk: str, back: str) -> Question:
    where = " in the live version" if version == "live" else ""
    return Question(
        title=f"Go on from the failed step{where}?",
        text=risk or "Steps that succeeded are not repeated.",
        url=reverse("builder:retry_run", args=[run.pk]),
        action="Go on" if not risk else "Go on, I have looked",
        back=back,
        is_danger=bool(risk),
        fields={"version": version},
    )


def go_on_instead(run: Run, message: str, step: Step, back: str) -> Question:
    return Question(
        title="That step is gone",
        text=message,
        url=reverse("builder:retry_run", args=[run.pk]),
        action=f"Go on at “{step.label or step.slug}”",
        back=back,
        fields={"version": "live", "instead": step.id},
    )
