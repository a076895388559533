"""How is one app step carried out? Its fields are filled in, the call is made, and what came of it is put in
its kept form.
"""

import hashlib
import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection

from connectors import calls, connections, inputs
from connectors.declare import JSON, Action, Field, Kind, Resolved
from connectors.errors import ConnectorError, Misconfigured, Unavailable
from workflows.definition.document import Step
from workflows.engine import data, faults
from workflows.engine.claiming import Claim
from workflows.engine.context import RunContext
from workflows.engine.data import Opened
from workflows.engine.keys import idempotency_key
from workflows.engine.known import not_rendered
from workflows.engine.moves import StepError
from workflows.engine.redact import Revealed
from workflows.engine.settle import Unfit, clean, settled
from workflows.templating import render
from workflows.templating.errors import TemplatingError
from workflows.templating.paths import lookup
from workspaces.vault.secret import MASK

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Effect:
    """One attempt, as it is stored: what went in, and what came out or went wrong."""

    inputs: JSON = None
    output: JSON = None
    error: StepError | None = None
    retry_after_s: float | None = None

    @property
    def digest(self) -> str:
        return hashlib.sha256(json.dumps(self.inputs).encode()).hexdigest() if self.inputs is not None else ""


@dataclass(frozen=True)
class Sample:
    """Stands for the answer of the other side in a test."""

    output: JSON


@dataclass(frozen=True, kw_only=True)
class Attempt:
    claim: Claim
    action: Action
    step: Step
    path: str
    number: int
    values: Mapping[str, Any]
    context: RunContext
    revealed: Revealed
    deadline: float
    """By `time.monotonic()`."""
    sample: Sample | None = None


def attempt(this: Attempt) -> Effect:
    """Never raises for what a service, a setting or a value does: that is an outcome. A fault of ours is one
    too, and logged.
    """
    stored: dict[str, JSON] = {}
    try:
        resolved = connection_of(this.step, this.claim, this.revealed)
        filled = _filled(this, stored)
        output = _called(this, resolved, filled)
        return Effect(inputs=stored, output=settled(this.revealed.masked(output)))
    except _FieldWrong as wrong:
        return Effect(inputs=stored, error=wrong.error)
    except Unfit as unfit:
        return Effect(inputs=stored, error=StepError(code=unfit.code, message=str(unfit), maybe_done=True))
    except ConnectorError as failed:
        return Effect(inputs=stored, error=_error(failed, this.revealed), retry_after_s=_retry_after(failed))
    except DatabaseError:
        raise  # nobody can write down what came of it: the lease ends, and whoever is next decides
    except Exception as fault:  # noqa: BLE001 - the step runner: a fault in one action must not stop the run's bookkeeping
        log.error(
            "A step failed by a fault of ours",
            extra={"action": this.step.action, "fault": type(fault).__name__},
        )
        message = (
            "Something went wrong inside Parley while this step ran. Its operators can find it in the log."
        )
        return Effect(inputs=stored, error=StepError(code="internal", message=message, maybe_done=True))


def connection_of(step: Step, claim: Claim, revealed: Revealed) -> Resolved | None:
    """The step's connection, its credentials remembered so that no output shows them."""
    if step.connection is None:
        return None
    resolved = connections.resolve(claim.workspace_id, UUID(step.connection))
    for credential in resolved.credentials.values():
        revealed.remember(credential.reveal())
    return resolved


def reveal_again(step: Step, claim: Claim, context: RunContext, revealed: Revealed) -> None:
    """Remembers what this step revealed when it ran, before a restart. What is gone by now is not found."""
    with suppress(ConnectorError):
        connection_of(step, claim, revealed)
    opened = Opened({}, claim.workspace_id, context, revealed).clear
    for path in data.secret_paths(dict(step.inputs), claim.input):
        with suppress(TemplatingError, KeyError):
            lookup(opened, path)


def give_back_connection() -> None:
    """A wait for the world must not hold one of the few database connections."""
    if not connection.in_atomic_block:
        connection.close()


def _called(this: Attempt, resolved: Resolved | None, filled: dict[str, JSON]) -> JSON:
    assert this.action.perform is not None
    try:
        typed = inputs.typed(this.action.fields, filled, connected=resolved is not None)
    except Misconfigured as wrong:
        raise _empty(this, filled, wrong.field) or wrong from wrong
    if this.sample:
        return this.sample.output
    give_back_connection()
    call = calls.make_call(
        workspace_slug=this.claim.workspace_slug,
        workspace_id=this.claim.workspace_id,
        resolved=resolved,
        idempotency_key=idempotency_key(this.claim.root_run_id, this.path),
        attempt=this.number,
        deadline=this.deadline,
        credential_sent=this.revealed.remember,
    )
    faults.hit("F3", this.path)
    output = this.action.perform(typed, call)
    faults.hit("F5", this.path)
    if resolved:
        _note_that_it_works(resolved)
    return output


def _note_that_it_works(resolved: Resolved) -> None:
    """A nicety: without a database at this moment, what the step came to is kept all the same."""
    try:
        connections.note_that_it_works(resolved)
    except DatabaseError:
        connection.close()


def _empty(this: Attempt, filled: Mapping[str, JSON], name: str) -> "_FieldWrong | None":
    """A required field whose token gave nothing: say which, rather than that the field is missing."""
    written = this.step.inputs.get(name)
    if not written or not inputs.is_empty(filled.get(name)):
        return None
    label = next((field.label for field in this.action.fields if field.name == name), name)
    return _FieldWrong(StepError(code="missing_value", message=f"{label} is empty: {written} has no value."))


class _FieldWrong(Exception):
    def __init__(self, error: StepError) -> None:
        super().__init__(error.message)
        self.error = error


def _filled(this: Attempt, stored: dict[str, JSON]) -> dict[str, JSON]:
    """The fields with their tokens filled in; `stored` gets the same without what is secret."""
    opened = Opened(this.values, this.claim.workspace_id, this.context, this.revealed)
    fields = {field.name: field for field in this.action.fields}
    filled: dict[str, JSON] = {}
    for name, value in this.step.inputs.items():
        field = fields.get(name)
        try:
            filled[name], stored[name] = _field(field, value, this.values, opened)
        except TemplatingError as error:
            raise _FieldWrong(not_rendered(error, field.label if field else name)) from error
    stored.update({name: settled(this.revealed.masked(value)) for name, value in stored.items()})
    return filled


def _field(field: Field | None, value: JSON, values: Mapping[str, Any], opened: Opened) -> tuple[JSON, JSON]:
    is_long = field is not None and field.kind in (Kind.LONG_TEXT, Kind.BODY)
    if field is None or not field.accepts_secure:
        filled = render.resolve(value, values, long=is_long)
        return filled, filled
    before = opened.count
    filled = render.resolve(value, opened.clear, long=is_long)
    if opened.count == before:
        return filled, filled
    try:
        return filled, render.resolve(value, opened.masked, long=is_long)
    except TemplatingError:  # a filter that wants a number gets the mask
        return filled, MASK


def _error(failed: ConnectorError, revealed: Revealed) -> StepError:
    return StepError(
        code=failed.code,
        message=clean(revealed.masked_text(str(failed))),
        http_status=failed.http_status,
        maybe_done=failed.maybe_done,
        may_pass=isinstance(failed, Unavailable),
    )


def _retry_after(failed: ConnectorError) -> float | None:
    return failed.retry_after_s if isinstance(failed, Unavailable) else None
