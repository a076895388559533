"""How does one run read, laid over the chain of the version that ran?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from django.urls import reverse

from builder.presenters import explained, passes, run_facts, runs
from builder.presenters.explained import Explanation, Facts
from builder.presenters.overlay import Overlay, StepCard
from builder.presenters.run_facts import Attempt, Deed
from connectors import registry
from connectors.declare import JSON
from workflows import failures, selectors
from workflows.definition import diff, walk
from workflows.definition.document import Definition
from workflows.definition.walk import Place
from workflows.engine import shown
from workflows.models import Run, StepRun
from workflows.services.operating import ANSWERED


@dataclass(frozen=True)
class ErrorBox:
    """Of a step that failed and was passed over: the run went on."""

    title: str
    message: str


@dataclass(frozen=True)
class StepDetails:
    card: StepCard
    action: str
    attempts: Sequence[StepRun]
    input: JSON
    output: JSON
    has_output: bool
    error: ErrorBox | None
    is_in_draft: bool
    explanation: Explanation | None
    """Of the step that made the run fail."""


@dataclass(frozen=True)
class RunPage:
    """A run with its version and its step runs, read once."""

    run: Run
    steps: Sequence[StepRun]
    person: str
    chosen: str
    is_chosen_by_address: bool = True
    asked_passes: Mapping[str, int] = field(default_factory=dict)
    """Loop's id → which pass of it is shown, from 0."""

    @cached_property
    def state(self) -> str:
        return shown.run_state(self.run)

    @property
    def url(self) -> str:
        return reverse("builder:run", args=[self.run.pk])

    @property
    def is_over(self) -> bool:
        return self.run.finished_at is not None

    @property
    def not_kept(self) -> str:
        """The policy by which its payloads are gone; empty while they are there."""
        if self.run.pruned_at is None:
            return ""
        days = self.run.workspace.payload_days
        return (
            f"This workspace keeps them for {days} days after a run has ended. What happened is still here."
        )

    @property
    def can_hurry(self) -> bool:
        """It waits for a time, which people may move."""
        return self.state == shown.WAITING and self.run.wait_reason not in ANSWERED

    @cached_property
    def history(self) -> tuple[Attempt, ...]:
        """The runs that are one: each went on where the one before it had stopped."""
        return run_facts.history(self.run, self.run.workspace)

    @property
    def successor(self) -> Attempt | None:
        return run_facts.successor(self.run, self.history)

    @cached_property
    def facts(self) -> Facts:
        return run_facts.facts(self.run, self.places, self.steps, self.history)

    @cached_property
    def explanation(self) -> Explanation | None:
        """What happened, what took effect and what is safe to press, for the run's own panel."""
        return explained.explain(self.facts)

    @cached_property
    def deeds(self) -> tuple[Deed, ...]:
        found = self.explanation
        return run_facts.deeds(self.run, found.buttons, self.stopped_at) if found else ()

    @property
    def stopped_at(self) -> str:
        """The step that made the run fail."""
        return str((self.run.error or {}).get("step_id") or "")

    @property
    def took_ms(self) -> float | None:
        return runs.took_ms(self.run)

    @property
    def trigger_word(self) -> str:
        return runs.TRIGGERS.get(self.run.trigger, self.run.trigger)

    @property
    def starts_with(self) -> str:
        return "When the agent calls it" if self.run.workflow.kind == "action" else "When a conversation ends"

    @property
    def is_older(self) -> bool:
        """It ran on a version that is not live any more."""
        return self.run.workflow.live_version_id != self.run.version_id

    @cached_property
    def definition(self) -> Definition:
        return selectors.definition_of(self.run.version, self.run.workflow.kind)

    @cached_property
    def places(self) -> Mapping[str, Place]:
        return {place.step.id: place for place in walk.places(self.definition)}

    @cached_property
    def overlay(self) -> Overlay:
        return Overlay(
            self.run, self.definition, self.places, self.steps, self.chosen, self.asked_passes, self.address
        )

    @property
    def cards(self) -> tuple[StepCard, ...]:
        return self.overlay.cards

    @property
    def item(self) -> str:
        """The passes that the address asks for, as `passes.in_address` reads them."""
        return _item(self.asked_passes)

    def address(self, asked: Mapping[str, int]) -> str:
        step = f"step={self.chosen}&" if self.is_chosen_by_address else ""
        return f"{self.url}?{step}item={_item(asked)}#chain"

    @cached_property
    def selected(self) -> StepDetails | None:
        card = next((card for card in self.cards if card.id == self.chosen), None)
        return self._details(card) if card else None

    @cached_property
    def draft(self) -> Definition:
        return selectors.definition(self.run.workflow)

    @cached_property
    def draft_steps(self) -> frozenset[str]:
        """The ids of the steps that the draft has now."""
        return frozenset(place.step.id for place in walk.places(self.draft))

    @cached_property
    def draft_differs_in(self) -> int:
        """How many steps of the draft are not as they were in the version that ran."""
        found = diff.diff(self.definition, self.draft, registry.default())
        return len({change.step_id for change in found if change.step_id})

    def first_failed(self) -> str:
        return next((card.id for card in self.cards if card.state in ("failed", "unknown")), "")

    def _details(self, card: StepCard) -> StepDetails:
        rows = card.rows
        last = rows[-1] if rows else None
        known = registry.default().find(self.places[card.id].step.action)
        failed = last if last is not None and last.status in ("failed", "unknown") else None
        return StepDetails(
            card=card,
            action=known.action.label if known else "",
            attempts=rows,
            input=last.input if last else None,
            output=last.output if last else None,
            has_output=last is not None and last.status == "succeeded",
            error=_error_box(failed) if failed else None,
            is_in_draft=card.id in self.draft_steps,
            explanation=self.explanation if card.id == self.stopped_at else None,
        )


def _error_box(failed: StepRun) -> ErrorBox:
    return ErrorBox(failures.title(failed.error_class or ""), failed.error or "")


def page(run: Run, chosen: str | None, item: str = "") -> RunPage:
    """`chosen` and `item` are what the address says; without a choice the first failed step is open."""
    steps = list(StepRun.objects.filter(run=run).order_by("seq", "attempt"))
    person = runs.customers([run]).get(run.context_id)
    who = person.name if person else ""
    opened = RunPage(run, steps, who, chosen or "", chosen is not None, passes.in_address(item))
    if chosen is not None:
        return opened
    return replace(opened, chosen=opened.stopped_at or opened.first_failed())


def _item(asked: Mapping[str, int]) -> str:
    return ",".join(f"{loop_id}:{index + 1}" for loop_id, index in asked.items())
