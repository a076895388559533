"""What happened in a conversation, what happened after it, and what is still to come? One timeline."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils import timezone

from conversations import inputs
from conversations.customers import called
from conversations.models import Conversation, Line, Message, ToolCall
from conversations.presenters import afterwards, ran
from conversations.presenters.afterwards import AfterRun, ToCome, Zones
from conversations.presenters.calls import Call, call_of, pairs, word
from conversations.presenters.ran import StepLine
from conversations.services import taking_over
from workflows import selectors
from workflows.engine import shown
from workflows.models import Run
from workspaces import times

LINES: Mapping[str, str] = {
    Line.GREETING: "",
    Line.SCRIPT: "Script, word for word",
    Line.HOLD: "Hold line, while the tool runs",
    Line.DELAYED: "Delayed line, as the tool takes its time",
    Line.FAILURE: "Failure line of the tool",
    Line.TIMED_OUT: "Time-out line of the tool",
    Line.CONFIRM: "Asked before it is done",
    Line.CHOOSE: "Only suggested replies are taken here",
    Line.GOODBYE: "",
    Line.TROUBLE: "The model gave no answer",
    Line.LATE: "What came of the tool after its deadline",
}
ENDED: Mapping[str, str] = {
    "person": "{who} ended the conversation",
    "agent": "{agent} ended the conversation",
    "transfer": "Handed over to {reason}",
    "inactivity": "Ended: nobody said anything any more",
    "api": "Ended through the API",
}
MEMBER_ENDED = "Ended by a member of the workspace"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the timeline."""

    id: str
    kind: str
    """agent | person | member | line | call | end"""
    at: datetime | None = None
    clock: str = ""
    text: str = ""
    note: str = ""
    call: Call | None = None


@dataclass(frozen=True)
class Timeline:
    """Everything of one conversation, read once; `now` is the moment it is drawn."""

    conversation: Conversation
    now: datetime

    @property
    def id(self) -> UUID:
        return self.conversation.pk

    @property
    def who(self) -> str:
        return called(self.conversation.customer, self.conversation.channel)

    @property
    def agent(self) -> str:
        return self.conversation.agent.name

    @property
    def is_open(self) -> bool:
        return self.conversation.status == "open"

    @property
    def can_be_taken(self) -> bool:
        return taking_over.can_be_taken(self.conversation)

    @property
    def taken_by(self) -> str:
        """Who of us answers; empty: the agent."""
        taken_by = self.conversation.taken_by
        return taking_over.name_of(taken_by) if taken_by and self.is_open else ""

    @property
    def state(self) -> str:
        return "active" if self.is_open else "ended"

    @cached_property
    def is_demo_model(self) -> bool:
        return inputs.described(self.conversation).model.provider == "demo"

    @property
    def waiting(self) -> int:
        return len(self.to_come)

    @cached_property
    def zone(self) -> ZoneInfo:
        """Ours: a timeline is read here."""
        return times.first_zone(self.conversation.workspace.time_zone)

    @cached_property
    def their_zone(self) -> ZoneInfo:
        described = inputs.described(self.conversation)
        return times.first_zone(
            self.conversation.customer.get("time_zone"), described.time_zone, self.zone.key
        )

    @property
    def when(self) -> str:
        today = self.now.astimezone(self.zone).date()
        started = times.on_the_clock(self.conversation.started_at, self.zone, today)
        ended_at = self.conversation.ended_at
        return f"{started} to {self._clock(ended_at)[:5]}" if ended_at else f"since {started}"

    # --- What was said ---------------------------------------------------------------------------------
    @cached_property
    def calls(self) -> list[ToolCall]:
        return list(ToolCall.objects.filter(conversation=self.conversation).order_by("requested_at", "id"))

    @cached_property
    def said(self) -> tuple[Entry, ...]:
        entries = [*self._talk()]
        if self.conversation.ended_at:
            entries.append(
                Entry(
                    id="tl-end",
                    kind="end",
                    at=self.conversation.ended_at,
                    clock=self._clock(self.conversation.ended_at),
                    text=self._ended(),
                )
            )
        return tuple(entries)

    def _talk(self) -> Iterator[Entry]:
        """Messages in their order; a call that has no message of its own stands where it was made."""
        messages = list(Message.objects.filter(conversation=self.conversation).order_by("seq"))
        told = {one.tool_call_id for one in messages if one.role == "tool"}
        loose = [call for call in self.calls if call.tool_call_id not in told]
        calls = {call.tool_call_id: call for call in self.calls}
        for message in messages:
            while loose and message.at and loose[0].requested_at <= message.at:
                yield self._called(loose.pop(0))
            if message.role != "tool":
                yield self._message(message)
            elif message.line != Line.LATE:
                yield self._tool_message(message, calls.get(message.tool_call_id))
        for call in loose:
            yield self._called(call)

    def _message(self, message: Message) -> Entry:
        note = LINES.get(message.line, "") if message.role == "agent" else ""
        kind = "person" if message.role == "user" else "line" if note else "agent"
        if message.line in (Line.MEMBER, Line.JOINED, Line.LEFT):
            kind = "member" if message.line == Line.MEMBER else "end"
            note = message.name
        clock = self._clock(message.at)
        id_ = f"tl-{message.seq}"
        return Entry(id=id_, kind=kind, at=message.at, clock=clock, text=message.text, note=note)

    def _tool_message(self, message: Message, made: ToolCall | None) -> Entry:
        """Without a row of ours it was brought in with the transcript of another runtime."""
        if made:
            return self._called(made)
        arguments = message.arguments if isinstance(message.arguments, dict) else {}
        call = Call(
            id=message.tool_call_id,
            name=message.name or "tool",
            version=None,
            is_ok=True,
            took_ms=None,
            error="",
            arguments=pairs(arguments),
            result=pairs({"result": message.result}),
            run_url="",
            is_asked=False,
            steps=(),
        )
        clock = self._clock(message.at)
        return Entry(id=f"tl-{message.seq}", kind="call", at=message.at, clock=clock, call=call)

    def _called(self, made: ToolCall) -> Entry:
        clock = self._clock(made.requested_at)
        run = self._runs.get(made.run_id) if made.run_id else None
        call = call_of(made, run, self._steps.get(run.pk, ()) if run else ())
        return Entry(id=f"tl-{made.pk}", kind="call", at=made.requested_at, clock=clock, call=call)

    @cached_property
    def _steps(self) -> Mapping[UUID, tuple[StepLine, ...]]:
        return ran.lines(self._runs.values())

    def _ended(self) -> str:
        sentence = ENDED.get(self.conversation.ended_by, MEMBER_ENDED)
        reason = self.conversation.ended_reason or "a person"
        return sentence.format(who=self.who, agent=self.agent, reason=reason)

    # --- Afterwards ------------------------------------------------------------------------------------
    @property
    def is_analysing(self) -> bool:
        return self.conversation.analysis_due_at is not None

    @cached_property
    def analysis(self) -> tuple[tuple[str, str], ...]:
        """Name and value; what was given besides the declared ones comes by its key."""
        if self.is_open or self.is_analysing:
            return ()
        names = {item.key: item.name for item in inputs.described(self.conversation).analysis}
        return tuple((names.get(key, key), word(value)) for key, value in self.conversation.analysis.items())

    @cached_property
    def _runs(self) -> Mapping[UUID, Run]:
        rows = Run.objects.in_workspace(self.conversation.workspace).filter(context_id=self.conversation.pk)
        found = rows.select_related("workflow", "version").defer("version__definition", "workflow__draft")
        return {run.pk: run for run in found.order_by("pk")}

    @cached_property
    def after(self) -> tuple[AfterRun, ...]:
        """What was not called in a turn: post-conversation runs, and what was tried again."""
        in_turns = {call.run_id for call in self.calls}
        runs = [run for run in self._runs.values() if run.pk not in in_turns]
        return tuple(afterwards.after(run, self._steps.get(run.pk, ()), self.zone, self.now) for run in runs)

    # --- Still to come ---------------------------------------------------------------------------------
    @cached_property
    def to_come(self) -> tuple[ToCome, ...]:
        runs = [run for run in self._runs.values() if shown.run_state(run, now=self.now) == shown.WAITING]
        definitions = selectors.definitions({run.version_id for run in runs})
        waiting = sorted(runs, key=lambda run: (run.next_at or self.now, run.pk))
        zones = Zones(ours=self.zone, theirs=self.their_zone)
        return tuple(
            afterwards.to_come(run, definitions.get(run.version_id), zones, self.now) for run in waiting
        )

    # --- Beside it -------------------------------------------------------------------------------------
    @property
    def local_time(self) -> str:
        return f"{self.now.astimezone(self.their_zone):%H:%M}, {times.place(self.their_zone)}"

    @cached_property
    def variables(self) -> tuple[tuple[str, str], ...]:
        return tuple((name, word(value)) for name, value in self.conversation.variables.items())

    @cached_property
    def secure_names(self) -> tuple[str, ...]:
        return tuple(self.conversation.secure_values.order_by("name").values_list("name", flat=True))

    @property
    def length(self) -> timedelta:
        return (self.conversation.ended_at or self.now) - self.conversation.started_at

    @property
    def length_ms(self) -> float:
        return self.length.total_seconds() * 1000

    @cached_property
    def earlier(self) -> int:
        """Other conversations with the same person, known by e-mail, phone or id."""
        rows = Conversation.objects.in_workspace(self.conversation.workspace).exclude(pk=self.id)
        return rows.filter(**self._same_person).count() if self._same_person else 0

    @property
    def earlier_query(self) -> str:
        return next(iter(self._same_person.values()), "")

    @property
    def _same_person(self) -> dict[str, str]:
        customer = self.conversation.customer
        for key in ("email", "phone", "id"):
            if value := customer.get(key):
                return {f"customer__{key}": str(value)}
        return {}

    def _clock(self, at: datetime | None) -> str:
        return f"{at.astimezone(self.zone):%H:%M:%S}" if at else ""


def of(conversation: Conversation) -> Timeline:
    return Timeline(conversation, timezone.now())
